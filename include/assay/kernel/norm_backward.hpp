// The gradients of layer_norm and rms_norm of a line, with g = dy weight and n the normalised line:
//
//   layer_norm   dx = s (g - mean(g) - n mean(g n)),   s = 1 / sqrt(v + eps)
//   rms_norm     dx = s (g - n mean(g n)),             s = 1 / sqrt(mean of x^2 + eps)
//
// The weight's gradient is the sum of dy n over the lines, the bias' that of dy. Specials: as the steps give them.
#pragma once

#include <vector>

#include <assay/kernel/normalise.hpp>

namespace assay::kernel {

enum class norm_gradient_form {
  means,  ///< as written above
  sums,   ///< (s / N) (N g - sum g - n sum of g n), as PyTorch has it
};

inline constexpr attribute_info norm_gradient_variant{
    "form", attribute_info::kind::choice, "means",
    "s (g - mean(g) - n mean(g n)), or (s / N) (N g - sum g - n sum of g n)", "means sums"};
inline constexpr attribute_info layer_norm_backward_variants[]{norm_gradient_variant, variance_variant, mean_variant,
                                                               chunk_variant,         eps_variant,      root_variant};
inline constexpr attribute_info rms_norm_backward_variants[]{norm_gradient_variant, mean_variant, eps_variant,
                                                             root_variant};
inline constexpr store_info norm_backward_stores[]{{"normalised", "n, as the backward pass reads it"}};

template <class Value>
struct normalised_line {
  std::vector<Value> n;
  Value s;  ///< n = (x - m) s
};

/// n and s once mean and variance are known; rms_norm has no mean.
template <scalar_arithmetic A>
normalised_line<typename A::value> normalised(A& a, line<A> x, const typename A::value* mean,
                                              typename A::value variance, double eps, const normalise_form& form,
                                              const cast* stored) {
  normalised_line<typename A::value> line;
  const auto scale = scale_of(a, variance, eps, form);
  for (const auto& v : x) {
    line.n.push_back(a.through(stored, scaled(a, mean == nullptr ? v : a.subtract(v, *mean), scale, form)));
  }
  line.s = form.inverse == normalise_form::root::quotient ? a.divide(a.constant(1), scale) : scale;
  return line;
}

template <scalar_arithmetic A>
normalised_line<typename A::value> layer_normalised(A& a, line<A> x, double eps, const normalise_form& form,
                                                    const cast* stored = nullptr) {
  const auto of = statistics_of(a, x, form.statistics, static_cast<double>(x.size()));
  return normalised(a, x, &of.mean, of.variance, eps, form, stored);
}

template <scalar_arithmetic A>
normalised_line<typename A::value> rms_normalised(A& a, line<A> x, double eps, const normalise_form& form,
                                                  const cast* stored = nullptr) {
  const auto term = [x](std::size_t i) { return x[i]; };
  const auto n = static_cast<double>(x.size());
  const auto square = divided_by_count(a, a.dot(x.size(), term, term), n, form.statistics.mean);
  return normalised<A>(a, x, nullptr, square, eps, form, stored);
}

/// dx of a line from g, which may be the same memory; rms_norm has no mean that takes a share of the gradient.
template <scalar_arithmetic A>
void norm_backward(A& a, const normalised_line<typename A::value>& of, line<A> g, line_out<A> dx, bool has_mean,
                   norm_gradient_form form, mean_form mean) {
  const auto count = static_cast<double>(g.size());
  const auto n = a.constant(count);
  auto projection = a.dot(
      g.size(), [&](std::size_t i) { return g[i]; }, [&](std::size_t i) { return of.n[i]; });
  auto centre = has_mean ? sum(a, g) : a.constant(0);
  auto factor = of.s;
  if (form == norm_gradient_form::means) {
    projection = divided_by_count(a, projection, count, mean);
    if (has_mean) centre = divided_by_count(a, centre, count, mean);
  } else {
    factor = divided_by_count(a, of.s, count, mean);
  }
  for (std::size_t i = 0; i < g.size(); ++i) {
    auto x = form == norm_gradient_form::means ? g[i] : a.multiply(n, g[i]);
    if (has_mean) x = a.subtract(x, centre);
    dx[i] = a.multiply(factor, a.subtract(x, a.multiply(of.n[i], projection)));
  }
}

}  // namespace assay::kernel
