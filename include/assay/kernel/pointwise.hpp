// Functions of one element, as one call of the function model or as the steps that kernels take.
//
// Specials: of a call, as number/elementary.hpp says; of steps, as each step gives them: silu(-infinity) in steps is
// -infinity / infinity, NaN, and so is gelu(-infinity), -infinity * 0.
#pragma once

#include <numbers>

#include <assay/kernel/scalar.hpp>

namespace assay::kernel {

enum class pointwise_form { function, steps };

inline constexpr attribute_info sigmoid_variants[]{
    {"form", attribute_info::kind::choice, "function", "one rounding, or 1 / (1 + e^-x) in steps", "function steps"}};
inline constexpr attribute_info tanh_variants[]{{"form", attribute_info::kind::choice, "function",
                                                 "one rounding, or 1 - 2 / (e^(2 x) + 1) in steps", "function steps"}};
inline constexpr attribute_info rsqrt_variants[]{
    {"form", attribute_info::kind::choice, "function", "one rounding, or 1 / sqrt(x)", "function steps"}};
inline constexpr attribute_info silu_variants[]{{"form", attribute_info::kind::choice, "function",
                                                 "one rounding, x / (1 + e^-x), or x times sigmoid(x)",
                                                 "function steps product"}};
inline constexpr attribute_info gelu_variants[]{{"form", attribute_info::kind::choice, "function",
                                                 "one rounding, or x / 2 (1 + erf(x / sqrt 2)) in steps",
                                                 "function steps"}};
inline constexpr attribute_info softplus_variants[]{
    {"form", attribute_info::kind::choice, "threshold",
     "ln(1 + e^(beta x)) / beta; the same, but x itself where beta x > 20; max(x, 0) + ln(1 + e^-|beta x|) / beta",
     "direct threshold stable"}};

template <scalar_arithmetic A>
typename A::value relu(A& a, typename A::value x) {
  return a.less(x, a.constant(0)) ? a.constant(0) : x;
}

template <scalar_arithmetic A>
typename A::value rsqrt(A& a, typename A::value x, pointwise_form form) {
  if (form == pointwise_form::function) return a.call(elementary::rsqrt, x);
  return a.divide(a.constant(1), a.sqrt(x));
}

/// 1 + e^-x.
template <scalar_arithmetic A>
typename A::value one_and_decay(A& a, typename A::value x) {
  return a.add(a.constant(1), a.call(elementary::exp, a.negate(x)));
}

template <scalar_arithmetic A>
typename A::value sigmoid(A& a, typename A::value x, pointwise_form form) {
  if (form == pointwise_form::function) return a.call(elementary::sigmoid, x);
  return a.divide(a.constant(1), one_and_decay(a, x));
}

template <scalar_arithmetic A>
typename A::value tanh(A& a, typename A::value x, pointwise_form form) {
  if (form == pointwise_form::function) return a.call(elementary::tanh, x);
  const auto one = a.constant(1), two = a.constant(2);
  return a.subtract(one, a.divide(two, a.add(a.call(elementary::exp, a.multiply(two, x)), one)));
}

enum class silu_form { function, steps, product };

template <scalar_arithmetic A>
typename A::value silu(A& a, typename A::value x, silu_form form) {
  switch (form) {
    case silu_form::function: return a.call(elementary::silu, x);
    case silu_form::steps: return a.divide(x, one_and_decay(a, x));
    case silu_form::product: break;
  }
  return a.multiply(x, a.call(elementary::sigmoid, x));
}

template <scalar_arithmetic A>
typename A::value gelu(A& a, typename A::value x, pointwise_form form) {
  if (form == pointwise_form::function) return a.call(elementary::gelu, x);
  const auto erf = a.call(elementary::erf, a.multiply(x, a.constant(std::numbers::sqrt2 / 2)));
  return a.multiply(a.multiply(x, a.constant(0.5)), a.add(a.constant(1), erf));
}

/// In the steps of PyTorch's kernels: x / 2 (1 + tanh(c (x + 0.044715 x x x))), c = sqrt(2 / pi).
template <scalar_arithmetic A>
typename A::value gelu_tanh(A& a, typename A::value x) {
  const auto cube = a.multiply(a.multiply(x, x), x);
  const auto inner = a.add(x, a.multiply(a.constant(0.044715), cube));
  const auto slope = a.constant(std::numbers::sqrt2 * std::numbers::inv_sqrtpi);
  const auto t = a.call(elementary::tanh, a.multiply(slope, inner));
  return a.multiply(a.multiply(a.constant(0.5), x), a.add(a.constant(1), t));
}

enum class softplus_form { direct, threshold, stable };

template <scalar_arithmetic A>
typename A::value softplus(A& a, typename A::value x, double beta, softplus_form form) {
  const auto slope = a.constant(beta);
  const auto z = beta == 1 ? x : a.multiply(x, slope);
  const auto unscaled = [&](auto v) { return beta == 1 ? v : a.divide(v, slope); };
  if (form == softplus_form::stable) {
    const auto decay = a.call(elementary::exp, a.negate(a.absolute(z)));
    return a.add(relu(a, x), unscaled(a.call(elementary::log1p, decay)));
  }
  if (form == softplus_form::threshold && a.less(a.constant(20), z)) return x;
  return unscaled(a.call(elementary::log1p, a.call(elementary::exp, z)));
}

}  // namespace assay::kernel
