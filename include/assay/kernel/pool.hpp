// max_pool2d and avg_pool2d of one window, whose elements come row by row.
//
// Specials: a NaN gives NaN. A window of nothing but padding has the maximum -infinity, or the lowest number of a
// compute format without infinities, and the sum 0. The maximum of zeros of both signs is the first of them.
#pragma once

#include <limits>

#include <assay/kernel/statistics.hpp>

namespace assay::kernel {

inline constexpr attribute_info avg_pool2d_variants[]{mean_variant};

/// Exact: a maximum rounds nothing but the loads and the output.
template <scalar_arithmetic A>
typename A::value max_pool(const A& a, line<A> window) {
  return window.empty() ? a.lowest() : largest(a, window);
}

template <scalar_arithmetic A>
typename A::value avg_pool(A& a, line<A> window, double divisor, mean_form form) {
  return divided_by_count(a, sum(a, window), divisor, form);
}

}  // namespace assay::kernel
