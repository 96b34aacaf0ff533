// The gradients of gelu, silu and the squared error by an element x, in the steps of PyTorch's kernels.
//
// Specials: as the steps give them: x = -infinity gives NaN, -infinity times a density of 0.
#pragma once

#include <assay/kernel/pointwise.hpp>
#include <assay/kernel/statistics.hpp>

namespace assay::kernel {

enum class end_form { rounded, fused };

inline constexpr attribute_info gelu_backward_variants[]{{"sum", attribute_info::kind::choice, "rounded",
                                                          "Phi + x phi in two roundings, or fma(x, phi, Phi)",
                                                          "rounded fused"}};
inline constexpr attribute_info silu_backward_variants[]{
    {"form", attribute_info::kind::choice, "function", "sigmoid in one rounding, or 1 / (1 + e^-x) in steps",
     "function steps"},
    {"sum", attribute_info::kind::choice, "rounded", "1 + x (1 - s) in two roundings, or fma(x, 1 - s, 1)",
     "rounded fused"}};

enum class product_order { gradient_first, gradient_last };
inline constexpr attribute_info mse_backward_variants[]{
    {"product", attribute_info::kind::choice, "gradient_first", "(2 (g / n)) (x - t), or ((2 / n) (x - t)) g",
     "gradient_first gradient_last"},
    mean_variant};

/// dy (Phi(x) + x phi(x)): Phi = (1 + erf(x / root 2)) / 2, phi = e^(-x^2 / 2) / root(2 pi).
template <scalar_arithmetic A>
typename A::value gelu_backward(A& a, typename A::value x, typename A::value dy, end_form form) {
  const auto half = a.constant(0.5);
  const auto erf = a.call(elementary::erf, a.multiply(x, a.constant(std::numbers::sqrt2 / 2)));
  const auto distribution = a.multiply(half, a.add(a.constant(1), erf));
  const auto decay = a.call(elementary::exp, a.multiply(a.multiply(a.negate(half), x), x));
  const auto density = a.multiply(decay, a.constant(std::numbers::inv_sqrtpi * std::numbers::sqrt2 / 2));
  const auto slope =
      form == end_form::fused ? a.fma(x, density, distribution) : a.add(distribution, a.multiply(x, density));
  return a.multiply(dy, slope);
}

/// (dy s) (1 + x (1 - s)), s = sigmoid(x).
template <scalar_arithmetic A>
typename A::value silu_backward(A& a, typename A::value x, typename A::value dy, pointwise_form form, end_form end) {
  const auto one = a.constant(1);
  const auto s = sigmoid(a, x, form), rest = a.subtract(one, s);
  const auto slope = end == end_form::fused ? a.fma(x, rest, one) : a.add(one, a.multiply(x, rest));
  return a.multiply(a.multiply(dy, s), slope);
}

/// 2 dy (x - target), over n where the loss is a mean.
template <scalar_arithmetic A>
typename A::value mse_backward(A& a, typename A::value x, typename A::value target, typename A::value dy, double n,
                               product_order order, mean_form mean) {
  const auto d = a.subtract(x, target);
  if (order == product_order::gradient_last) return a.multiply(a.multiply(a.constant(2 / n), d), dy);
  const auto share = n == 1 ? dy : divided_by_count(a, dy, n, mean);
  return a.multiply(a.multiply(a.constant(2), share), d);
}

}  // namespace assay::kernel
