// The certified truth of group normalisation of x of shape (N, C, ...): the channels of a sample fall into groups of
// C / groups in a row, and each is normalised over all of its elements,
//
//   y_i = (x_i - m) / sqrt(v + eps) * weight_c + bias_c,   m = sum x / n,   v = sum (x - m)^2 / n  (biased)
//
// as torch.nn.GroupNorm and ONNX GroupNormalization define it; with one channel a group it is instance normalisation,
// torch.nn.InstanceNorm without running statistics. eps is the very number given.
//
// Specials, by group: those of layer_norm.
//   NaN or an infinity in x               NaN everywhere
//   v + eps = 0                           NaN everywhere: 0 / 0
//   weight_c or bias_c not finite         as IEEE 754 has it: infinity times x_i - m (NaN when that is zero), then the
//                                             sum
//   a group of one element                bias_c: the element is its own mean. (torch refuses it where it is the only
//                                             group, though the formula has a value)
//   n = 0                                 nothing
// An exact zero is +0.
//
// Exact cases: as layer_norm's, by comparing squares.
#pragma once

#include <assay/reference/truth.hpp>

namespace assay::reference {

struct group_norm_options {
  std::size_t groups = 1;  ///< divides C
  double eps = 1e-5;       ///< not negative
};

/// Of the shape of x. `weight` and `bias` hold C elements, or none: then 1 and 0. Throws std::invalid_argument for
/// shapes that do not fit, a negative or non-finite eps, or a format that binary64 does not hold.
truth group_norm(const code_view& x, const code_view& weight, const code_view& bias,
                 const group_norm_options& options = {}, const request& want = {});

}  // namespace assay::reference
