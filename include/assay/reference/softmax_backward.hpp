// The certified truth of the gradients of softmax and log_softmax by x, from the gradient dy of their results. With
// y = softmax(x / T) of a line:
//
//   softmax_backward      dx_i = y_i (dy_i - sum of y_j dy_j) / T
//   log_softmax_backward  dx_i = (dy_i - y_i sum of dy_j) / T
//
// as automatic differentiation of torch.nn.functional has them, over the real softmax: y is not rounded.
//
// Specials, by line:
//   NaN or +infinity in x, or nothing but -infinity   NaN everywhere, as softmax is
//   x_i = -infinity                                   y_i is 0, and so is softmax's dx_i
//   dy_j not finite                                   as IEEE 754 has the formula: infinity - infinity and 0 times
//                                                     infinity are NaN
// An exact zero is +0.
//
// Exact cases: a difference from a rounding boundary is a sum of powers of e, whose terms are collected (Lindemann and
// Weierstrass); its sign decides.
#pragma once

#include <assay/reference/softmax.hpp>

namespace assay::reference {

// Of the shape of x, which dy has, too. They throw as softmax does; options.keep is not used.
truth softmax_backward(const code_view& x, const code_view& dy, const softmax_options& options = {},
                       const request& want = {});
truth log_softmax_backward(const code_view& x, const code_view& dy, const softmax_options& options = {},
                           const request& want = {});

}  // namespace assay::reference
