// Norms: y = (x - m) s w + b with s = 1 / sqrt(v + eps), or y = x s w with s = 1 / sqrt(mean of x^2 + eps).
//
// m and s are common to a line: their errors count as fixed (roundings.hpp). The rest is evaluated over bounded numbers
// in the order of the formula. (x - m) s w and (x - m) (s w) have the same number of roundings; x (s w) + (b - m s w),
// one multiply-add an element, rounds x s w, m s w and their difference with b: 3 u |m s w| + u |b| more, and what s w
// loses below the normal range times |x| + |m|. Where batch_norm runs in inference, s is made apart for either: 2 (u +
// its error) |m s w|.
//
// s: an error dv of the variance moves 1 / sqrt(v + eps) by at most dv / (2 (v + eps)) to first order; the quotient and
// the root are over bounded numbers too. A mean square is a sum of squares, each rounded once: no cancellation.
//
// Running statistics: (1 - momentum) old + momentum new, three roundings.
#include "bounds.hpp"
#include "variance.hpp"

namespace assay::detail {
namespace {

struct affine {
  std::vector<double> weight, bias;

  explicit affine(const kernel_call& call) : weight(doubles(call, "weight")) {
    for (const input_info& in : call.info().inputs) {
      if (in.name == "bias") bias = doubles(call, "bias");
    }
  }
  bounded apply(const roundings& r, bounded normal, std::size_t i) const {
    bounded y = normal;
    if (!weight.empty()) y = r.multiply(y, r.load(weight[i]));
    if (!bias.empty()) y = r.add(y, r.load(bias[i]));
    return y;
  }
  /// Of a normalised x, folded or not.
  bounded apply(const roundings& r, double x, bounded mean, bounded s, std::size_t i) const {
    bounded y = apply(r, r.multiply(r.subtract(r.load(x), mean), s), i);
    const double w = weight.empty() ? 1 : std::abs(weight[i]), b = bias.empty() ? 0 : std::abs(bias[i]);
    const double m = std::abs(mean.value), folded = r.u() * (3 * m * s.value * w + b) + r.eta() * (std::abs(x) + m + 3);
    y.worst += folded;
    (r.random() ? y.sigma : y.fixed) += folded;
    return y;
  }
};

bounded root_of(const roundings& r, bounded v, double eps) {
  return r.rsqrt(r.add(v, r.constant(eps))).shared(r.lambda());
}

std::vector<error_bounds> layer_norm(const bound_question& q) {
  const std::vector<double> x = doubles(q.call, "x");
  const line_shape shape(q.call.input("x").shape(), static_cast<std::size_t>(q.call.integer("axes")));
  const affine end(q.call);
  error_bounds b;
  b.resize(x.size());
  for (std::size_t line = 0; line < shape.lines; ++line) {
    const auto values = std::span(x).subspan(line * shape.n, shape.n);
    const moments m = moments_of(q, values, 0);
    const bounded s = root_of(q.how, m.variance, q.call.number("eps"));
    for (std::size_t i = 0; i < shape.n; ++i) {
      b.set(line * shape.n + i, end.apply(q.how, values[i], m.mean, s, i), q.how.lambda());
    }
  }
  return one(std::move(b));
}

bounded mean_square(const roundings& r, std::span<const double> x) {
  sum_of sum(r, false);
  for (const double v : x) {
    const bounded loaded = r.load(v);
    sum.add(r.product(loaded, loaded));
  }
  return r.divide(sum.total(), r.exact(static_cast<double>(x.size())));
}

std::vector<error_bounds> rms_norm(const bound_question& q) {
  const std::vector<double> x = doubles(q.call, "x");
  const line_shape shape(q.call.input("x").shape(), static_cast<std::size_t>(q.call.integer("axes")));
  const affine end(q.call);
  error_bounds b;
  b.resize(x.size());
  for (std::size_t line = 0; line < shape.lines; ++line) {
    const auto values = std::span(x).subspan(line * shape.n, shape.n);
    const bounded s = root_of(q.how, mean_square(q.how, values), q.call.number("eps"));
    for (std::size_t i = 0; i < shape.n; ++i) {
      b.set(line * shape.n + i, end.apply(q.how, q.how.multiply(q.how.load(values[i]), s), i), q.how.lambda());
    }
  }
  return one(std::move(b));
}

/// (N, C, ...): gathers the elements of one channel, or of one sample's group of channels.
struct channel_shape {
  std::size_t samples, channels, inner;

  explicit channel_shape(const extents& x) : samples(x[0]), channels(x[1]), inner(1) {
    for (std::size_t axis = 2; axis < x.rank(); ++axis) inner *= x[axis];
  }
  std::size_t at(std::size_t sample, std::size_t channel, std::size_t i) const {
    return (sample * channels + channel) * inner + i;
  }
};

std::vector<error_bounds> group_norm(const bound_question& q) {
  const std::vector<double> x = doubles(q.call, "x");
  const channel_shape shape(q.call.input("x").shape());
  const auto groups = static_cast<std::size_t>(q.call.integer("groups"));
  const std::size_t n = shape.channels / groups * shape.inner;
  const affine end(q.call);
  error_bounds b;
  b.resize(x.size());
  for (std::size_t line = 0; line < shape.samples * groups; ++line) {
    const auto values = std::span(x).subspan(line * n, n);
    const moments m = moments_of(q, values, 0);
    const bounded s = root_of(q.how, m.variance, q.call.number("eps"));
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t channel = line % groups * (shape.channels / groups) + i / shape.inner;
      b.set(line * n + i, end.apply(q.how, values[i], m.mean, s, channel), q.how.lambda());
    }
  }
  return one(std::move(b));
}

std::vector<error_bounds> batch_norm(const bound_question& q) {
  const roundings& r = q.how;
  const std::vector<double> x = doubles(q.call, "x");
  const channel_shape shape(q.call.input("x").shape());
  const affine end(q.call);
  const bool training = q.call.flag("training");
  const std::vector<double> old_mean = doubles(q.call, "running_mean"), old_var = doubles(q.call, "running_var");
  std::vector<error_bounds> all(q.truths.size());
  all[0].resize(x.size());
  for (std::size_t k = 1; k < all.size(); ++k) all[k].resize(q.elements(k));
  std::vector<double> values(shape.samples * shape.inner);
  for (std::size_t c = 0; c < shape.channels; ++c) {
    moments m;
    if (training) {
      for (std::size_t s = 0; s < shape.samples; ++s) {
        for (std::size_t i = 0; i < shape.inner; ++i) values[s * shape.inner + i] = x[shape.at(s, c, i)];
      }
      m = moments_of(q, values, 0);
    } else {
      m.mean = r.load(old_mean[c]);
      m.variance = r.load(old_var[c]);
    }
    const bounded s = root_of(r, m.variance, q.call.number("eps"));
    for (std::size_t k = 0; k < shape.samples; ++k) {
      for (std::size_t i = 0; i < shape.inner; ++i) {
        bounded y = end.apply(r, x[shape.at(k, c, i)], m.mean, s, c);
        const double w = end.weight.empty() ? 1 : std::abs(end.weight[c]);
        const double folded = 2 * (r.u() + s.worst / std::max(s.value, 1e-300)) * std::abs(m.mean.value) * s.value * w;
        if (!training) {
          y.worst += folded;
          y.fixed += folded;
        }
        all[0].set(shape.at(k, c, i), y, r.lambda());
      }
    }
    const double momentum = q.call.number("momentum"), n = static_cast<double>(values.size());
    const auto running = [&](std::size_t result, const std::vector<double>& old, bounded fresh) {
      if (all.size() <= result || all[result].worst.empty() || old.empty()) return;
      const bounded part = r.multiply(r.constant(momentum), fresh);
      const bounded kept = r.multiply(r.subtract(r.exact(1), r.constant(momentum)), r.load(old[c]));
      all[result].set(c, r.add(kept, part), r.lambda());
    };
    if (training) {
      running(1, old_mean, m.mean);
      running(2, old_var, n > 1 ? r.divide(m.squares, r.exact(n - 1)) : m.variance);
    }
  }
  return all;
}

constexpr bound_row norm_rows[] = {
    {"layer_norm", layer_norm}, {"rms_norm", rms_norm}, {"group_norm", group_norm}, {"batch_norm", batch_norm}};

}  // namespace

bound_family norm_bounds() { return norm_rows; }

}  // namespace assay::detail
