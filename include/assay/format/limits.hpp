// The limits of a format that is known at run time: what std::numeric_limits says of a type, and a little more.
#pragma once

#include <bit>
#include <limits>

#include <assay/format/decode.hpp>

namespace assay {

/// Values are given as double where binary64 holds them exactly, else as NaN: formats with a bias far from the usual
/// lie beyond it. Their codes serve every format: format::max_finite_code, min_normal_code, min_positive_code.
/// All exponents are of IEEE 754's 1.fraction form, one less than those of std::numeric_limits.
struct format_limits {
  double max;                  ///< largest finite number
  double lowest;               ///< smallest finite number: -max, or min_positive without a sign
  double min_normal;           ///< smallest positive normal number; NaN if no number is normal
  double min_subnormal;        ///< smallest positive subnormal number; NaN without subnormals
  double min_positive;         ///< smallest positive number, subnormal or normal
  double epsilon;              ///< gap above 1, taken as if 1 were in the normal range: 2^-fraction_bits
  double unit_roundoff;        ///< largest relative error of rounding to nearest in the normal range: epsilon / 2
  int precision;               ///< bits of a significand, the hidden one included
  int digits10;                ///< decimal digits that survive decimal to format and back, in the normal range
  int max_digits10;            ///< decimal digits that tell any two numbers apart, in the normal range
  int min_exponent;            ///< of the smallest normal number
  int max_exponent;            ///< of the largest number
  int width;                   ///< bits of a code
  std::uint64_t finite_codes;  ///< codes that stand for finite numbers, both zeros counted
  std::uint64_t nan_codes;     ///< codes that stand for NaNs
};

namespace detail {

/// The double that equals significand * 2^exponent, else NaN.
constexpr double exact_double(std::uint64_t significand, int exponent) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  if (significand == 0) return 0;
  const int zeros = std::countr_zero(significand);
  significand >>= zeros;
  exponent += zeros;
  const int leading = exponent + bit_width(significand) - 1;
  if (leading > binary64.max_exponent() || exponent < binary64.min_ulp_exponent()) return none;
  // Significands of formats have 53 bits at most.
  if (leading < binary64.min_exponent())
    return std::bit_cast<double>(significand << (exponent - binary64.min_ulp_exponent()));
  const std::uint64_t kept = significand << (binary64.precision() - bit_width(significand));
  const auto field = static_cast<std::uint64_t>(leading - binary64.min_exponent());
  return std::bit_cast<double>((field << binary64.fraction_bits) + kept);
}

constexpr double exact_double_of_code(std::uint64_t code, format f) {
  const auto v = decode(code, f);
  const double magnitude = exact_double(v.significand, v.exponent);
  return v.negative ? -magnitude : magnitude;
}

/// floor(n log10(2)) for n from 0 to 60.
constexpr int digits_of_bits(int n) { return n * 1233 / 4096; }

}  // namespace detail

constexpr format_limits limits_of(format f) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  const bool has_normals = f.min_normal_code() <= f.max_finite_code();
  const double max = detail::exact_double_of_code(f.max_finite_code(), f);
  const double min_positive = detail::exact_double_of_code(f.min_positive_code(), f);
  const std::uint64_t infinities = f.has_infinity() ? 2 : 0;
  const std::uint64_t codes = f.width() == 64 ? 0 : std::uint64_t{1} << f.width();  // modulo 2^64
  return {
      .max = max,
      .lowest = f.is_signed() ? -max : min_positive,
      .min_normal = has_normals ? detail::exact_double_of_code(f.min_normal_code(), f) : none,
      .min_subnormal = f.has_subnormals() ? min_positive : none,
      .min_positive = min_positive,
      .epsilon = detail::exact_double(1, -f.fraction_bits),
      .unit_roundoff = detail::exact_double(1, -f.precision()),
      .precision = f.precision(),
      .digits10 = detail::digits_of_bits(f.fraction_bits),
      .max_digits10 = 2 + detail::digits_of_bits(f.precision()),
      .min_exponent = f.min_exponent(),
      .max_exponent = f.max_exponent(),
      .width = f.width(),
      .finite_codes = f.finite_code_count(),
      .nan_codes = codes - f.finite_code_count() - infinities,
  };
}

}  // namespace assay
