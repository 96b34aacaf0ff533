// A line that is normalised by its own mean and biased variance: what layer_norm, group_norm and batch_norm in training
// have in common.
#pragma once

#include "check.hpp"
#include "moments.hpp"
#include "normalise.hpp"

namespace assay::reference {

class moments_line {
 public:
  moments_line(std::span<const double> x, const affine& a, bool affine_special, double eps)
      : x_(x), a_(a), eps_(eps), affine_special_(affine_special) {
    // Without eps, a line of equal numbers divides zero by zero.
    is_nan_ = !all_finite(x) || (eps == 0 && std::all_of(x.begin(), x.end(), [&](double v) { return v == x[0]; }));
  }

  using exact_field = surd;

  std::size_t outputs() const { return x_.size(); }
  bool any_special() const { return is_nan_ || affine_special_; }
  std::optional<special_value> special(std::size_t i) const {
    if (is_nan_) return special_value{};
    if (a_.is_finite(i)) return std::nullopt;
    const rational deviation = rational(x_[i]) - moments_of(x_, true).mean;
    return special_from(static_cast<double>(deviation.sign()) * a_.weight_of(i) + a_.bias_of(i));
  }

  template <class Real, class Emit>
  void evaluate(selection which, const Emit& emit) const {
    const line_moments<Real> of(x_, true);
    emit_normalised(x_, of.mean, Real(1) / sqrt(of.square + Real(eps_)), a_, which, emit);
  }
  void estimate(std::span<double> values, std::span<double> radii) const {
    const line_moments<ball> of(x_, true);
    estimate_normalised(x_, of.mean, ball(1) / sqrt(of.square + ball(eps_)), a_, values, radii);
  }

 private:
  std::span<const double> x_;
  affine a_;
  double eps_;
  bool is_nan_, affine_special_;
};

}  // namespace assay::reference
