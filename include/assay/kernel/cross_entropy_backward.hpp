// The gradient of cross_entropy by a line x of logits, once softmax's probabilities p and the targets q are known, each
// target with its weight and smoothing, and g is what reaches the line's loss:
//
//   fused   dx = g (p Q - q),  Q = sum of q: as kernels have it that join loss and gradient
//   chain   G = -(g q), the loss' gradient by log-probabilities; then dx = G - p sum of G
//
// Specials: as the steps give them; an ignored line has a gradient of +0.
#pragma once

#include <assay/kernel/softmax_backward.hpp>
#include <assay/kernel/statistics.hpp>

namespace assay::kernel {

enum class cross_entropy_gradient_form { fused, chain };

inline constexpr attribute_info cross_entropy_gradient_variant{
    "form", attribute_info::kind::choice, "fused",
    "g (p Q - q), or G - p sum of G with the gradient G = -g q by log-probabilities", "fused chain"};
inline constexpr attribute_info cross_entropy_backward_variants[]{cross_entropy_gradient_variant,
                                                                  probability_variant,
                                                                  algorithm_variant,
                                                                  exp_variant,
                                                                  divide_variant,
                                                                  part_variant,
                                                                  mean_variant};

/// dx may be the same memory as p.
template <scalar_arithmetic A>
void cross_entropy_backward(A& a, line<A> p, line<A> q, typename A::value g, line_out<A> dx,
                            cross_entropy_gradient_form form) {
  if (form == cross_entropy_gradient_form::fused) {
    const auto total = sum(a, q);
    for (std::size_t c = 0; c < p.size(); ++c) dx[c] = a.multiply(g, a.subtract(a.multiply(p[c], total), q[c]));
    return;
  }
  const auto by_log = [&](std::size_t c) { return a.negate(a.multiply(g, q[c])); };
  const auto total = a.sum(q.size(), by_log);
  for (std::size_t c = 0; c < p.size(); ++c) dx[c] = a.subtract(by_log(c), a.multiply(p[c], total));
}

}  // namespace assay::kernel
