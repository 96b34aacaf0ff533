// erf and gelu.
//
//          NaN    -inf   -0    +0    +inf    elsewhere
//   erf    NaN    -1     -0    +0    1       irrational
//   gelu   NaN    -0     -0    +0    +inf    x / 2 * (1 + erf(x / sqrt(2))), the exact form, irrational
//
// gelu(-inf) is the limit; the formula evaluated step by step would give NaN.
#pragma once

#include <assay/number/elementary/exp.hpp>

namespace assay::detail::evaluation {

/// a * b / 2^62, rounded to nearest: the errors of some thirty truncations would add up to 2^-55 of the result.
constexpr std::int64_t multiply_62(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>((int128{a} * b + (int128{1} << 61)) >> 62);
}
template <std::int64_t First, std::int64_t... Rest>
constexpr std::int64_t signed_series(std::int64_t y) {
  if constexpr (sizeof...(Rest) == 0) {
    return First;
  } else {
    return First + multiply_62(y, signed_series<Rest...>(y));
  }
}

/// erfcx(z) = e^(z^2) erfc(z) for 0 < z < 2^13: free of the underflow that makes erfc hard.
///
/// w = 8 / (z + 4) maps [0, infinity) to (0, 2], and erfcx(z) / w is smooth in t = 1 - w. Its Chebyshev interpolant of
/// degree 28 is within 2^-68 of it, relatively. The coefficients are that interpolant's (200 nodes, cut off at degree
/// 28) in powers of t and units of 2^-63; rounding them and the evaluation leave 2^-57. Even and odd powers go in two
/// chains.
constexpr scaled erfcx_of(scaled z) {
  constexpr int unit = -96;
  const int distance = z.exponent - unit;
  const uint128 fixed = distance >= 0 ? uint128{z.significand} << distance : shift_right(z.significand, -distance);
  const scaled shifted = normalised(fixed + (uint128{4} << -unit), unit);  // z + 4
  const scaled w{static_cast<std::uint64_t>((uint128{1} << 126) / shifted.significand), 3 - 126 - shifted.exponent};
  const auto w_62 = static_cast<std::int64_t>(w.significand >> (-62 - w.exponent));  // in units of 2^-62
  const std::int64_t t = (std::int64_t{1} << 62) - w_62;
  const std::int64_t u = multiply_62(t, t);
  const std::int64_t even =
      signed_series<0x118932bf08e15442, 0x0c5f1016936382c4, 0x054b2b08dc4053dd, 0x0138dbd2c8e34590, 0x001908f47223664f,
                    -0x0001dd28436cd956, -0x000003cfe008cd52, 0x000004ec65bc6f84, -0x000000e3c63b1d89,
                    0x0000002257190cdf, -0x0000000528146db1, 0x00000000ce2c57c3, -0x0000000020032963,
                    0x0000000004342548, -0x00000000005299a7>(u);
  const std::int64_t odd =
      signed_series<-0x0f9ff18f65a4df91, -0x08a75658d681a484, -0x02c8bfb1497712b8, -0x006c03014b2151e8,
                    -0x0001269b5153d115, 0x0000b966ce9c5aec, -0x000013c6d6eeb0dd, 0x0000017e10d867f2,
                    -0x00000013e056608e, -0x000000002bb69f4e, 0x0000000040ba94ef, -0x000000000bae2592,
                    0x00000000014607a8, -0x000000000011f41b>(u);
  const auto ratio = static_cast<std::uint64_t>(even + multiply_62(t, odd));  // in [0.07, 0.5]
  return multiply(normalised(w.significand, w.exponent), normalised(ratio, -63));
}

constexpr result erf_value(operand_value x) {
  if (x.is_nan()) return nan_result<std::uint64_t>(x);
  if (x.is_zero()) return {x};
  if (x.is_infinite()) return exact_integer(x.negative, 1);
  const int leading = x.leading_exponent();
  if (leading >= 3) return beside_one(x.negative, side::below);  // 1 - erf(8) < 2^-95
  const std::uint64_t square = x.significand * x.significand;
  if (leading >= -1) {
    const scaled tail = multiply(exp_of(square, 2 * x.exponent, true), erfcx_of(normalised(x.significand, x.exponent)));
    return inexact(x.negative, normalised(0 - fraction_of(tail), -64));
  }
  // Below 1/2: 2 / sqrt(pi) * x (1 - x^2 / 3 + x^4 / 10 - ...), terms 1 / (n! (2 n + 1)) up to n = 13.
  constexpr scaled slope{0x906eba8214db688d, -63};
  const int distance = 2 * x.exponent + 64;
  const std::uint64_t u = distance >= 0 ? square << distance : shift_right(square, -distance);
  const std::uint64_t series =
      alternating_series<0x5555555555555555, 0x199999999999999a, 0x0618618618618618, 0x012f684bda12f685,
                         0x0031a6031a6031a6, 0x0007007007007007, 0x0000ddebbc99a778, 0x0000187a00187a00,
                         0x0000026eef8aaad2, 0x000000385c60a90e, 0x00000004ad9cc42b, 0x000000005bd12385,
                         0x00000000068a27ba>(u);
  return inexact(x.negative, shrunk(multiply(x, slope), multiply_high(u, series)));
}

constexpr result gelu_value(operand_value x) {
  if (x.is_nan()) return nan_result<std::uint64_t>(x);
  if (x.is_zero()) return {x};
  if (x.is_infinite()) return x.negative ? exact_zero(true) : result{x};
  const int leading = x.leading_exponent();
  if (leading < tiny_exponent) {  // x / 2 + x^2 / sqrt(2 pi)
    x.exponent -= 1;
    return beside(x, x.negative ? side::below : side::above);
  }
  if (!x.negative && leading >= 4) return beside(x, side::below);  // 1 - Phi(16) < 2^-180
  if (leading >= 12) return vanishing(true);                       // e^(-2^23)
  // erfc(|x| / sqrt(2)) / 2 = Phi(-|x|); the square in its exponent, x^2 / 2, is exact.
  const scaled z = multiply(x, scaled{0xb504f333f9de6484, -64});
  scaled tail = multiply(exp_of(x.significand * x.significand, 2 * x.exponent - 1, true), erfcx_of(z));
  tail.exponent -= 1;
  if (x.negative) return inexact(true, multiply(x, tail));
  return inexact(false, multiply(x, normalised(0 - fraction_of(tail), -64)));
}

}  // namespace assay::detail::evaluation
