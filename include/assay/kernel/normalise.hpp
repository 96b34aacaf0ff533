// layer_norm and rms_norm of a line: what is left to choose once the statistics are known.
//
//   y = (x - m) s w + b,   s = 1 / sqrt(v + eps)
//
// Specials: as the steps give them. v + eps = 0 gives 0 * infinity = NaN for elements at the mean (with the quotient
// 0 / 0: NaN as well); a variance that overflows gives zeros; a negative one (one_pass) beyond eps gives NaN.
#pragma once

#include <assay/kernel/statistics.hpp>

namespace assay::kernel {

struct normalise_form {
  enum class eps_place {
    inside,   ///< sqrt(v + eps)
    outside,  ///< sqrt(v) + eps
  };
  enum class root {
    rsqrt,       ///< one rounding: rsqrt(v + eps)
    reciprocal,  ///< 1 / sqrt(v + eps), rounded twice; then a multiplication
    quotient,    ///< (x - m) / sqrt(v + eps)
  };
  enum class affine {
    rounded,  ///< n times weight, plus bias: two roundings
    fused,    ///< one
    folded,   ///< x (s w) + (b - m (s w)): batch and group norm on CPUs, and in convolutions that absorb them
  };

  statistics_form statistics = {};
  eps_place eps = eps_place::inside;
  root inverse = root::rsqrt;
  affine end = affine::rounded;
};

inline constexpr attribute_info eps_variant{"eps", attribute_info::kind::choice, "inside",
                                            "sqrt(v + eps), or sqrt(v) + eps", "inside outside"};
inline constexpr attribute_info root_variant{"root", attribute_info::kind::choice, "rsqrt",
                                             "rsqrt in one rounding, 1 / sqrt, or a division by the root",
                                             "rsqrt reciprocal quotient"};
inline constexpr attribute_info affine_variant{
    "affine", attribute_info::kind::choice, "rounded",
    "n w + b in two roundings or in one, n = (x - m) s; or x (s w) + (b - m (s w))", "rounded fused folded"};
inline constexpr attribute_info layer_norm_variants[]{variance_variant, mean_variant, chunk_variant,
                                                      eps_variant,      root_variant, affine_variant};
inline constexpr attribute_info rms_norm_variants[]{mean_variant, eps_variant, root_variant};
inline constexpr store_info normalise_stores[]{
    {"normalised", "(x - m) s, before weight and bias: bfloat16 makes w * bf16(x r) of bf16(x r w)"}};

/// What the elements of a line are multiplied by, or divided by with root::quotient.
template <scalar_arithmetic A>
typename A::value scale_of(A& a, typename A::value variance, double eps, const normalise_form& form) {
  const auto epsilon = a.constant(eps);
  const bool inside = form.eps == normalise_form::eps_place::inside;
  const auto v = inside ? a.add(variance, epsilon) : variance;
  if (inside && form.inverse == normalise_form::root::rsqrt) return a.call(elementary::rsqrt, v);
  auto root = a.sqrt(v);
  if (!inside) root = a.add(root, epsilon);
  if (form.inverse == normalise_form::root::quotient) return root;
  return a.divide(a.constant(1), root);
}

template <scalar_arithmetic A>
typename A::value scaled(A& a, typename A::value x, typename A::value scale, const normalise_form& form) {
  return form.inverse == normalise_form::root::quotient ? a.divide(x, scale) : a.multiply(x, scale);
}

/// n w + b; weight or bias may be empty.
template <scalar_arithmetic A>
typename A::value weighted(A& a, typename A::value n, line<A> weight, line<A> bias, std::size_t i,
                           const normalise_form& form) {
  if (weight.empty()) return bias.empty() ? n : a.add(n, bias[i]);
  if (bias.empty()) return a.multiply(n, weight[i]);
  if (form.end == normalise_form::affine::fused) return a.fma(n, weight[i], bias[i]);
  return a.add(a.multiply(n, weight[i]), bias[i]);
}

/// y = (x - m) s w + b once mean and variance are known. x and y may be the same memory.
template <scalar_arithmetic A>
void normalise(A& a, line<A> x, const line_statistics<typename A::value>& of, line<A> weight, line<A> bias, double eps,
               line_out<A> y, const normalise_form& form, const cast* normalised = nullptr) {
  const auto scale = scale_of(a, of.variance, eps, form);
  if (form.end == normalise_form::affine::folded) {
    const auto s = form.inverse == normalise_form::root::quotient ? a.divide(a.constant(1), scale) : scale;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto slope = weight.empty() ? s : a.multiply(s, weight[i]);
      const auto offset = a.multiply(of.mean, slope);
      y[i] = a.add(a.multiply(x[i], slope), bias.empty() ? a.negate(offset) : a.subtract(bias[i], offset));
    }
    return;
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    y[i] = a.through(normalised, scaled(a, a.subtract(x[i], of.mean), scale, form));
  }
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = weighted(a, y[i], weight, bias, i, form);
}

/// x and y may be the same memory; the line is not empty.
template <scalar_arithmetic A>
void layer_norm(A& a, line<A> x, line<A> weight, line<A> bias, double eps, line_out<A> y, const normalise_form& form,
                const cast* normalised = nullptr) {
  const auto s = statistics_of(a, x, form.statistics, static_cast<double>(x.size()));
  normalise(a, x, s, weight, bias, eps, y, form, normalised);
}

/// x / sqrt(mean of x^2 + eps) weight.
template <scalar_arithmetic A>
void rms_norm(A& a, line<A> x, line<A> weight, double eps, line_out<A> y, const normalise_form& form,
              const cast* normalised = nullptr) {
  const auto term = [x](std::size_t i) { return x[i]; };
  const auto square =
      divided_by_count(a, a.dot(x.size(), term, term), static_cast<double>(x.size()), form.statistics.mean);
  const auto scale = scale_of(a, square, eps, form);
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = a.through(normalised, scaled(a, x[i], scale, form));
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = weighted(a, y[i], weight, line<A>{}, i, form);
}

}  // namespace assay::kernel
