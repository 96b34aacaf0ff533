// The certified truth of the gradients of activations by x, from the gradient dy of their results:
//
//   gelu_backward  dx = dy (Phi(x) + x phi(x)),   Phi and phi the normal distribution's function and density
//   silu_backward  dx = dy s (1 + x (1 - s)),     s = 1 / (1 + e^-x)
//
// Specials:
//   NaN in x or dy                        NaN
//   x = +infinity                         dy itself
//   x = -infinity                         +0; NaN for infinite dy
//   dy infinite                           infinity of the sign of dy times the other factor
//   dy = +-0, and an exact zero           +0
//
// Exact cases: at x = 0 both are dy / 2; elsewhere the factor of dy is transcendental (Lindemann; for gelu see
// pointwise.hpp) and no boundary is assumed. Far out, where the factor is 1 or 0 to any precision, its side decides.
#pragma once

#include <assay/reference/truth.hpp>

namespace assay::reference {

// Of the shape of x, which dy has, too. They throw std::invalid_argument for other shapes and formats that binary64
// does not hold.
truth gelu_backward(const code_view& x, const code_view& dy, const request& want = {});
truth silu_backward(const code_view& x, const code_view& dy, const request& want = {});

}  // namespace assay::reference
