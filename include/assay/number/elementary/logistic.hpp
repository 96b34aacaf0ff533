// tanh, sigmoid, silu: what is made of e^-x / (1 + e^-x).
//
//             NaN    -inf   -0     +0     +inf    elsewhere
//   tanh      NaN    -1     -0     +0     1       irrational
//   sigmoid   NaN    +0     1/2    1/2    1       1 / (1 + e^-x), irrational
//   silu      NaN    -0     -0     +0     +inf    x * sigmoid(x), irrational
//
// silu(-inf) is the limit; -inf * sigmoid(-inf) evaluated step by step would be NaN.
#pragma once

#include <assay/number/elementary/exp.hpp>

namespace assay::detail::evaluation {

/// numerator / denominator, which is in [1, 2] in units of 2^-63 and above 1 where the numerator is 1.
constexpr scaled divide(scaled numerator, std::uint64_t denominator) {
  const uint128 quotient = (uint128{numerator.significand} << 63) / denominator;
  return normalised(static_cast<std::uint64_t>(quotient), numerator.exponent);
}

constexpr result tanh_value(operand_value x) {
  if (x.is_nan()) return nan_result<std::uint64_t>(x);
  if (x.is_zero()) return {x};
  if (x.is_infinite()) return exact_integer(x.negative, 1);
  const int leading = x.leading_exponent();
  if (leading < tiny_exponent / 2) return beside(x, side::below);  // x - x^3 / 3
  if (leading >= 6) return beside_one(x.negative, side::below);    // 1 - tanh(64) < 2^-180
  // a / (2 - a) with a = 1 - e^(-2 |x|).
  const scaled a = expm1_of(x.significand, x.exponent + 1, true);
  const std::uint64_t a_fraction = shift_right(a.significand, -63 - a.exponent);  // in units of 2^-63
  return inexact(x.negative, divide(a, 0 - a_fraction));
}

/// sigmoid of an x with 2^-48 <= |x| < 2^22; below 1 in every case.
constexpr scaled sigmoid_of(operand_value x) {
  const scaled decay = exp_of(x.significand, x.exponent, true);
  const std::uint64_t decay_fraction = shift_right(decay.significand, -63 - decay.exponent);
  const std::uint64_t denominator = (std::uint64_t{1} << 63) + (decay_fraction != 0 ? decay_fraction : 1);
  if (x.negative) return divide(decay, denominator);
  return {static_cast<std::uint64_t>((uint128{1} << 127) / denominator), -64};
}

constexpr result sigmoid_value(operand_value x) {
  if (x.is_nan()) return nan_result<std::uint64_t>(x);
  constexpr operand_value half{value_class::finite, false, -1, 1};
  if (x.is_zero()) return {half};
  if (x.is_infinite()) return x.negative ? exact_zero() : exact_integer(false, 1);
  const int leading = x.leading_exponent();
  if (leading < tiny_exponent) return beside(half, x.negative ? side::below : side::above);
  if (leading >= 22) return x.negative ? vanishing(false) : beside_one(false, side::below);
  return inexact(false, sigmoid_of(x));
}

constexpr result silu_value(operand_value x) {
  if (x.is_nan()) return nan_result<std::uint64_t>(x);
  if (x.is_zero()) return {x};
  if (x.is_infinite()) return x.negative ? exact_zero(true) : result{x};
  const int leading = x.leading_exponent();
  if (leading < tiny_exponent) {  // x / 2 + x^2 / 4
    x.exponent -= 1;
    return beside(x, x.negative ? side::below : side::above);
  }
  if (leading >= 22) return x.negative ? vanishing(true) : beside(x, side::below);
  return inexact(x.negative, multiply(x, sigmoid_of(x)));
}

}  // namespace assay::detail::evaluation
