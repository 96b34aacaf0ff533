// The rigorous error bound of a dot product that is summed in any order, and what overflow may make of it.
//
// Definitions. The kernel computes with K products and an addend c: at most K additions and K + 1 leaves (the products
// and c), each of which may itself be rounded into the accumulator's format. Every leaf passes through at most K
// additions, so at most n = K + 1 roundings, or K when the formats make all leaves exact. Each rounding multiplies by
// 1 + d, |d| <= u, with u = 2^-p to nearest and 2^(1-p) in every other mode. Hence, whatever the order and whether or
// not products are fused,
//
//   |computed sum - exact sum| <= ((1 + u)^n - 1) S,   S = |c| + sum |a_i||b_i|,
//
// and (1 + u)^n - 1 <= e^(nu) - 1, which needs no n u < 1 as gamma_n does. Biased modes are covered by u alone.
// Underflow adds to each of the at most 2K + 2 operations an absolute error: half of (or one) smallest subnormal for
// inexact leaves, and the smallest normal number where subnormals are flushed. Rounding the sum into the output then
// adds half an ulp (one ulp in directed modes) of the largest value that the sum may have, nothing where the output
// holds every number of the accumulator.
//
// The bound is computed in double; all its terms are positive and few, so each operation errs by a relative 2^-53 at
// most, and a final factor of 1 + 2^-40 covers them all.
#pragma once

#include <assay/format/containment.hpp>
#include <assay/judge/dot_claim.hpp>

namespace assay {

/// In ulps of the exact value, like everything in dot_truth.
struct dot_bound {
  double accumulated = 0;  ///< how far the sum may be from the exact value before it is stored
  double total = 0;        ///< how far the stored value may be
  bool positive_overflow = false,
       negative_overflow = false;  ///< whether partial sums may leave the accumulator's range
};

/// Of an any_order claim (or correctly_rounded, where nothing is accumulated) for a finite truth of K products.
dot_bound bound_of(const dot_claim& claim, const reference::dot_row& row, const reference::dot_truth& truth);

}  // namespace assay
