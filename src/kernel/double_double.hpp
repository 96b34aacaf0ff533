// Double-double numbers: hi + lo with |lo| at most half an ulp of hi. Sums and products have relative errors below
// 2^-103, quotients below 2^-101 (Joldes, Muller and Popescu, ACM TOMS 44, 2017: 3, 5 and 10 times 2^-106).
//
// Assumes round to nearest, and exponents far from binary64's ends.
#pragma once

#include <cmath>

namespace assay::kernel {

struct double_double {
  double hi = 0, lo = 0;

  constexpr double_double operator-() const { return {-hi, -lo}; }
};

/// a + b exactly (Knuth).
inline double_double two_sum(double a, double b) {
  const double s = a + b, part = s - a;
  return {s, (a - (s - part)) + (b - part)};
}
/// a + b exactly for |a| >= |b| (Dekker).
inline double_double fast_two_sum(double a, double b) {
  const double s = a + b;
  return {s, b - (s - a)};
}
/// a b exactly.
inline double_double two_product(double a, double b) {
  const double p = a * b;
  return {p, std::fma(a, b, -p)};
}

inline double_double operator+(double_double a, double_double b) {
  const double_double s = two_sum(a.hi, b.hi), t = two_sum(a.lo, b.lo);
  const double_double v = fast_two_sum(s.hi, s.lo + t.hi);
  return fast_two_sum(v.hi, t.lo + v.lo);
}
inline double_double operator+(double_double a, double b) {
  const double_double s = two_sum(a.hi, b);
  return fast_two_sum(s.hi, a.lo + s.lo);
}
inline double_double operator*(double_double a, double b) {
  const double_double p = two_product(a.hi, b);
  return fast_two_sum(p.hi, std::fma(a.lo, b, p.lo));
}
inline double_double operator*(double_double a, double_double b) {
  const double_double p = two_product(a.hi, b.hi);
  return fast_two_sum(p.hi, p.lo + (a.hi * b.lo + a.lo * b.hi));
}
inline double_double operator/(double_double a, double_double b) {
  const double q = a.hi / b.hi;
  const double_double r = a + -(b * q);
  const double q2 = r.hi / b.hi;
  const double_double r2 = r + -(b * q2);
  return fast_two_sum(q, q2) + r2.hi / b.hi;
}
inline double_double operator/(double_double a, double b) { return a / double_double{b, 0}; }

/// a 2^n, exact while nothing leaves the range.
inline double_double scaled(double_double a, int n) { return {std::ldexp(a.hi, n), std::ldexp(a.lo, n)}; }

}  // namespace assay::kernel
