// The formats that sweeps run over.
#pragma once

#include <vector>

#include <assay/format/formats.hpp>
#include <assay/rounding/conversion.hpp>

namespace test {

/// The named formats up to that many bits wide.
inline std::vector<assay::format> named_formats_up_to(int bits) {
  std::vector<assay::format> result;
  for (const assay::named_format& row : assay::named_formats)
    if (row.value.width() <= bits) result.push_back(row.value);
  return result;
}

/// User-made formats: every encoding, biases on both sides of the conventional one and far away from it.
inline std::vector<assay::format> made_formats(int widest, int max_exponent_bits = 8, int max_fraction_bits = 10) {
  using assay::encoding;
  std::vector<assay::format> result;
  for (int e = 1; e <= max_exponent_bits; ++e) {
    for (int t = 0; t <= max_fraction_bits; ++t) {
      for (const encoding code : {encoding::ieee, encoding::fn, encoding::fnuz, encoding::finite, encoding::fnu}) {
        for (const int bias : {0, assay::format::ieee_bias(e), assay::format::ieee_bias(e) + 1, -3, 40}) {
          const assay::format f{e, t, bias, code};
          if (f.is_valid() && f.width() <= widest) result.push_back(f);
        }
      }
    }
  }
  return result;
}

inline constexpr assay::rounding deterministic_modes[] = {
    assay::rounding::ties_to_even, assay::rounding::ties_to_away, assay::rounding::toward_zero,
    assay::rounding::upward,       assay::rounding::downward,     assay::rounding::to_odd};
inline constexpr assay::overflow overflow_policies[] = {
    assay::overflow::ieee, assay::overflow::saturate_finite, assay::overflow::to_nan};
inline constexpr assay::subnormals subnormal_policies[] = {
    assay::subnormals::keep, assay::subnormals::flush_inputs, assay::subnormals::flush_outputs,
    assay::subnormals::flush_both};

/// Every deterministic policy: 6 modes, 3 answers to overflow, 4 to subnormals.
inline std::vector<assay::conversion> all_policies() {
  std::vector<assay::conversion> result;
  for (const auto mode : deterministic_modes)
    for (const auto on_overflow : overflow_policies)
      for (const auto on_subnormal : subnormal_policies) result.push_back({mode, on_overflow, on_subnormal, 0});
  return result;
}

}  // namespace test
