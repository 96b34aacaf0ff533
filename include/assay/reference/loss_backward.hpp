// The certified truth of the gradients of losses by x, from the gradient dy of the result:
//
//   cross_entropy_backward  dx_c = g (softmax(x)_c Q - q_c), with cross_entropy's factors q_c and their sum Q
//   mse_backward            dx = 2 g (x - target)
//
// g is dy of the line or element without a reduction, dy with sum, and dy over the mean's divisor with mean. Without dy
// it is 1.
//
// Specials:
//   cross entropy, an ignored line                    +0 everywhere
//   NaN or +infinity in x, or nothing but -infinity; a target probability that is not finite    NaN in the whole line
//   x_c = -infinity                                   softmax(x)_c is 0
//   a divisor of zero and a line that counts          NaN
//   mse                                               NaN, infinities and zero times infinity as IEEE 754 has the
//   formula dy NaN, or infinite                               NaN, or infinite by the sign of the other factor: NaN
//   where it is 0
// An exact zero is +0.
//
// Exact cases: as in softmax_backward.hpp; mse's gradient is rational.
#pragma once

#include <assay/reference/cross_entropy.hpp>

namespace assay::reference {

/// Of the shape of x. dy has the shape of the loss. Throws as cross_entropy does, and for a dy of another shape.
truth cross_entropy_backward(const code_view& x, const cross_entropy_targets& targets, const code_view& dy = {},
                             const cross_entropy_options& options = {}, const request& want = {});
truth mse_backward(const code_view& x, const code_view& target, const code_view& dy = {},
                   loss_reduction reduction = loss_reduction::mean, const request& want = {});

}  // namespace assay::reference
