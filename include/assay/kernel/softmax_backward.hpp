// The gradients of softmax and log_softmax by a line x, once softmax's probabilities y are known:
//
//   softmax_backward       dx = y (dy - s) / T,   s = sum of y dy
//   log_softmax_backward   dx = (dy - y s) / T,   s = sum of dy
//
// Specials: as the steps give them; a line whose softmax is NaN has a gradient of NaN.
#pragma once

#include <assay/kernel/log_softmax.hpp>

namespace assay::kernel {

enum class softmax_gradient_form {
  factored,  ///< y (dy - s)
  split,     ///< dy y - y s, as PyTorch has it
};
enum class probability_form {
  softmax,  ///< probabilities as softmax gives them
  log,      ///< e to their logarithms, ((x - m) - ln sum) rounded before: what log_softmax has kept
};

inline constexpr attribute_info softmax_gradient_variant{
    "form", attribute_info::kind::choice, "factored", "y (dy - s), or dy y - y s; s = sum of y dy", "factored split"};
inline constexpr attribute_info probability_variant{"probabilities", attribute_info::kind::choice, "softmax",
                                                    "softmax's, or e to the logarithms (x - m) - ln sum",
                                                    "softmax log"};
inline constexpr attribute_info softmax_backward_variants[]{
    softmax_gradient_variant, algorithm_variant, exp_variant, divide_variant, temperature_variant, part_variant};
inline constexpr attribute_info log_softmax_backward_variants[]{probability_variant, algorithm_variant,   exp_variant,
                                                                divide_variant,      temperature_variant, part_variant};
inline constexpr store_info softmax_backward_stores[]{
    {"probabilities", "softmax's result, as the backward pass reads it"}};

/// x / T by the form; x itself for T = 1.
template <scalar_arithmetic A>
typename A::value over_temperature(A& a, typename A::value x, double temperature, softmax_form::scaling form) {
  if (temperature == 1) return x;
  return form == softmax_form::scaling::quotient ? a.divide(x, a.constant(temperature))
                                                 : a.multiply(x, a.constant(1 / temperature));
}

/// softmax(x / T), or e to log_softmax(x / T), of a line that is not empty. x and y may be the same memory.
template <scalar_arithmetic A>
void probabilities(A& a, line<A> x, line_out<A> y, const softmax_form& form, probability_form from, double temperature,
                   const cast* stored = nullptr) {
  if (from == probability_form::softmax) {
    softmax(a, x, y, form, temperature);
  } else {
    log_softmax(a, x, y, log_softmax_form{form}, temperature);
    for (auto& v : y) v = a.call(elementary::exp, v);
  }
  for (auto& v : y) v = a.through(stored, v);
}

/// dx may be the same memory as y or dy.
template <scalar_arithmetic A>
void softmax_backward(A& a, line<A> y, line<A> dy, line_out<A> dx, softmax_gradient_form form, double temperature,
                      softmax_form::scaling scaling) {
  const auto s = a.dot(
      y.size(), [&](std::size_t i) { return y[i]; }, [&](std::size_t i) { return dy[i]; });
  for (std::size_t i = 0; i < y.size(); ++i) {
    const auto g = form == softmax_gradient_form::factored ? a.multiply(y[i], a.subtract(dy[i], s))
                                                           : a.subtract(a.multiply(dy[i], y[i]), a.multiply(y[i], s));
    dx[i] = over_temperature(a, g, temperature, scaling);
  }
}

template <scalar_arithmetic A>
void log_softmax_backward(A& a, line<A> y, line<A> dy, line_out<A> dx, double temperature,
                          softmax_form::scaling scaling) {
  const auto s = sum(a, dy);
  for (std::size_t i = 0; i < y.size(); ++i) {
    dx[i] = over_temperature(a, a.subtract(dy[i], a.multiply(y[i], s)), temperature, scaling);
  }
}

}  // namespace assay::kernel
