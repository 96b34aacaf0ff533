// The random words of bulk stochastic rounding: a pure function of a seed and an element's index.
//
// Philox4x32-7 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011; its multipliers
// and key increments are that paper's). Seven rounds are the fewest that the paper reports to pass all of TestU01's
// BigCrush. A word depends on nothing but (seed, index): any chunking, order or vector width gives the same bits.
#pragma once

#include <array>
#include <cstdint>

namespace assay {

/// Where the words of a bulk operation come from: element i takes random_word(seed, first + i). Operations that
/// continue one another add the elements already done to `first`; independent ones take different seeds.
struct random_stream {
  std::uint64_t seed = 0;
  std::uint64_t first = 0;
};

namespace philox {

inline constexpr int rounds = 7;
inline constexpr std::uint32_t multiplier_0 = 0xD2511F53, multiplier_1 = 0xCD9E8D57;
inline constexpr std::uint32_t key_step_0 = 0x9E3779B9, key_step_1 = 0xBB67AE85;

/// Four words from a 128-bit counter and a 64-bit key.
template <int Rounds = rounds>
constexpr std::array<std::uint32_t, 4> block(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < Rounds; ++round) {
    const std::uint64_t product_0 = std::uint64_t{multiplier_0} * counter[0];
    const std::uint64_t product_1 = std::uint64_t{multiplier_1} * counter[2];
    counter = {static_cast<std::uint32_t>(product_1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(product_1),
               static_cast<std::uint32_t>(product_0 >> 32) ^ counter[3] ^ key[1],
               static_cast<std::uint32_t>(product_0)};
    key = {key[0] + key_step_0, key[1] + key_step_1};
  }
  return counter;
}

/// One block serves eight consecutive elements with sixteen bits each: element i takes part i % 8 of block i / 8, the
/// lower half of a word being before its upper half. Blocks of their own, `which` of them 0 or 1, hold the lower and
/// the upper half of the elements' words, so that up to sixteen random bits cost half as much.
constexpr std::uint32_t half_word(std::uint64_t seed, std::uint64_t index, std::uint32_t which) {
  const std::uint64_t counter = index / 8;
  const auto words = block({static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32), which, 0},
                           {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
  return words[index % 8 / 2] >> (index % 2 * 16) & 0xFFFF;
}

}  // namespace philox

/// Rounding with n random bits takes the lower n.
constexpr std::uint32_t random_word(std::uint64_t seed, std::uint64_t index) {
  return philox::half_word(seed, index, 0) | philox::half_word(seed, index, 1) << 16;
}

}  // namespace assay
