// The certified truth of root mean square normalisation, over the last axes:
//
//   y_i = x_i / sqrt(q + eps) * weight_i,   q = sum x^2 / n
//
// as torch.nn.RMSNorm and ONNX RMSNormalization define it. eps is the very number given. Whether the weight is inside
// or after the division makes no difference to a real number. It does where the normalised value is first stored in a
// format of few digits, as the Llama models do: that is another function, and `cast_before_weight` computes it,
//
//   y_i = weight_i * round(x_i / sqrt(q + eps))   with the quotient rounded once, to nearest with ties to even,
//
// and the product, which is exact, rounded once more into the output format under the mode asked for.
//
// Specials, by line:
//   a NaN in x                            NaN everywhere
//   an infinity in x                      NaN at infinite elements: infinity / infinity. Finite ones are zero, as x_i
//                                             divided by infinity is; times an infinite weight, NaN
//   q + eps = 0                           NaN everywhere: 0 / 0
//   weight_i not finite                   as IEEE 754 has it: infinity times x_i (NaN when that is zero)
//   n = 0                                 nothing
// A zero has the sign of x_i times that of weight_i.
//
// Exact cases: an element is p sqrt(r) with rational p and r; whether that is a rounding boundary is decided by
// comparing squares.
#pragma once

#include <optional>

#include <assay/reference/truth.hpp>

namespace assay::reference {

struct rms_norm_options {
  std::size_t axes = 1;                           ///< how many of the last axes are normalised together
  double eps = 1e-6;                              ///< not negative
  std::optional<format> cast_before_weight = {};  ///< where the normalised value is stored first, if anywhere
};

/// Of the shape of x. `weight` holds as many elements as a line, or none: then 1. With cast_before_weight the decisions
/// reported are the normalised values'. Throws std::invalid_argument for shapes that do not fit, a negative or
/// non-finite eps, or a format that binary64 does not hold.
truth rms_norm(const code_view& x, const code_view& weight, const rms_norm_options& options = {},
               const request& want = {});

}  // namespace assay::reference
