// The toolbox of the elementary functions: real numbers as 64-bit integers with an exponent, and polynomials on them.
//
// No floating point and no libm: results are the same bits under any compiler flags, in constant expressions and on
// GPUs. Every tool truncates, so that each step is short by less than one unit of its last place.
#pragma once

#include <assay/format/format.hpp>
#include <assay/number/exact.hpp>

namespace assay::detail::evaluation {

/// A positive real, about significand * 2^exponent, with bit 63 of the significand set.
struct scaled {
  std::uint64_t significand;
  int exponent;
};

constexpr scaled normalised(std::uint64_t significand, int exponent) {
  const int distance = 64 - bit_width(significand);
  return {significand << distance, exponent - distance};
}
constexpr scaled normalised(uint128 significand, int exponent) {
  const int distance = bit_width(significand) - 64;
  if (distance <= 0) return {static_cast<std::uint64_t>(significand << -distance), exponent + distance};
  return {static_cast<std::uint64_t>(significand >> distance), exponent + distance};
}

/// The product of two fractions of 2^64.
constexpr std::uint64_t multiply_high(std::uint64_t a, std::uint64_t b) {
  return static_cast<std::uint64_t>((uint128{a} * b) >> 64);
}

constexpr scaled multiply(scaled a, scaled b) {
  return normalised(uint128{a.significand} * b.significand, a.exponent + b.exponent);
}

/// v * (1 + fraction / 2^64) and v * (1 - fraction / 2^64).
constexpr scaled grown(scaled v, std::uint64_t fraction) {
  return normalised(uint128{v.significand} + multiply_high(v.significand, fraction), v.exponent);
}
constexpr scaled shrunk(scaled v, std::uint64_t fraction) {
  return normalised(v.significand - multiply_high(v.significand, fraction), v.exponent);
}

/// v < 1 as a fraction of 2^64, never 0: what is subtracted from 1 must leave less than 1.
constexpr std::uint64_t fraction_of(scaled v) {
  const std::uint64_t fraction = shift_right(v.significand, -64 - v.exponent);
  return fraction != 0 ? fraction : 1;
}

/// c0 + c1 y + c2 y^2 + ... over fractions of 2^64. The coefficients are template arguments, not an array: they become
/// immediate operands, in device code too.
template <std::uint64_t First, std::uint64_t... Rest>
constexpr std::uint64_t power_series(std::uint64_t y) {
  if constexpr (sizeof...(Rest) == 0) {
    return First;
  } else {
    return First + multiply_high(y, power_series<Rest...>(y));
  }
}
/// c0 - c1 y + c2 y^2 - ...
template <std::uint64_t First, std::uint64_t... Rest>
constexpr std::uint64_t alternating_series(std::uint64_t y) {
  if constexpr (sizeof...(Rest) == 0) {
    return First;
  } else {
    return First - multiply_high(y, alternating_series<Rest...>(y));
  }
}

// ---- what an evaluation hands to the rounding ----

using operand_value = unpacked<std::uint64_t>;
using result = exact_result<std::uint64_t>;

/// Formats of up to 16 bits have at most 15 digits, and all their values lie between 2^-beyond and 2^beyond.
inline constexpr int operand_digits = 15;
inline constexpr int beyond = 1 << 22;
static_assert(beyond > format::max_bias + (1 << 12));

/// A value that is no rounding boundary of any output: the sticky bit says so.
constexpr result inexact(bool negative, scaled v) {
  return {{value_class::finite, negative, v.exponent, v.significand | 1}};
}
/// Larger or smaller than every number of every format, zero excepted.
constexpr result huge(bool negative) { return {{value_class::finite, negative, 2 * beyond, 1}}; }
constexpr result vanishing(bool negative) { return {{value_class::finite, negative, -2 * beyond, 1}}; }

constexpr result exact_integer(bool negative, std::uint64_t n) { return {{value_class::finite, negative, 0, n}}; }
constexpr result exact_zero(bool negative = false) { return {make_zero<std::uint64_t>(negative)}; }
constexpr result exact_infinity(bool negative, exceptions raised = exceptions::none) {
  return {make_infinity<std::uint64_t>(negative), raised};
}

/// A magnitude next to |v|, just above or just below it: for results like x + x^3 / 3 where no format sees how close.
enum class side { above, below };
constexpr result beside(operand_value v, side where) {
  v = normalised_to(v, 63);
  v.significand = where == side::above ? v.significand | 1 : v.significand - 1;
  return {v};
}
constexpr result beside_one(bool negative, side where) { return beside({value_class::finite, negative, 0, 1}, where); }

/// x * v, for an operand x.
constexpr scaled multiply(operand_value x, scaled v) { return multiply(normalised(x.significand, x.exponent), v); }

}  // namespace assay::detail::evaluation
