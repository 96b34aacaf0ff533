// dx of one line: (g_i - mean(g) - (x_i - m) mean(g (x - m)) / (v + eps)) / sqrt(v + eps), with g = dy weight; for
// rms_norm without the means of g and x.
#pragma once

#include "../engine/kernel.hpp"
#include "norm.hpp"

namespace assay::reference {

/// sum g, and sum g (x - centre).
template <class Real>
struct gradient_sums {
  Real g, product;
};

/// As balls, eight side by side.
gradient_sums<ball> long_gradient_sums(std::span<const double> x, const ball& centre, std::span<const double> weight,
                                       std::span<const double> dy);

/// (g_i - mean_g - (x_i - mean) slope) scale of all elements.
void estimate_input_gradient(std::span<const double> x, std::span<const double> weight, std::span<const double> dy,
                             const ball& mean, const ball& mean_g, const ball& slope, const ball& scale,
                             std::span<double> values, std::span<double> radii);

class input_gradient_line {
 public:
  /// All of one length.
  input_gradient_line(std::span<const double> x, std::span<const double> weight, std::vector<double> dy,
                      const norm& of);

  using exact_field = surd;

  std::size_t outputs() const { return x_.size(); }
  bool any_special() const { return is_nan_ || special_g_; }
  std::optional<special_value> special(std::size_t i) const {
    if (is_nan_) return special_value{};
    if (!special_g_) return std::nullopt;
    const double own = is_special_g(i) ? dy_[i] * weight_[i] : 0;
    return special_from(own - infinite_g_ - sign_of_deviation(i) * infinite_product_);
  }

  template <class Real, class Emit>
  void evaluate(selection which, const Emit& emit) const {
    if (no_gradient_) {
      for (const std::size_t i : which) emit(i, Real(0));
      return;
    }
    const factors<Real> f(*this);
    for (const std::size_t i : which) {
      emit(i, (g<Real>(i) - f.mean_g - (Real(x_[i]) - f.mean) * f.slope) * f.scale);
    }
  }
  void estimate(std::span<double> values, std::span<double> radii) const {
    if (no_gradient_) {
      std::fill(values.begin(), values.end(), 0.0);
      std::fill(radii.begin(), radii.end(), 0.0);
      return;
    }
    const factors<ball> f(*this);
    estimate_input_gradient(x_, weight_, dy_, f.mean, f.mean_g, f.slope, f.scale, values, radii);
  }

 private:
  template <class Real>
  struct factors {
    Real mean, mean_g, slope, scale;

    explicit factors(const input_gradient_line& line) {
      const line_moments<Real> of(line.x_, line.norm_.centred);
      const Real square = of.square + Real(line.norm_.eps);
      const gradient_sums<Real> sums = line.sums<Real>(of.mean);
      const Real n(static_cast<double>(line.x_.size()));
      mean = of.mean;
      mean_g = line.norm_.centred ? sums.g / n : Real(0);
      slope = sums.product / n / square;
      scale = Real(1) / sqrt(square);
    }
  };

  template <class Real>
  Real g(std::size_t i) const {
    return Real(dy_[i]) * Real(weight_[i]);
  }
  template <class Real>
  gradient_sums<Real> sums(const Real& mean) const {
    if constexpr (std::is_same_v<Real, ball>) {
      if (x_.size() >= long_line) return long_gradient_sums(x_, mean, weight_, dy_);
    }
    gradient_sums<Real> total{Real(0), Real(0)};
    for (std::size_t i = 0; i < x_.size(); ++i) {
      if (dy_[i] == 0) continue;
      const Real own = g<Real>(i);
      total.g += own;
      total.product += own * (Real(x_[i]) - mean);
    }
    return total;
  }
  bool is_special_g(std::size_t i) const { return !std::isfinite(dy_[i]) || !std::isfinite(weight_[i]); }
  double sign_of_deviation(std::size_t i) const;

  std::span<const double> x_, weight_;
  std::vector<double> dy_;
  norm norm_;
  bool is_nan_, special_g_ = false, no_gradient_;
  rational mean_ = 0;                             ///< where there is something special
  double infinite_g_ = 0, infinite_product_ = 0;  ///< sums of the terms of g and g n that are not finite
};

}  // namespace assay::reference
