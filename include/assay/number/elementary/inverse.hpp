// reciprocal and rsqrt: algebraic, hence exact integers with a true sticky bit.
//
//                NaN    -inf      x < 0     -0              +0              +inf   elsewhere
//   reciprocal   NaN    -0        1 / x     -inf, by zero   +inf, by zero   +0     exact for powers of 2
//   rsqrt        NaN    invalid   invalid   -inf, by zero   +inf, by zero   +0     1 / sqrt(x), exact for powers of 4
//
// The sign of rsqrt(-0) is IEEE 754-2019's (9.2.1, rSqrt).
#pragma once

#include <assay/number/elementary/fixed.hpp>

namespace assay::detail::evaluation {

constexpr result reciprocal_value(operand_value x) {
  if (x.is_nan()) return nan_result<std::uint64_t>(x);
  if (x.is_zero()) return exact_infinity(x.negative, exceptions::divide_by_zero);
  if (x.is_infinite()) return exact_zero(x.negative);
  // A 15-digit divisor leaves a quotient of 49 bits or more: 15 digits, 32 random bits and two below.
  x = normalised_to(x, operand_digits - 1);
  constexpr std::uint64_t dividend = std::uint64_t{1} << 63;
  const std::uint64_t quotient = dividend / x.significand;
  const bool sticky = dividend % x.significand != 0;
  return {{value_class::finite, x.negative, -x.exponent - 64, (quotient << 1) | (sticky ? 1 : 0)}};
}

constexpr result rsqrt_value(operand_value x) {
  if (x.is_nan()) return nan_result<std::uint64_t>(x);
  if (x.is_zero()) return exact_infinity(x.negative, exceptions::divide_by_zero);
  if (x.negative) return invalid_result<std::uint64_t>();
  if (x.is_infinite()) return exact_zero();
  // x = m / 2^16 * 2^(2 h) with m / 2^16 in [1/4, 1).
  x = normalised_to(x, 15);
  x.exponent += 16;
  if (x.exponent % 2 != 0) {
    x.significand >>= 1;  // the bit lost is zero: x has at most 15 digits
    x.exponent += 1;
  }
  const std::uint64_t m = x.significand;
  // Newton's r (3 - m r^2) / 2 in units of 2^-62, from a line within 12 % of the root: the error about squares each
  // time.
  const std::uint64_t fraction = m << 48;
  std::uint64_t r = (std::uint64_t{0x8ccc} << 48) - (fraction >> 2) - (fraction >> 4);  // 2.2 - 1.25 m
  for (int i = 0; i < 5; ++i) {
    const std::uint64_t unity = multiply_high(multiply_high(r, r), fraction);  // m r^2, in units of 2^-60
    r = multiply_high(r, ((std::uint64_t{3} << 60) - unity) << 2) << 1;
  }
  // Then the integer root itself: the largest y with y^2 m <= 2^124.
  constexpr uint128 target = uint128{1} << 124;
  std::uint64_t y = r >> 8;
  while (uint128{y} * y * m > target) --y;
  while (uint128{y + 1} * (y + 1) * m <= target) ++y;
  const bool sticky = uint128{y} * y * m != target;
  return {{value_class::finite, false, -x.exponent / 2 - 55, (y << 1) | (sticky ? 1 : 0)}};
}

}  // namespace assay::detail::evaluation
