// A floating-point value taken apart: what every operation works on between decoding and rounding.
#pragma once

#include <cstdint>

#include <assay/bits/shift.hpp>

namespace assay {

enum class value_class : std::uint8_t { zero, finite, infinity, nan };

/// (-1)^negative * significand * 2^exponent.
///
/// The significand is an integer, not a fraction: `exponent` belongs to its bit 0. It need not be
/// normalised. Results of operations may be sticky: bit 0 set then means "this bit, or something
/// below it" (see shift_right_sticky). A NaN carries its fraction in the low 64 bits of
/// `significand`, left-aligned, so that the quiet bit is bit 63 whatever the format.
template <class Word>
struct unpacked {
  value_class kind = value_class::zero;
  bool negative = false;
  int exponent = 0;
  Word significand = 0;

  constexpr bool is_zero() const { return kind == value_class::zero; }
  constexpr bool is_finite() const { return kind <= value_class::finite; }
  constexpr bool is_infinite() const { return kind == value_class::infinity; }
  constexpr bool is_nan() const { return kind == value_class::nan; }

  /// Exponent of the highest set bit: floor(log2 |value|). The value must be finite and not zero.
  constexpr int leading_exponent() const { return exponent + bit_width(significand) - 1; }
};

inline constexpr std::uint64_t quiet_bit = std::uint64_t{1} << 63;

template <class Word>
constexpr unpacked<Word> make_zero(bool negative) {
  return {value_class::zero, negative, 0, 0};
}
template <class Word>
constexpr unpacked<Word> make_infinity(bool negative) {
  return {value_class::infinity, negative, 0, 0};
}
/// The NaN of invalid operations: positive, quiet, no payload (RISC-V's and the GPUs' choice of sign).
template <class Word>
constexpr unpacked<Word> make_nan(bool negative = false, std::uint64_t fraction = quiet_bit) {
  return {value_class::nan, negative, 0, fraction};
}

/// The same value over a wider word.
template <class Wide, class Word>
constexpr unpacked<Wide> widen(unpacked<Word> v) {
  static_assert(sizeof(Wide) >= sizeof(Word));
  return {v.kind, v.negative, v.exponent, v.significand};
}

/// Moves the highest set bit of a finite value's significand to `bit` by a left shift.
template <class Word>
constexpr unpacked<Word> normalised_to(unpacked<Word> v, int bit) {
  const int distance = bit + 1 - bit_width(v.significand);
  v.significand = static_cast<Word>(v.significand << distance);
  v.exponent -= distance;
  return v;
}

}  // namespace assay
