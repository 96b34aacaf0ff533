// CDNA1: c and a group of up to four products, added exactly and rounded once to binary32. Sums live in binary64 lanes.
// What makes the fast path exact, where sums are far from binary32's ends (see unit_serves):
//
// - Products are exact in binary64. So is a group's sum where its largest product and the lowest bit of all are at most
//   53 places apart, which panels tell for every group. With c it is forced to odd, which 24 digits do not see.
// - Other groups are added in two parts: a product's multiple of 2^q, q 48 places below the largest, and the rest.
// Either
//   part has an exact sum if no bit lies more than 100 places below. Let s + l be the two sums added, l at most half
//   the last place of s, and t + u = s + c. What is left is t + (u + l) with a remainder u + l that is far below the
//   last place of t or exact; forced to odd twice it decides as the exact sum does.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tile.hpp"

namespace assay::gemm_kernels {

/// Of a panel's numbers in the next products that make a group.
struct group_range {
  std::int16_t below, lowest_bit;  ///< every |x| < 2^below, and a multiple of 2^lowest_bit
};

struct exact_group_panel {
  const double* values;
  const group_range* ranges;
};

/// The largest product and the lowest bit of a panel may be so far apart.
inline constexpr int widest_exact_group = 100;

struct exact_group_tiles {
  std::size_t rows, columns;
  /// `signed_zeros`: a sum may start from -0.
  void (*add)(std::size_t group, bool signed_zeros, exact_group_panel a, exact_group_panel b, k_walk k, tile_use use,
              double* tile);
  void (*merge)(double* into, const double* from);
  /// Finds the ranges of a panel, of which there are as many as products.
  void (*find_ranges)(const double* values, std::size_t width, std::size_t length, std::size_t group, group_range* to);
};

const exact_group_tiles& exact_group_kernels();

}  // namespace assay::gemm_kernels
