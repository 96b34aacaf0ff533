// The outputs that every kernel of the truth is tested in.
#pragma once

#include <utility>
#include <vector>

#include <assay/format/formats.hpp>
#include <assay/rounding/conversion.hpp>

namespace test {

inline std::vector<std::pair<assay::format, assay::conversion>> formats_and_modes() {
  using namespace assay;
  std::vector<std::pair<format, conversion>> all;
  for (const format f : {binary32, bfloat16, binary16, e4m3fn, e5m2, e2m1fn, e4m3fnuz, binary64}) {
    for (const rounding mode : {rounding::ties_to_even, rounding::ties_to_away, rounding::toward_zero, rounding::upward,
                                rounding::downward, rounding::to_odd}) {
      all.push_back({f, {.mode = mode}});
    }
    all.push_back({f, {.on_overflow = overflow::saturate_finite, .on_subnormal = subnormals::flush_outputs}});
    all.push_back({f, {.on_overflow = overflow::to_nan}});
  }
  return all;
}

}  // namespace test
