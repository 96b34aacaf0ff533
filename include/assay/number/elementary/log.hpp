// log, log2, log1p.
//
//            NaN    -inf      below the domain   at its edge              +inf    elsewhere
//   log      NaN    invalid   x < 0: invalid     +-0: -inf, by zero       +inf    +0 at 1, else irrational
//   log2     NaN    invalid   x < 0: invalid     +-0: -inf, by zero       +inf    exact at powers of 2, else irrational
//   log1p    NaN    invalid   x < -1: invalid    -1: -inf, by zero        +inf    +-0 at +-0, else irrational
//
// "invalid" gives NaN and raises it; "by zero" raises divide_by_zero.
#pragma once

#include <assay/number/elementary/exp.hpp>

namespace assay::detail::evaluation {

enum class log_base { e, two };

/// The logarithm of v, which is not 1 (and no power of 2 for base 2).
///
/// v = m * 2^k with sqrt(1/2) < m <= sqrt(2), and log(m) = 2 atanh(s), s = (m - 1) / (m + 1), |s| < 0.172. m - 1 is
/// exact, so near 1 no digit is lost; with k != 0 the sum is at least 0.34 and is made in fixed point.
constexpr result log_of(scaled v, log_base base) {
  constexpr std::uint64_t sqrt_half = 0xb504f333f9de6484;  // in units of 2^-64
  const bool below = v.significand > sqrt_half;
  const int k = v.exponent + 63 + (below ? 1 : 0);
  // m - 1 in units of 2^-64 (below) or 2^-63, m + 1 in units of 2^-62.
  const std::uint64_t difference = below ? 0 - v.significand : v.significand - (std::uint64_t{1} << 63);
  const std::uint64_t sum = (v.significand >> (below ? 2 : 1)) + (std::uint64_t{1} << 62);

  scaled part{0, 0};  // |log(m)|
  if (difference != 0) {
    const scaled numerator = normalised(difference, below ? -64 : -63);
    const scaled s = normalised((uint128{numerator.significand} << 63) / sum, numerator.exponent - 1);
    const std::uint64_t s_fraction = shift_right(s.significand, -64 - s.exponent);
    const std::uint64_t u = multiply_high(s_fraction, s_fraction);
    // atanh(s) = s (1 + u / 3 + u^2 / 5 + ...), up to u^12 / 25 (the next term is below 2^-70).
    const std::uint64_t tail =
        power_series<0x5555555555555555, 0x3333333333333333, 0x2492492492492492, 0x1c71c71c71c71c72, 0x1745d1745d1745d1,
                     0x13b13b13b13b13b1, 0x1111111111111111, 0x0f0f0f0f0f0f0f0f, 0x0d79435e50d79436, 0x0c30c30c30c30c31,
                     0x0b21642c8590b216, 0x0a3d70a3d70a3d71>(u);
    part = grown(s, multiply_high(u, tail));
    part.exponent += 1;
    if (base == log_base::two) part = multiply(part, {0xb8aa3b295c17f0bc, -63});  // log2(e)
  }
  if (k == 0) return inexact(below, part);

  // k log(2) + log(m) in units of 2^-104: |k| < 2^22, so 127 bits hold it.
  constexpr int unit = -104;
  constexpr uint128 ln2 = (uint128{0xb17217f7d1} << 64) | 0xcf79abc9e3b39804;
  const auto step = static_cast<int128>(base == log_base::two ? uint128{1} << -unit : ln2);
  const int distance = part.exponent - unit;
  const auto fixed = static_cast<int128>(distance >= 0 ? uint128{part.significand} << distance
                                                       : uint128{shift_right(part.significand, -distance)});
  const int128 total = k * step + (below ? -fixed : fixed);
  return inexact(total < 0, normalised(static_cast<uint128>(total < 0 ? -total : total), unit));
}

constexpr bool is_power_of_two(std::uint64_t significand) { return (significand & (significand - 1)) == 0; }

constexpr result log_value(operand_value x) {
  if (x.is_nan()) return nan_result<std::uint64_t>(x);
  if (x.is_zero()) return exact_infinity(true, exceptions::divide_by_zero);
  if (x.negative) return invalid_result<std::uint64_t>();
  if (x.is_infinite()) return {x};
  if (x.leading_exponent() == 0 && is_power_of_two(x.significand)) return exact_zero();
  return log_of(normalised(x.significand, x.exponent), log_base::e);
}

constexpr result log2_value(operand_value x) {
  if (x.is_nan()) return nan_result<std::uint64_t>(x);
  if (x.is_zero()) return exact_infinity(true, exceptions::divide_by_zero);
  if (x.negative) return invalid_result<std::uint64_t>();
  if (x.is_infinite()) return {x};
  if (is_power_of_two(x.significand)) {
    const int k = x.leading_exponent();
    return k == 0 ? exact_zero() : exact_integer(k < 0, static_cast<std::uint64_t>(k < 0 ? -k : k));
  }
  return log_of(normalised(x.significand, x.exponent), log_base::two);
}

constexpr result log1p_value(operand_value x) {
  if (x.is_nan()) return nan_result<std::uint64_t>(x);
  if (x.is_zero()) return {x};
  if (x.is_infinite()) return x.negative ? invalid_result<std::uint64_t>() : result{x};
  const int leading = x.leading_exponent();
  if (leading < tiny_exponent) return beside(x, x.negative ? side::above : side::below);
  if (x.negative && leading >= 0) {
    const bool is_minus_one = leading == 0 && is_power_of_two(x.significand);
    return is_minus_one ? exact_infinity(true, exceptions::divide_by_zero) : invalid_result<std::uint64_t>();
  }
  // From 2^60 on, 1 / x is below the error of log(x) itself.
  if (leading >= 60) return log_of(normalised(x.significand, x.exponent), log_base::e);
  // 1 + x is a multiple of 2^-62 and of x's last place, and has at most 63 bits.
  const int unit = x.exponent < 0 ? x.exponent : 0;
  const std::uint64_t one = std::uint64_t{1} << -unit;
  const std::uint64_t magnitude = x.significand << (x.exponent - unit);
  return log_of(normalised(x.negative ? one - magnitude : one + magnitude, unit), log_base::e);
}

}  // namespace assay::detail::evaluation
