// What softmax, log_softmax, logsumexp and the losses made of them know of a line.
#pragma once

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <vector>

#include "exponential.hpp"
#include "kernel.hpp"
#include "powers.hpp"

namespace assay::reference {

/// Elements that are minus infinity do not count.
struct softmax_line {
  std::span<const double> x;
  double temperature = 1;
  double top = -HUGE_VAL;  ///< the largest
  std::size_t top_at = 0, counted = 0;
  bool has_nan = false;

  explicit softmax_line(std::span<const double> values, double t = 1) : x(values), temperature(t) {
    const line_extremes seen = extremes_of(x);
    top = seen.most;
    has_nan = seen.has_nan;
    counted = x.size();
    if (seen.least == -HUGE_VAL) counted -= static_cast<std::size_t>(std::count(x.begin(), x.end(), -HUGE_VAL));
    top_at = static_cast<std::size_t>(std::find(x.begin(), x.end(), top) - x.begin());
  }

  /// Whether softmax is NaN everywhere: infinity - infinity, or 0 / 0.
  bool is_nan() const { return has_nan || top == HUGE_VAL || counted == 0; }
  bool has_uncounted() const { return counted != x.size(); }
  bool counts(std::size_t i) const { return x[i] != -HUGE_VAL; }

  /// (x_i - top) / T: the largest is taken off, so that no power overflows.
  template <class Real>
  Real exponent(std::size_t i) const {
    const Real difference = Real(x[i]) - Real(top);
    return temperature == 1 ? difference : difference / Real(temperature);
  }
  /// Sum of e^exponent(j) over all j that count but top_at.
  template <class Real>
  Real rest() const {
    Real sum(0.0);
    for (std::size_t j = 0; j < x.size(); ++j) {
      if (j != top_at && counts(j)) sum += exp(exponent<Real>(j));
    }
    return sum;
  }
  /// ln of the sum of e^exponent(j) over all j that count.
  template <class Real>
  Real log_total() const {
    return log1p(rest<Real>());
  }
  /// The same, quickly; `powers` is scratch of the line's length.
  ball quick_log_total(std::span<double> powers) const {
    return log1p(power_line(x, top, top_at, temperature, powers).rest());
  }

  /// e^exponent(i) for all i, 0 for what does not count.
  template <class Real>
  std::vector<Real> powers() const {
    std::vector<Real> all;
    all.reserve(x.size());
    if constexpr (std::is_same_v<Real, ball>) {
      std::vector<double> quick(x.size());
      const power_line line(x, top, top_at, temperature, quick);
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double exponent = std::max((x[i] - top) / temperature, power_line::lowest);
        if (!counts(i)) {
          all.emplace_back(0.0);
        } else {
          all.emplace_back(quick[i], i == top_at ? 0 : power_line::error_of_power(quick[i], exponent));
        }
      }
    } else {
      for (std::size_t i = 0; i < x.size(); ++i) all.push_back(counts(i) ? exp(exponent<Real>(i)) : Real(0.0));
    }
    return all;
  }

  /// x_i / T exactly.
  rational scaled(std::size_t i) const { return rational(x[i]) / rational(temperature); }
  /// Adds factor times the sum of e^(x_j / T) over all j that count.
  void add_powers(exponential_sum& s, const rational& factor) const {
    for (std::size_t j = 0; j < x.size(); ++j) {
      if (counts(j)) add_term(s, scaled(j), factor);
    }
  }
};

}  // namespace assay::reference
