#include <assay/reference/batch_norm.hpp>

#include <cmath>
#include <stdexcept>
#include <string>

#include <assay/tensor/describe.hpp>

#include "engine/channels.hpp"
#include "engine/moments_line.hpp"

namespace assay::reference {

namespace {

/// A channel in inference: its mean and variance are given.
struct given_moments_line {
  std::span<const double> x;
  affine a;
  double mean, variance, eps;
  double scale_class;  ///< of 1 / sqrt(variance + eps): NaN, 0, 1 for any finite number, or infinity
  bool special_channel, special_x;

  using exact_field = surd;

  given_moments_line(std::span<const double> values, const affine& own, double m, double v, double e)
      : x(values), a(own), mean(m), variance(v), eps(e), scale_class(class_of(v, e)) {
    // An infinite variance is no special: its reciprocal is zero.
    special_channel = !std::isfinite(m) || !(scale_class <= 1) || !a.is_finite(0);
    special_x = !all_finite(values);
  }

  static double class_of(double v, double e) {
    if (std::isnan(v)) return v;
    if (std::isinf(v)) return v > 0 ? 0 : NAN;
    const int sign = sign_of_sum({v, e});
    return sign < 0 ? NAN : sign == 0 ? HUGE_VAL : 1;
  }

  std::size_t outputs() const { return x.size(); }
  bool any_special() const { return special_channel || special_x; }
  std::optional<special_value> special(std::size_t i) const {
    if (!special_channel && std::isfinite(x[i])) return std::nullopt;
    if (std::isnan(scale_class)) return special_value{};
    // Only the signs of finite numbers matter.
    const bool finite = std::isfinite(x[i]) && std::isfinite(mean);
    const double difference = finite ? sign_of_sum({x[i], -mean}) : x[i] - mean;
    return special_from(difference * scale_class * a.weight_of(i) + a.bias_of(i));
  }

  template <class Real>
  Real scale() const {
    return std::isinf(variance) ? Real(0) : Real(1) / sqrt(Real(variance) + Real(eps));
  }
  template <class Real, class Emit>
  void evaluate(selection which, const Emit& emit) const {
    emit_normalised(x, Real(mean), scale<Real>(), a, which, emit);
  }
  void estimate(std::span<double> values, std::span<double> radii) const {
    estimate_normalised(x, ball(mean), scale<ball>(), a, values, radii);
  }
};

/// (1 - momentum) old + momentum now, where `now` is a channel's mean or its unbiased variance. Old where there is no
/// batch.
struct running_line {
  std::span<const double> x;
  double momentum, old;
  bool is_variance;

  using exact_field = rational;

  std::size_t outputs() const { return 1; }
  bool any_special() const { return !all_finite(x) || !std::isfinite(old); }
  std::optional<special_value> special(std::size_t) const {
    if (x.empty()) return special_from(old);
    double now = 0;  // or anything finite: beside an infinity it does not matter
    for (const double v : x) {
      if (!std::isfinite(v)) now += is_variance ? NAN : v;
    }
    return special_from((1 - momentum) * old + momentum * now);
  }
  template <class Real, class Emit>
  void evaluate(selection, const Emit& emit) const {
    if (x.empty()) return emit(0, Real(old));
    const line_moments<Real> of(x, true);
    const Real n(static_cast<double>(x.size()));
    const Real now = is_variance ? of.square * n / (n - Real(1)) : of.mean;
    emit(0, (Real(1) - Real(momentum)) * Real(old) + Real(momentum) * now);
  }
};

/// The new running means, or variances, of all channels.
class running_values {
 public:
  running_values(std::vector<double> old, bool is_variance, double momentum, const request& want)
      : old_(std::move(old)),
        is_variance_(is_variance),
        momentum_(momentum),
        want_(want),
        rule_(want.to, want.how),
        result_(make_truth(want, {old_.size()})) {}

  /// On any thread.
  void decide_channel(std::size_t c, std::span<const double> x) {
    workspace w;
    decisions made;
    decide(running_line{x, momentum_, old_[c], is_variance_}, rule_, want_, w, line_of_truth(result_, c, 1), made);
    const std::lock_guard lock(mutex_);
    result_.decided += made;
  }
  truth take() { return std::move(result_); }

 private:
  std::vector<double> old_;
  bool is_variance_;
  double momentum_;
  const request& want_;
  output_rule rule_;
  truth result_;
  std::mutex mutex_;
};

void check_running(const code_view& mean, const code_view& variance, bool training) {
  if (mean.has_data() == variance.has_data() && (training || mean.has_data())) return;
  const char* const found = mean.has_data() ? "running_mean alone" : variance.has_data() ? "running_var alone" : "none";
  throw std::invalid_argument(std::string("of the running values there is ") + found + "; expected both" +
                              (training ? ", or none in training" : ": batch_norm normalises by them in inference"));
}

}  // namespace

batch_norm_truth batch_norm(const code_view& x, const code_view& weight, const code_view& bias,
                            const code_view& running_mean, const code_view& running_var,
                            const batch_norm_options& options, const request& want) {
  const reader values(x, "x");
  const channel_shape shape(x.shape(), "x");
  check_not_negative(options.eps, "eps");
  check_finite(options.momentum, "momentum");
  check_running(running_mean, running_var, options.training);
  if (options.training && shape.each() == 1) {
    throw std::invalid_argument("x has shape " + to_string(x.shape()) +
                                ", one element a channel; expected more in training: each would be its own mean");
  }
  const std::vector<double> w = optional_vector(weight, shape.channels, "weight");
  const std::vector<double> b = optional_vector(bias, shape.channels, "bias");
  std::vector<double> mean = optional_vector(running_mean, shape.channels, "running_mean");
  std::vector<double> variance = optional_vector(running_var, shape.channels, "running_var");
  const affine all{w, b, std::max<std::size_t>(shape.each(), 1)};

  if (!options.training) {
    const auto kernel_of = [&](std::size_t c, std::span<const double> line) {
      return given_moments_line(line, all.part(c, 1), mean[c], variance[c], options.eps);
    };
    return {along_channels(values, shape, want, kernel_of), {}, {}};
  }
  running_values means(std::move(mean), false, options.momentum, want);
  running_values variances(std::move(variance), true, options.momentum, want);
  const auto kernel_of = [&](std::size_t c, std::span<const double> line) {
    if (running_mean.has_data()) {
      means.decide_channel(c, line);
      variances.decide_channel(c, line);
    }
    const affine own = all.part(c, 1);
    return moments_line(line, own, !own.is_finite(0), options.eps);
  };
  truth y = along_channels(values, shape, want, kernel_of);
  return {std::move(y), means.take(), variances.take()};
}

}  // namespace assay::reference
