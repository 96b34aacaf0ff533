// The losses' elements, and what is made of them. Steps are those of PyTorch's kernels where the formula leaves a
// choice.
//
// Specials: as the steps give them. A target whose loss has a factor of zero times an infinite logarithm is NaN, as in
// 0 ln 0, save where a rule says otherwise: bce's logarithms are at least -100, and a target of 0 in kl_div gives 0.
#pragma once

#include <assay/kernel/pointwise.hpp>
#include <assay/kernel/statistics.hpp>

namespace assay::kernel {

template <scalar_arithmetic A>
typename A::value squared_error(A& a, typename A::value x, typename A::value target) {
  const auto d = a.subtract(x, target);
  return a.multiply(d, d);
}

template <scalar_arithmetic A>
typename A::value absolute_error(A& a, typename A::value x, typename A::value target) {
  return a.absolute(a.subtract(x, target));
}

/// d^2 / 2 for |d| <= delta, else delta (|d| - delta / 2).
template <scalar_arithmetic A>
typename A::value huber(A& a, typename A::value x, typename A::value target, double delta) {
  const auto d = absolute_error(a, x, target), limit = a.constant(delta), half = a.constant(0.5);
  if (!a.less(limit, d)) return a.multiply(a.multiply(half, d), d);
  return a.multiply(limit, a.subtract(d, a.multiply(half, limit)));
}

/// d^2 / (2 beta) for |d| < beta, else |d| - beta / 2.
template <scalar_arithmetic A>
typename A::value smooth_l1(A& a, typename A::value x, typename A::value target, double beta) {
  const auto d = absolute_error(a, x, target), limit = a.constant(beta), half = a.constant(0.5);
  if (a.less(d, limit)) return a.divide(a.multiply(a.multiply(half, d), d), limit);
  return a.subtract(d, a.multiply(half, limit));
}

enum class complement_form { log1p, difference };
inline constexpr attribute_info complement_variant{"complement", attribute_info::kind::choice, "log1p",
                                                   "ln(1 - x) as log1p(-x), or as the logarithm of the difference",
                                                   "log1p difference"};

/// -(target ln x + (1 - target) ln(1 - x)) as (target - 1) ln(1 - x) - target ln x.
template <scalar_arithmetic A>
typename A::value binary_cross_entropy(A& a, typename A::value x, typename A::value target, complement_form form) {
  const auto one = a.constant(1), least = a.constant(-100);
  const auto bounded = [&](auto v) { return a.less(v, least) ? least : v; };
  const auto other = form == complement_form::log1p ? a.call(elementary::log1p, a.negate(x))
                                                    : a.call(elementary::log, a.subtract(one, x));
  const auto left = a.multiply(a.subtract(target, one), bounded(other));
  return a.subtract(left, a.multiply(target, bounded(a.call(elementary::log, x))));
}

enum class logits_form { stable, sigmoid };
inline constexpr attribute_info logits_variant{
    "form", attribute_info::kind::choice, "stable",
    "(1 - t) x - w (min(x, 0) - ln(1 + e^-|x|)) with w = (pos_weight - 1) t + 1; or sigmoid, then logarithms",
    "stable sigmoid"};

/// `positive` weighs the positive part; null for 1.
template <scalar_arithmetic A>
typename A::value binary_cross_entropy_with_logits(A& a, typename A::value x, typename A::value target,
                                                   const typename A::value* positive, logits_form form) {
  const auto one = a.constant(1), zero = a.constant(0);
  if (form == logits_form::sigmoid) {
    const auto s = a.call(elementary::sigmoid, x);
    auto yes = a.multiply(target, a.call(elementary::log, s));
    if (positive != nullptr) yes = a.multiply(*positive, yes);
    const auto no = a.multiply(a.subtract(one, target), a.call(elementary::log, a.subtract(one, s)));
    return a.negate(a.add(yes, no));
  }
  const auto decay = a.call(elementary::exp, a.negate(a.absolute(x)));
  const auto log_sigmoid = a.subtract(a.less(zero, x) ? zero : x, a.call(elementary::log1p, decay));
  const auto linear = a.multiply(a.subtract(one, target), x);
  if (positive == nullptr) return a.subtract(linear, log_sigmoid);
  const auto w = a.add(a.multiply(a.subtract(*positive, one), target), one);
  return a.subtract(linear, a.multiply(w, log_sigmoid));
}

enum class divergence_form { factored, split };
inline constexpr attribute_info divergence_variant{"form", attribute_info::kind::choice, "factored",
                                                   "t (ln t - x), or t ln t - t x", "factored split"};

template <scalar_arithmetic A>
typename A::value kl_divergence(A& a, typename A::value x, typename A::value target, bool log_target,
                                divergence_form form) {
  const auto zero = a.constant(0);
  if (!log_target && !a.less(target, zero) && !a.less(zero, target) && !a.is_nan(target)) return zero;
  const auto t = log_target ? a.call(elementary::exp, target) : target;
  const auto log_t = log_target ? target : a.call(elementary::log, target);
  if (form == divergence_form::factored) return a.multiply(t, a.subtract(log_t, x));
  return a.subtract(a.multiply(t, log_t), a.multiply(t, x));
}

}  // namespace assay::kernel
