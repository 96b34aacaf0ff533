// Gradients of norms, losses and activations, over bounded numbers in the order of the catalogue's formulas. (Those of
// products and of softmax are with them.)
//
// Norms: with g = dy w and the normalised n_i = (x_i - m) s,
//
//   dx_i = s (g_i - mean(g) - n_i mean(g n)),   dweight_i = sum over lines of dy n,   dbias_i = sum over lines of dy,
//
// where the means are sums of a line; what a line shares counts as fixed.
#include <numbers>
#include <numeric>

#include "bounds.hpp"
#include "softmax_line.hpp"
#include "variance.hpp"

namespace assay::detail {
namespace {

template <bool Centred>
std::vector<error_bounds> norm_backward(const bound_question& q) {
  const roundings& r = q.how;
  const std::vector<double> x = doubles(q.call, "x"), dy = doubles(q.call, "dy"), weight = doubles(q.call, "weight");
  const line_shape shape(q.call.input("x").shape(), static_cast<std::size_t>(q.call.integer("axes")));
  const std::size_t n = shape.n;
  std::vector<error_bounds> all(q.truths.size());
  for (std::size_t k = 0; k < all.size(); ++k) all[k].resize(q.elements(k));
  std::vector<sum_of> of_weight(n, sum_of(r, false)), of_bias(n, sum_of(r));
  std::vector<bounded> normal(n), g(n);
  for (std::size_t line = 0; line < shape.lines; ++line) {
    const auto values = std::span(x).subspan(line * n, n);
    bounded mean = r.exact(0), v;
    if constexpr (Centred) {
      const moments m = moments_of(q, values, 0);
      mean = m.mean;
      v = m.variance;
    } else {
      sum_of squares(r, false);
      for (const double value : values) squares.add(r.product(r.load(value), r.load(value)));
      v = r.divide(squares.total(), r.exact(static_cast<double>(n)));
    }
    const bounded s = r.rsqrt(r.add(v, r.constant(q.call.number("eps")))).shared(r.lambda());
    sum_of sum_g(r, false), sum_gn(r, false);
    for (std::size_t i = 0; i < n; ++i) {
      const bounded d = r.load(dy[line * n + i]);
      const bounded away = Centred ? r.subtract(r.load(values[i]), mean) : r.load(values[i]);
      normal[i] = r.multiply(away, s);
      g[i] = weight.empty() ? d : r.multiply(d, r.load(weight[i]));
      sum_g.add(g[i]);
      sum_gn.add(r.multiply(g[i], normal[i]));
      of_weight[i].add(r.multiply(d, normal[i]));
      of_bias[i].add(d);
    }
    const bounded count = r.exact(static_cast<double>(n));
    const bounded mean_g = r.divide(sum_g.total(), count).shared(r.lambda());
    const bounded mean_gn = r.divide(sum_gn.total(), count).shared(r.lambda());
    for (std::size_t i = 0; i < n; ++i) {
      const bounded centred = Centred ? r.subtract(g[i], mean_g) : g[i];
      bounded dx = r.multiply(s, r.subtract(centred, r.multiply(normal[i], mean_gn)));
      // s g and s mean(g) apart, or n s first: as many roundings of each term again.
      const double terms = s.value * (std::abs(g[i].value) + std::abs(mean_g.value) * Centred +
                                      std::abs(normal[i].value * mean_gn.value));
      const double other = 3 * r.u() * terms;
      dx.worst += other;
      (r.random() ? dx.sigma : dx.fixed) += other;
      all[0].set(line * n + i, dx, r.lambda());
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    if (all.size() > 1 && !all[1].worst.empty()) all[1].set(i, of_weight[i].total(), r.lambda());
    if (all.size() > 2 && !all[2].worst.empty()) all[2].set(i, of_bias[i].total(), r.lambda());
  }
  return all;
}

/// dx_c = F (y_c T - t_c w_c), with t the smoothed targets, T = sum of t_c w_c, and F = dy, over the sum of the
/// targets' weights (or the count, for probabilities) where losses are averaged. Ignored positions have none.
std::vector<error_bounds> cross_entropy_backward(const bound_question& q) {
  const roundings& r = q.how;
  const std::vector<double> x = doubles(q.call, "x"), weight = doubles(q.call, "weight"), dy = doubles(q.call, "dy"),
                            soft = doubles(q.call, "target_probabilities");
  const std::vector<std::int64_t> target = integers_of(q.call, "target");
  const class_shape shape(q.call.input("x").shape());
  const double smoothing = q.call.number("label_smoothing"), classes = static_cast<double>(shape.classes);
  const std::int64_t ignored = q.call.integer("ignore_index");
  const auto counts = [&](std::size_t p) { return target.empty() || target[p] != ignored; };
  sum_of weights(r);
  for (std::size_t p = 0; p < shape.positions(); ++p) {
    if (!counts(p)) continue;
    weights.add(weight.empty() || target.empty() ? r.exact(1) : r.load(weight[static_cast<std::size_t>(target[p])]));
  }
  const bool mean = q.call.choice("reduction") == "mean";
  error_bounds b;
  b.resize(q.elements());
  std::vector<double> z(shape.classes), y(shape.classes);
  std::vector<bounded> t(shape.classes);
  for (std::size_t p = 0; p < shape.positions(); ++p) {
    if (!counts(p)) continue;
    double top = -HUGE_VAL, total = 0;
    for (std::size_t c = 0; c < shape.classes; ++c) top = std::max(top, x[shape.at(p, c)]);
    sum_of targets(r, false);
    for (std::size_t c = 0; c < shape.classes; ++c) {
      total += y[c] = std::exp(z[c] = x[shape.at(p, c)] - top);
      const double share =
          soft.empty() ? (static_cast<std::int64_t>(c) == target[p] ? 1.0 : 0.0) : soft[shape.at(p, c)];
      t[c] = r.exact(share * (1 - smoothing) + smoothing / classes);
      if (smoothing != 0) t[c].worst = t[c].fixed = 4 * r.u() * t[c].value;
      if (!weight.empty()) t[c] = r.multiply(t[c], r.load(weight[c]));
      targets.add(t[c]);
    }
    for (double& v : y) v /= total;
    const softmax_errors e(r, z, y, classes);
    const bounded sum = weight.empty() && soft.empty() ? r.exact(1) : targets.total().shared(r.lambda());
    bounded factor = r.load(dy.empty() ? 1 : dy[dy.size() == shape.positions() ? p : 0]);
    if (mean) factor = r.divide(factor, weights.total());
    for (std::size_t c = 0; c < shape.classes; ++c) {
      const double size = y[c] > 0 ? std::abs(z[c]) : 0, division = 2 * r.u() + r.function_error();
      const double worst = y[c] * (std::expm1(e.worst_slope * size) + e.function + e.worst_total + division) + e.eta;
      const double likely =
          y[c] * e.likely_relative(e.likely_slope * size + e.function + e.likely_total + division) + e.eta;
      const bounded probability{y[c], worst, std::min(worst, likely), 0};
      bounded d = r.subtract(r.multiply(probability, sum), t[c]);
      // Factors may also be multiplied in before the difference.
      const double other = 3 * r.u() * (y[c] * sum.value + t[c].value);
      d.worst += other;
      (r.random() ? d.sigma : d.fixed) += other;
      b.set(shape.at(p, c), r.multiply(factor, d), r.lambda());
    }
  }
  return one(std::move(b));
}

/// dy (Phi(x) + x phi(x)).
bounded gelu_gradient(const roundings& r, bounded x, bounded dy) {
  const bounded t = r.multiply(x, r.constant(std::numbers::sqrt2 / 2));
  const bounded erf = r.function(t, std::erf(t.value), 2 * std::numbers::inv_sqrtpi);
  const bounded below = r.multiply(r.exact(0.5), r.add(r.exact(1), erf));
  const bounded half_square = r.multiply(r.exact(-0.5), r.square(x));
  const bounded density = r.multiply(r.exp(half_square), r.constant(std::numbers::inv_sqrtpi / std::numbers::sqrt2));
  return r.multiply(dy, r.add(below, r.multiply(x, density)));
}

/// dy s (1 + x (1 - s)), multiplied from either end: which is the first to be subnormal makes a difference.
bounded silu_gradient(const roundings& r, bounded x, bounded dy) {
  const bounded s = bounded_activation(r, "sigmoid", x);
  const bounded slope = r.add(r.exact(1), r.multiply(x, r.subtract(r.exact(1), s)));
  return r.larger(r.multiply(dy, r.multiply(s, slope)), r.multiply(r.multiply(dy, s), slope));
}

template <bounded (*Gradient)(const roundings&, bounded, bounded)>
std::vector<error_bounds> activation_backward(const bound_question& q) {
  const std::vector<double> x = doubles(q.call, "x"), dy = doubles(q.call, "dy");
  error_bounds b;
  b.resize(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    b.set(i, Gradient(q.how, q.how.load(x[i]), q.how.load(dy[i])), q.how.lambda());
  }
  return one(std::move(b));
}

/// 2 dy (x - target), over n where losses are averaged.
std::vector<error_bounds> mse_backward(const bound_question& q) {
  const roundings& r = q.how;
  const std::vector<double> x = doubles(q.call, "x"), target = doubles(q.call, "target"), dy = doubles(q.call, "dy");
  const bool mean = q.call.choice("reduction") == "mean";
  error_bounds b;
  b.resize(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double g = dy.empty() ? 1 : dy[dy.size() == x.size() ? i : 0];
    bounded d = r.multiply(r.load(2 * g), r.subtract(r.load(x[i]), r.load(target[i])));
    if (mean) d = r.divide(r.multiply(d, r.exact(1)), r.exact(static_cast<double>(x.size())));
    b.set(i, d, r.lambda());
  }
  return one(std::move(b));
}

constexpr bound_row gradient_rows[] = {
    {"layer_norm_backward", norm_backward<true>},          {"rms_norm_backward", norm_backward<false>},
    {"cross_entropy_backward", cross_entropy_backward},    {"gelu_backward", activation_backward<gelu_gradient>},
    {"silu_backward", activation_backward<silu_gradient>}, {"mse_backward", mse_backward},
};

}  // namespace

bound_family gradient_bounds() { return gradient_rows; }

}  // namespace assay::detail
