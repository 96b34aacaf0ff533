// Losses: a number for each element or row, then nothing, a sum or a mean of them.
//
// cross_entropy is -sum over c of t_c w_c (x_c - ln Z), with ln Z as in softmax.cpp: the differences are
// log_softmax's, evaluated over bounded numbers, and the sum over classes (two terms for a class index with label
// smoothing: the target's and the mean of all) is one of sum_error.hpp. Its mean divides by the sum of the targets'
// weights, a sum of positive terms. The other losses are short formulas over bounded numbers; where a formula has a
// kink (huber, smooth_l1, bce's limit at -100) both sides agree there with slopes of at most delta, 1 and 0, so an
// operand that errs across it moves the result by no more than the steeper slope says.
#include "bounds.hpp"
#include "softmax_line.hpp"

namespace assay::detail {
namespace {

/// none, a sum or a mean of losses, which come one by one.
class reducer {
 public:
  reducer(const bound_question& q, std::size_t losses)
      : q_(q), how_(q.call.choice("reduction")), losses_(static_cast<double>(losses)), sum_(q.how), weights_(q.how) {
    b_.resize(q.elements());
  }
  void add(bounded loss, double weight = 1) {
    if (how_ == "none") {
      b_.set(at_++, loss, q_.how.lambda());
    } else {
      sum_.add(loss);
      weights_.add(q_.how.load(weight));
    }
  }
  /// `by_weights`: a mean divides by the weights' sum, not by the count. `batch`: what batchmean divides by.
  std::vector<error_bounds> finish(bool by_weights, double batch = 1) {
    if (how_ == "none" || b_.worst.empty()) return one(std::move(b_));
    bounded y = sum_.total();
    if (how_ == "mean") y = q_.how.divide(y, by_weights ? weights_.total() : q_.how.exact(losses_));
    if (how_ == "batchmean") y = q_.how.divide(y, q_.how.exact(batch));
    b_.set(0, y, q_.how.lambda());
    return one(std::move(b_));
  }

 private:
  const bound_question& q_;
  std::string how_;
  double losses_;
  sum_of sum_, weights_;
  error_bounds b_;
  std::size_t at_ = 0;
};

/// log_softmax of one position.
std::vector<bounded> log_probabilities(const roundings& r, std::span<const double> x) {
  const std::size_t n = x.size();
  double top = -HUGE_VAL, total = 0;
  for (const double v : x) top = std::max(top, v);
  std::vector<double> z(n), y(n);
  for (std::size_t c = 0; c < n; ++c) total += y[c] = std::exp(z[c] = x[c] - top);
  for (double& v : y) v /= total;
  const softmax_errors e(r, z, y, static_cast<double>(n));
  const double log_sum = std::log(total), own = (r.function_error() + r.u()) * std::abs(log_sum);
  const double left = 1 - e.worst_total;
  const double worst = left > 0 ? e.worst_total / left + own : HUGE_VAL;
  const bounded ln{log_sum, worst, std::min(worst, e.likely_of_total() + own), 0};
  std::vector<bounded> all(n);
  for (std::size_t c = 0; c < n; ++c) all[c] = r.subtract(r.subtract(r.load(x[c]), r.load(top)), ln);
  return all;
}

std::vector<error_bounds> cross_entropy(const bound_question& q) {
  const roundings& r = q.how;
  const std::vector<double> x = doubles(q.call, "x"), weight = doubles(q.call, "weight"),
                            soft = doubles(q.call, "target_probabilities");
  const std::vector<std::int64_t> target = integers_of(q.call, "target");
  const class_shape shape(q.call.input("x").shape());
  const double smoothing = q.call.number("label_smoothing"), classes = static_cast<double>(shape.classes);
  const std::int64_t ignored = q.call.integer("ignore_index");
  reducer all(q, shape.positions());
  std::vector<double> line(shape.classes);
  const auto weight_of = [&](std::size_t c) { return weight.empty() ? 1.0 : weight[c]; };
  for (std::size_t p = 0; p < shape.positions(); ++p) {
    if (!target.empty() && target[p] == ignored) {
      all.add(r.exact(0), 0);
      continue;
    }
    for (std::size_t c = 0; c < shape.classes; ++c) line[c] = x[shape.at(p, c)];
    const std::vector<bounded> logs = log_probabilities(r, line);
    sum_of sum(r, false);
    for (std::size_t c = 0; c < shape.classes; ++c) {
      double t = soft.empty() ? (static_cast<std::int64_t>(c) == target[p] ? 1.0 : 0.0) : soft[shape.at(p, c)];
      if (t == 0 && smoothing == 0) continue;
      // Targets are smoothed by three operations at most, then weighted.
      bounded share = r.exact(t * (1 - smoothing) + smoothing / classes);
      if (smoothing != 0) share.worst = share.fixed = 4 * r.u() * share.value;
      if (!weight.empty()) share = r.multiply(share, r.load(weight_of(c)));
      sum.add(r.multiply(share, logs[c]));
    }
    all.add(r.negate(sum.total()), target.empty() ? 1 : weight_of(static_cast<std::size_t>(target[p])));
  }
  return all.finish(!target.empty());
}

std::vector<error_bounds> nll(const bound_question& q) {
  const roundings& r = q.how;
  const std::vector<double> x = doubles(q.call, "x"), weight = doubles(q.call, "weight");
  const std::vector<std::int64_t> target = integers_of(q.call, "target");
  const class_shape shape(q.call.input("x").shape());
  const std::int64_t ignored = q.call.integer("ignore_index");
  reducer all(q, shape.positions());
  for (std::size_t p = 0; p < shape.positions(); ++p) {
    if (target[p] == ignored) {
      all.add(r.exact(0), 0);
      continue;
    }
    const auto c = static_cast<std::size_t>(target[p]);
    const bounded loss = r.load(x[shape.at(p, c)]);
    all.add(weight.empty() ? loss : r.multiply(loss, r.load(weight[c])), weight.empty() ? 1 : weight[c]);
  }
  return all.finish(true);
}

/// A loss of x and target, element by element.
struct pair_row {
  std::string_view kernel;
  bounded (*of)(const roundings& r, bounded x, bounded target, const kernel_call& call);
};

bounded magnitude(bounded x) {
  x.value = std::abs(x.value);
  return x;
}

/// d^2 / (2 width) below `width`, else |d| - width / 2; both times `factor`. Next to the kink, the larger error.
bounded parabola_and_lines(const roundings& r, bounded d, double width, double factor) {
  const bounded away = magnitude(d);
  const bounded line = r.multiply(r.constant(factor), r.subtract(away, r.constant(width / 2)));
  if (width == 0) return line;
  const bounded parabola = r.multiply(r.constant(factor / width), r.multiply(r.square(away), r.exact(0.5)));
  if (away.value + away.worst < width) return parabola;
  if (away.value - away.worst > width) return line;
  return r.larger(parabola, line);
}

/// max(ln x, -100): x = 0 has the limit itself.
bounded limited_log(const roundings& r, bounded x) {
  if (!(x.value > 0) || std::log(x.value) < -100) return r.exact(-100);
  return r.log(x);
}

// clang-format off
constexpr pair_row pairs[] = {
    {"mse", [](const roundings& r, bounded x, bounded t, const kernel_call&) { return r.square(r.subtract(x, t)); }},
    {"l1", [](const roundings& r, bounded x, bounded t, const kernel_call&) { return magnitude(r.subtract(x, t)); }},
    {"huber", [](const roundings& r, bounded x, bounded t, const kernel_call& call) {
       const double delta = call.number("delta");
       return parabola_and_lines(r, r.subtract(x, t), delta, delta); }},
    {"smooth_l1", [](const roundings& r, bounded x, bounded t, const kernel_call& call) {
       return parabola_and_lines(r, r.subtract(x, t), call.number("beta"), 1); }},
    {"bce", [](const roundings& r, bounded x, bounded t, const kernel_call&) {
       const bounded yes = r.multiply(t, limited_log(r, x));
       const bounded no = r.multiply(r.subtract(r.exact(1), t), limited_log(r, r.subtract(r.exact(1), x)));
       return r.negate(r.add(yes, no)); }},
    {"kl_div", [](const roundings& r, bounded x, bounded t, const kernel_call& call) {
       if (call.flag("log_target")) return r.multiply(r.exp(t), r.subtract(t, x));
       if (t.value == 0) return r.exact(0);
       // target ln target - target x, or target (ln target - x).
       return r.add(r.multiply(t, r.log(t)), r.negate(r.multiply(t, x))); }},
};
// clang-format on

std::vector<error_bounds> pair_loss(const bound_question& q) {
  const auto row =
      std::find_if(std::begin(pairs), std::end(pairs), [&](const pair_row& p) { return p.kernel == q.call.name(); });
  const std::vector<double> x = doubles(q.call, "x"), target = doubles(q.call, "target");
  bool weighted = false;
  for (const input_info& in : q.call.info().inputs)
    weighted = weighted || (in.name == "weight" && q.call.has_input("weight"));
  const std::vector<double> weight = weighted ? doubles(q.call, "weight") : std::vector<double>();
  reducer all(q, x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    bounded loss = row->of(q.how, q.how.load(x[i]), q.how.load(target[i]), q.call);
    if (weighted) loss = q.how.multiply(loss, q.how.load(weight[i]));
    all.add(loss);
  }
  const extents& shape = q.call.input("x").shape();
  return all.finish(false, shape.rank() == 0 ? 1 : static_cast<double>(shape[0]));
}

/// (1 - t) x + (1 + (p - 1) t) ln(1 + e^-x), as PyTorch writes it: x's own term and the logarithm are as large as |x|.
std::vector<error_bounds> bce_with_logits(const bound_question& q) {
  const roundings& r = q.how;
  const std::vector<double> x = doubles(q.call, "x"), target = doubles(q.call, "target"),
                            weight = doubles(q.call, "weight"), positive = doubles(q.call, "pos_weight");
  reducer all(q, x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const bounded v = r.load(x[i]), t = r.load(target[i]);
    const bounded e = r.exp(r.exact(-std::abs(x[i])));
    // ln(1 + e^-x) = max(-x, 0) + ln(1 + e^-|x|).
    bounded log = r.add(r.exact(std::max(-x[i], 0.0)), r.function(e, std::log1p(e.value), 1));
    log.worst += r.load_error() * std::abs(x[i]);
    log.fixed += r.load_error() * std::abs(x[i]);
    if (!positive.empty()) {
      const bounded p = r.load(positive[i % positive.size()]);
      log = r.multiply(r.add(r.exact(1), r.multiply(r.subtract(p, r.exact(1)), t)), log);
    }
    bounded loss = r.add(r.multiply(r.subtract(r.exact(1), t), v), log);
    // Forms that take max(x, 0) - t x, or -t ln s - (1 - t) ln(1 - s), have as many roundings of numbers up to |x|.
    const double other = 3 * r.u() * (std::abs(x[i]) + log.value);
    loss.worst += other;
    (r.random() ? loss.sigma : loss.fixed) += other;
    if (!weight.empty()) loss = r.multiply(loss, r.load(weight[i]));
    all.add(loss);
  }
  return all.finish(false);
}

constexpr bound_row loss_rows[] = {{"cross_entropy", cross_entropy},
                              {"nll", nll},
                              {"mse", pair_loss},
                              {"l1", pair_loss},
                              {"huber", pair_loss},
                              {"smooth_l1", pair_loss},
                              {"bce", pair_loss},
                              {"kl_div", pair_loss},
                              {"bce_with_logits", bce_with_logits}};

}  // namespace

bound_family loss_bounds() { return loss_rows; }

}  // namespace assay::detail
