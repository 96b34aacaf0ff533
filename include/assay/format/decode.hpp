// From a code to the value it stands for. Exact: nothing is rounded here.
#pragma once

#include <bit>

#include <assay/bits/unpacked.hpp>
#include <assay/format/formats.hpp>

namespace assay {

/// Bits above the format's width are ignored. Subnormals keep their leading zeros: a finite result is
/// normal in f exactly when bit fraction_bits of its significand is set.
constexpr unpacked<std::uint64_t> decode(std::uint64_t code, format f) {
  code &= f.code_mask();
  const bool negative = (code & f.sign_mask()) != 0;
  if (f.is_nan_code(code)) {
    if (f.nonfinite != encoding::ieee) return make_nan<std::uint64_t>(negative && f.has_signed_nan());
    return make_nan<std::uint64_t>(negative, (code & f.fraction_mask()) << (64 - f.fraction_bits));
  }
  const std::uint64_t magnitude = code & f.magnitude_mask();
  if (f.nonfinite == encoding::fnu) {
    return {value_class::finite, false, static_cast<int>(magnitude) - f.bias, 1};
  }
  if (magnitude > f.max_finite_code()) return make_infinity<std::uint64_t>(negative);
  if (magnitude == 0) return make_zero<std::uint64_t>(negative);
  const auto field = static_cast<int>(magnitude >> f.fraction_bits);
  const std::uint64_t fraction = magnitude & f.fraction_mask();
  if (field == 0) return {value_class::finite, negative, f.min_ulp_exponent(), fraction};
  return {value_class::finite, negative, f.min_ulp_exponent() + field - 1,
          fraction | (std::uint64_t{1} << f.fraction_bits)};
}

/// Whether a finite value that was decoded from f is one of its subnormals.
constexpr bool is_subnormal_in(unpacked<std::uint64_t> v, format f) {
  return v.kind == value_class::finite && f.has_subnormals() && (v.significand >> f.fraction_bits) == 0;
}

constexpr unpacked<std::uint64_t> decode(float x) { return decode(std::bit_cast<std::uint32_t>(x), binary32); }
constexpr unpacked<std::uint64_t> decode(double x) { return decode(std::bit_cast<std::uint64_t>(x), binary64); }

}  // namespace assay
