// The certified truth of batch normalisation of x of shape (N, C, ...), by channel over the batch and all other axes:
//
//   y_i = (x_i - m_c) / sqrt(v_c + eps) * weight_c + bias_c
//
// as torch.nn.functional.batch_norm and ONNX BatchNormalization define it. In inference m and v are running_mean and
// running_var. In training they are the mean and the biased variance of the channel's n elements, and where running
// values are given there are new ones,
//
//   running_mean' = (1 - momentum) running_mean + momentum m
//   running_var'  = (1 - momentum) running_var  + momentum v n / (n - 1)      (torch; ONNX keeps the biased v)
//
// eps and momentum are the very numbers given, and 1 - momentum is not rounded.
//
// Specials of y in training, by channel: those of layer_norm.
//   NaN or an infinity in x               NaN everywhere
//   v + eps = 0                           NaN everywhere: 0 / 0
//   weight_c or bias_c not finite         as IEEE 754 has it: infinity times x_i - m (NaN when that is zero), then the
//                                             sum
// Of y in inference, by element, each operation of the formula as IEEE 754 has it:
//   running_var NaN, or below -eps        NaN: the square root of a negative number
//   running_var = -eps                    x_i - m divided by zero: an infinity of its sign, NaN when it is zero
//   running_var infinite                  x_i - m times zero: zero, then the bias
//   any other NaN or infinity             as the differences, products and sums have it
// Of the running values in training:
//   NaN or infinities of both signs in x  NaN
//   infinities of one sign in x           running_mean' as the sum has it with m that infinity; running_var' NaN
//   running value not finite              as the product and sum have it: NaN when momentum is 1
// An exact zero is +0.
// A batch without elements leaves the running values as they are, as torch does.
//
// Exact cases: an element of y is p + q sqrt(r) with rational p, q, r, decided by comparing squares; the running values
// are rational.
#pragma once

#include <assay/reference/truth.hpp>

namespace assay::reference {

struct batch_norm_options {
  double eps = 1e-5;  ///< not negative
  bool training = false;
  double momentum = 0.1;  ///< finite
};

struct batch_norm_truth {
  truth y;                          ///< of x's shape
  truth running_mean, running_var;  ///< (C,) in training where they were given; else empty
};

/// `weight` and `bias` hold C elements, or none: then 1 and 0. Throws std::invalid_argument for shapes that do not fit,
/// a negative or non-finite eps, a format that binary64 does not hold, only one of the running values, none of them in
/// inference, or one element a channel in training, which torch refuses too: it would be its own mean.
batch_norm_truth batch_norm(const code_view& x, const code_view& weight, const code_view& bias,
                            const code_view& running_mean, const code_view& running_var,
                            const batch_norm_options& options = {}, const request& want = {});

}  // namespace assay::reference
