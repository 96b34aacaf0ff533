// Tails of distributions, for the judge's tests.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace assay::detail {

/// P(Z > z) of a normal variable.
inline double normal_tail(double z) { return 0.5 * std::erfc(z / std::numbers::sqrt2); }

/// P(T > t) of Student's t, to some per cent of itself (Wallace, "Bounds on normal approximations to Student's and the
/// chi-square distributions", 1959).
inline double student_tail(double t, double degrees) {
  if (!(t > 0)) return 0.5;
  const double z = (8 * degrees + 1) / (8 * degrees + 3) * std::sqrt(degrees * std::log1p(t * t / degrees));
  return normal_tail(z);
}

/// P(mean of n variables in [0, 1] exceeds its expectation, at most `mean`, by `excess`), at most (Bernstein).
inline double bernstein_tail(double mean, double excess, double n) {
  if (!(excess > 0)) return 1;
  return std::exp(-n * excess * excess / (2 * (mean + excess / 3)));
}

/// The mean of some values and its standard error.
struct mean_and_error {
  double mean = 0, error = 0;
  double count = 0;

  explicit mean_and_error(const std::vector<double>& values) : count(static_cast<double>(values.size())) {
    if (values.empty()) return;
    for (const double v : values) mean += v;
    mean /= count;
    for (const double v : values) error += (v - mean) * (v - mean);
    error = count > 1 ? std::sqrt(error / (count - 1) / count) : 0;
  }
};

}  // namespace assay::detail
