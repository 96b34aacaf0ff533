// Sums over a line, which most kernels begin with: the plain loop for any number type, and quicker ones for balls.
#pragma once

#include <span>
#include <type_traits>

#include "ball.hpp"

namespace assay::reference {

/// Lines shorter than this are summed by balls one by one, which notice every exact sum of squares as well.
inline constexpr std::size_t long_line = 64;

/// Eight sums side by side with their errors: exact when no addition rounds, else good to the last bit or two.
ball long_sum(std::span<const double> x);
/// Eight sums side by side with a bound on their roundings, made beforehand: never exact.
ball long_sum_of_squares(std::span<const double> x, const ball& centre);

/// Sum of x.
template <class Real>
Real sum_of(std::span<const double> x) {
  if constexpr (std::is_same_v<Real, ball>) {
    if (x.size() >= long_line) return long_sum(x);
  }
  Real sum(0);
  for (const double v : x) sum += Real(v);
  return sum;
}

/// Sum of (x - centre)^2.
template <class Real>
Real sum_of_squares(std::span<const double> x, const Real& centre) {
  if constexpr (std::is_same_v<Real, ball>) {
    if (x.size() >= long_line) return long_sum_of_squares(x, centre);
  }
  Real sum(0);
  for (const double v : x) {
    const Real d = Real(v) - centre;
    sum += d * d;
  }
  return sum;
}

}  // namespace assay::reference
