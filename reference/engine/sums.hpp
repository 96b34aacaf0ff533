// Sums over a line, which most kernels begin with: the plain loop for any number type, and quicker ones for balls.
#pragma once

#include <span>

#include "ball.hpp"

namespace assay::reference {

/// Sum of x.
template <class Real>
Real sum_of(std::span<const double> x) {
  Real sum(0);
  for (const double v : x) sum += Real(v);
  return sum;
}

/// Sum of (x - centre)^2.
template <class Real>
Real sum_of_squares(std::span<const double> x, const Real& centre) {
  Real sum(0);
  for (const double v : x) {
    const Real d = Real(v) - centre;
    sum += d * d;
  }
  return sum;
}

}  // namespace assay::reference
