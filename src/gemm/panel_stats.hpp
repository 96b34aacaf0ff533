// What a kernel must know of the numbers in a panel before it may take a fast path.
#pragma once

#include <algorithm>
#include <cstddef>

namespace assay::gemm_kernels {

/// Of a set of numbers: bounds on their magnitudes and on the place of their lowest set bit.
struct panel_stats {
  static constexpr int none = 1 << 20;

  int below = -none;          ///< every finite |x| < 2^below
  int lowest_bit = none;      ///< every finite x is a multiple of 2^lowest_bit
  bool special = false;       ///< there is an infinity or a NaN
  bool negative_zero = false;
  double norm = 0;            ///< no vector of the panel is longer; only where a kernel asks for it

  void include(const panel_stats& other) {
    below = std::max(below, other.below);
    lowest_bit = std::min(lowest_bit, other.lowest_bit);
    special = special || other.special;
    negative_zero = negative_zero || other.negative_zero;
  }
};

panel_stats stats_of(const float* x, std::size_t count);
panel_stats stats_of(const double* x, std::size_t count);

}  // namespace assay::gemm_kernels
