// Elementary functions in double to a relative error below 2^-44: enough to round to 24 digits or fewer, unless the
// value lies that close to a boundary between two roundings, which the caller tests.
//
// exp and exp2 are our own: after reduction to |r| <= ln 2 / 2 the series to r^12 / 12! leaves 2^-52, and a dozen
// roundings 2^-50. The others are the C library's, for which 2^-44 is generous (the GNU C library's manual lists errors
// of a few ulps, 2^-51, at most); gelu only where its erfc is well conditioned. A [.prove] test holds it
// against long double at every binary32 number.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>

#include <assay/number/elementary.hpp>

namespace assay::kernel {

inline constexpr double quick_error = 0x1p-44;

namespace detail {

/// 2^k e^r, |r| <= 0.35, |k| < 1000.
inline double scaled_exp(double r, double shifted_k) {
  double s = 1.0 / 479001600;
  s = s * r + 1.0 / 39916800;
  s = s * r + 1.0 / 3628800;
  s = s * r + 1.0 / 362880;
  s = s * r + 1.0 / 40320;
  s = s * r + 1.0 / 5040;
  s = s * r + 1.0 / 720;
  s = s * r + 1.0 / 120;
  s = s * r + 1.0 / 24;
  s = s * r + 1.0 / 6;
  s = s * r + 0.5;
  const double e = 1 + (r + r * r * s);
  // The low bits of 1.5 * 2^52 + k are k: added to the exponent field.
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(e) + (std::bit_cast<std::uint64_t>(shifted_k) << 52));
}

inline constexpr double to_integer = 0x1.8p52;  ///< added, it rounds to an integer and leaves it in the low bits

}  // namespace detail

/// e^x for |x| <= 600.
inline double quick_exp(double x) {
  const double shifted = x * std::numbers::log2e + detail::to_integer;
  const double k = shifted - detail::to_integer;
  // k times the first part of ln 2 is exact: it has 40 digits.
  const double r = (x - k * 0x1.62e42fefa2000p-1) - k * 0x1.9ef35793c7673p-41;
  return detail::scaled_exp(r, shifted);
}

/// 2^x for |x| <= 900.
inline double quick_exp2(double x) {
  const double shifted = x + detail::to_integer;
  return detail::scaled_exp((x - (shifted - detail::to_integer)) * std::numbers::ln2, shifted);
}

/// f(x) within quick_error, or NaN where that is not promised.
inline double quick_value(elementary f, double x) {
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  const double size = std::abs(x);
  if (!(size <= 600) && f != elementary::log && f != elementary::log2 && f != elementary::log1p) return unknown;
  switch (f) {
    case elementary::exp: return quick_exp(x);
    case elementary::exp2: return quick_exp2(x);
    case elementary::expm1: return std::expm1(x);
    case elementary::log: return x > 0 ? std::log(x) : unknown;
    case elementary::log2: return x > 0 ? std::log2(x) : unknown;
    case elementary::log1p: return x > -1 ? std::log1p(x) : unknown;
    case elementary::tanh: return std::tanh(x);
    case elementary::erf: return std::erf(x);
    case elementary::sigmoid: return 1 / (1 + quick_exp(-x));
    case elementary::silu: return x / (1 + quick_exp(-x));
    case elementary::gelu: return x > -6 ? x * 0.5 * std::erfc(x * -(std::numbers::sqrt2 / 2)) : unknown;
    case elementary::rsqrt: return x > 0 ? 1 / std::sqrt(x) : unknown;
    case elementary::reciprocal: return 1 / x;
  }
  return unknown;
}

}  // namespace assay::kernel
