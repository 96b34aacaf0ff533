// Shifts that are defined for every distance, and the sticky shift on which correct rounding rests.
#pragma once

#include <bit>
#include <cstdint>

#include <assay/bits/uint128.hpp>

namespace assay {

template <class Word>
inline constexpr int word_bits = static_cast<int>(8 * sizeof(Word));

/// Position of the highest set bit plus one; 0 for 0.
constexpr int bit_width(std::uint64_t x) { return 64 - std::countl_zero(x); }
constexpr int bit_width(uint128 x) {
  const auto high = static_cast<std::uint64_t>(x >> 64);
  return high != 0 ? 64 + bit_width(high) : bit_width(static_cast<std::uint64_t>(x));
}

/// x >> distance for any distance >= 0: what leaves the word is gone.
template <class Word>
constexpr Word shift_right(Word x, int distance) {
  return distance < word_bits<Word> ? static_cast<Word>(x >> distance) : Word{0};
}

/// x >> distance, with bit 0 of the result set when any set bit was shifted out ("jamming").
/// A later rounding at least two bits above bit 0 cannot tell the jammed value from the exact one:
/// it sees the same bits above, and a remainder on the same side of zero and of one half.
template <class Word>
constexpr Word shift_right_sticky(Word x, int distance) {
  if (distance == 0) return x;
  if (distance >= word_bits<Word>) return x != 0 ? Word{1} : Word{0};
  const bool lost = (x & ((Word{1} << distance) - 1)) != 0;
  return static_cast<Word>((x >> distance) | static_cast<Word>(lost));
}

/// The lowest n bits set; n from 0 to the width of the word.
template <class Word>
constexpr Word low_bits(int n) {
  return n >= word_bits<Word> ? static_cast<Word>(~Word{0}) : static_cast<Word>((Word{1} << n) - 1);
}

}  // namespace assay
