#include "distance.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <assay/format/decode.hpp>

namespace assay::cli {

double ulps_apart(encoded a, encoded b, format f) {
  const auto x = decode(a.code & a.in.code_mask(), a.in), y = decode(b.code & b.in.code_mask(), b.in);
  if (!x.is_finite() || !y.is_finite()) {
    const bool same = x.is_nan() ? y.is_nan() : y.is_infinite() && x.is_infinite() && x.negative == y.negative;
    return same ? 0 : std::numeric_limits<double>::quiet_NaN();
  }
  const int ulp =
      y.is_zero() ? f.min_ulp_exponent() : std::max(y.leading_exponent() - f.fraction_bits, f.min_ulp_exponent());
  // Significands have at most 53 bits: each is exact, and their difference rounds once.
  const double p = x.is_zero() ? 0 : std::ldexp(static_cast<double>(x.significand), x.exponent - ulp);
  const double q = y.is_zero() ? 0 : std::ldexp(static_cast<double>(y.significand), y.exponent - ulp);
  return x.negative == y.negative || x.is_zero() || y.is_zero() ? p - q : -(p + q);
}

double integer_value(const tensor& values, std::size_t n) {
  const element_type& type = values.type();
  const std::uint64_t bits = values[n];
  if (type.what != element_type::kind::signed_integer) return static_cast<double>(bits);
  const int unused = 64 - type.integer_bits;
  return static_cast<double>(static_cast<std::int64_t>(bits << unused) >> unused);
}

}  // namespace assay::cli
