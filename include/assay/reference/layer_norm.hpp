// The certified truth of layer normalisation, over the last axes:
//
//   y_i = (x_i - m) / sqrt(v + eps) * weight_i + bias_i,   m = sum x / n,   v = sum (x - m)^2 / n  (biased)
//
// as torch.nn.LayerNorm and ONNX LayerNormalization define it. eps is the very number given: for a kernel that keeps it
// in binary32 pass float{1e-5f}.
//
// Specials, by line:
//   NaN or an infinity in x               NaN everywhere
//   v + eps = 0                           NaN everywhere: 0 / 0
//   weight_i or bias_i not finite         as IEEE 754 has it: infinity times x_i - m (NaN when that is zero), then the
//   sum n = 0                                 nothing
// An exact zero is +0.
//
// Exact cases: an element is p + q sqrt(r) with rational p, q, r; whether that is a rounding boundary is decided by
// comparing squares.
#pragma once

#include <assay/reference/truth.hpp>

namespace assay::reference {

struct layer_norm_options {
  std::size_t axes = 1;  ///< how many of the last axes are normalised together
  double eps = 1e-5;     ///< not negative
};

/// Of the shape of x. `weight` and `bias` hold as many elements as a line, or none: then 1 and 0. Throws
/// std::invalid_argument for shapes that do not fit, a negative or non-finite eps, or a format that binary64 does not
/// hold.
truth layer_norm(const code_view& x, const code_view& weight, const code_view& bias,
                 const layer_norm_options& options = {}, const request& want = {});

}  // namespace assay::reference
