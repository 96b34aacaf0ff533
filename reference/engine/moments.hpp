// The mean of a line and the mean square of its deviations: what every norm begins with. As balls by quick sums; as any
// other number type from the exact rationals.
#pragma once

#include "interval.hpp"
#include "sums.hpp"
#include "surd.hpp"

namespace assay::reference {

struct exact_moments {
  rational mean = 0;
  rational square = 0;  ///< sum (x - mean)^2 / n, the biased variance; sum x^2 / n about zero
};

/// Of finite numbers, at least one. About the mean, or about zero, which the mean then is. Quick where the line's
/// numbers are multiples of a power of two by integers of about 60 bits, as nearly all lines of few-bit numbers are.
exact_moments moments_of(std::span<const double> x, bool about_mean);

inline interval enclosing(const rational& x, interval) {
  interval y;
  mpfi_set_q(y.get(), x.backend().data());
  return y;
}
inline rational enclosing(const rational& x, rational) { return x; }
inline surd enclosing(const rational& x, surd) { return {x, 0, 0}; }

template <class Real>
struct line_moments {
  Real mean, square;

  line_moments(std::span<const double> x, bool about_mean) {
    if constexpr (std::is_same_v<Real, ball>) {
      const ball n(static_cast<double>(x.size()));
      mean = about_mean ? sum_of<ball>(x) / n : ball(0);
      square = sum_of_squares<ball>(x, mean) / n;
    } else {
      const exact_moments exact = moments_of(x, about_mean);
      mean = enclosing(exact.mean, Real());
      square = enclosing(exact.square, Real());
    }
  }
};

}  // namespace assay::reference
