// A binary64 number and how far the real value may be from it: running error analysis.
//
// Sums, products, quotients and square roots find their own rounding error exactly (TwoSum; the residual by fma), so an
// operation that happens to be exact adds nothing, and a radius of 0 is a proof that the value is exact.
//
// Radii are computed in binary64 too. Each operation computes its radius with at most 8 roundings of relative 2^-53, so
// after 2^28 operations in a row a radius is low by a factor of no more than 1 + 2^-22: bounds() widens by 1 + 2^-20.
// Products and quotients that could underflow are handled apart, and leave room for it. An operation outside its
// domain, or one that overflows, makes the radius NaN: such a ball is never decided.
//
// Assumed of the C library: exp, exp2, expm1, log, log2, log1p, tanh, erf and erfc err by at most `libm_ulps` ulps.
// glibc documents less; tests/reference/ball.cpp measures it against MPFR.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace assay::reference {

struct ball {
  double value = 0, radius = 0;

  ball() = default;
  explicit ball(double exact) : value(exact) {}
  ball(double v, double r) : value(v), radius(r) {}

  struct bounds_pair {
    double lower, upper;
  };
  /// Outward: each end's own rounding (2^-53 |value|) is covered as well. NaN or infinite ends decide nothing.
  bounds_pair bounds() const {
    if (radius == 0) return {value, value};
    const double r = radius * (1 + 0x1p-20) + std::abs(value) * 0x1p-52 + 0x1p-1074;
    return {value - r, value + r};
  }
};

namespace ball_detail {

inline constexpr double libm_ulps = 6;
inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();
/// A difference smaller than this share of its terms is not worth dividing by; above it, a factor of 1 - 2^-20 covers
/// the difference's own rounding.
inline constexpr double worth_it = 0x1p-30;
inline constexpr double smallest_safe = 0x1p-900, largest_safe = 0x1p900;

/// Between these, residuals of products and quotients do not underflow, and |v| 2^-100 covers what radii lose.
inline bool is_safe(double v) {
  const double m = std::abs(v);
  return m >= smallest_safe && m <= largest_safe;
}
/// The room for underflow in the computation of a radius from radii that are not both zero.
inline double room(double radii, double v) { return radii > 0 ? std::abs(v) * 0x1p-100 : 0.0; }

/// Of a function of the C library with this value, nonzero unless exact, and the error inherited from its argument.
inline ball from_libm(double v, double inherited) {
  return {v, inherited + std::abs(v) * (libm_ulps * 0x1p-52) + 0x1p-1060};
}

}  // namespace ball_detail

inline ball operator-(const ball& a) { return {-a.value, a.radius}; }

inline ball operator+(const ball& a, const ball& b) {
  const double s = a.value + b.value;
  const double from_b = s - a.value;
  const double error = (a.value - (s - from_b)) + (b.value - from_b);
  return {s, a.radius + b.radius + std::abs(error)};
}
inline ball operator-(const ball& a, const ball& b) { return a + -b; }

inline ball operator*(const ball& a, const ball& b) {
  using namespace ball_detail;
  const double p = a.value * b.value;
  const double inherited = std::abs(a.value) * b.radius + std::abs(b.value) * a.radius + a.radius * b.radius;
  if (is_safe(p)) [[likely]] {
    return {p, inherited + std::abs(std::fma(a.value, b.value, -p)) + room(a.radius + b.radius, p)};
  }
  if ((a.value == 0 && a.radius == 0) || (b.value == 0 && b.radius == 0)) return {p, p == 0 ? 0.0 : nan};
  // Tiny: all roundings together err by less than this. Huge: not worth deciding here.
  return {p, std::abs(p) < 1 ? inherited + 0x1p-940 : nan};
}

inline ball operator/(const ball& a, const ball& b) {
  using namespace ball_detail;
  const double low = std::abs(b.value) - b.radius * (1 + 0x1p-20);
  if (!(low > std::abs(b.value) * worth_it)) return {nan, nan};
  const double q = a.value / b.value;
  if (a.value == 0 && a.radius == 0) return {q, 0};
  if (is_safe(a.value) && is_safe(b.value) && is_safe(q)) [[likely]] {
    const double residual = std::abs(std::fma(-q, b.value, a.value)) + a.radius + std::abs(q) * b.radius;
    if (residual == 0 && a.radius + b.radius == 0) return {q, 0};
    return {q, residual / (low * (1 - 0x1p-20)) + std::abs(q) * 0x1p-100};
  }
  return {q, std::abs(q) < smallest_safe && is_safe(b.value) && low >= std::abs(b.value) * 0.5
                 ? 2 * (a.radius + std::abs(q) * b.radius) / std::abs(b.value) + 0x1p-890
                 : nan};
}

inline ball& operator+=(ball& a, const ball& b) { return a = a + b; }
inline ball& operator-=(ball& a, const ball& b) { return a = a - b; }
inline ball& operator*=(ball& a, const ball& b) { return a = a * b; }
inline ball& operator/=(ball& a, const ball& b) { return a = a / b; }

/// |sqrt(x) - s| = |x - s^2| / (sqrt(x) + s) <= |x - s^2| / s.
inline ball sqrt(const ball& a) {
  using namespace ball_detail;
  if (a.value == 0 && a.radius == 0) return a;
  if (!is_safe(a.value) || a.value <= a.radius * (1 + 0x1p-20)) return {nan, nan};
  const double s = std::sqrt(a.value);
  return {s, (std::abs(std::fma(-s, s, a.value)) + a.radius) / s + room(a.radius, s)};
}

/// e^(x + d) - e^x <= e^x (d + d^2) for 0 <= d <= 1.
inline ball exp(const ball& a) {
  using namespace ball_detail;
  if (a.value == 0 && a.radius == 0) return ball(1);
  if (!(a.radius <= 0.5) || a.value > 700) return {nan, nan};
  const double v = std::exp(a.value);
  return from_libm(v, v * 2 * a.radius);
}
/// 2^d = e^(d ln 2), and ln 2 < 1.
inline ball exp2(const ball& a) {
  using namespace ball_detail;
  if (!(a.radius <= 0.5) || a.value > 1000) return {nan, nan};
  const double v = std::exp2(a.value);
  return from_libm(v, v * 2 * a.radius);
}
inline ball expm1(const ball& a) {
  using namespace ball_detail;
  if (a.value == 0 && a.radius == 0) return a;
  if (!(a.radius <= 0.5) || a.value > 700) return {nan, nan};
  const double v = std::expm1(a.value);
  return from_libm(v, (v + 1) * (1 + 0x1p-49) * 2 * a.radius + 0x1p-49 * a.radius);
}
inline ball log(const ball& a) {
  using namespace ball_detail;
  const double low = a.value - a.radius * (1 + 0x1p-20);
  if (!(low > a.value * worth_it) || !(a.value <= std::numeric_limits<double>::max())) return {nan, nan};
  if (a.value == 1 && a.radius == 0) return ball(0);
  return from_libm(std::log(a.value), a.radius / (low * (1 - 0x1p-20)));
}
/// The derivative is 1 / (x ln 2) < 1.5 / x.
inline ball log2(const ball& a) {
  using namespace ball_detail;
  const double low = a.value - a.radius * (1 + 0x1p-20);
  if (!(low > a.value * worth_it) || !(a.value <= std::numeric_limits<double>::max())) return {nan, nan};
  return from_libm(std::log2(a.value), 1.5 * a.radius / (low * (1 - 0x1p-20)));
}
inline ball log1p(const ball& a) {
  using namespace ball_detail;
  if (a.value == 0 && a.radius == 0) return a;
  const double low = 1 + a.value - a.radius * (1 + 0x1p-20) - 0x1p-52 * std::abs(a.value);
  if (!(low > worth_it) || !(a.value <= std::numeric_limits<double>::max())) return {nan, nan};
  return from_libm(std::log1p(a.value), a.radius / (low * (1 - 0x1p-20)));
}
/// The derivatives of tanh and erf are at most 1 and 2/sqrt(pi).
inline ball tanh(const ball& a) {
  if (a.value == 0 && a.radius == 0) return a;
  return ball_detail::from_libm(std::tanh(a.value), a.radius);
}
inline ball erf(const ball& a) {
  if (a.value == 0 && a.radius == 0) return a;
  return ball_detail::from_libm(std::erf(a.value), 1.13 * a.radius);
}
inline ball erfc(const ball& a) {
  if (a.value == 0 && a.radius == 0) return ball(1);
  const double v = a.value, r = a.radius;
  // Within r of v > 0 the derivative is below 1.13 e^(-(v - r)^2) <= 1.13 e^(-v^2) e^(2 v r).
  const double slope = v > 0 && v * r < 0x1p-6 ? 1.2 * std::exp(-v * v) + 0x1p-1060 : 1.13;
  return ball_detail::from_libm(std::erfc(v), slope * r);
}

inline ball abs(const ball& a) {
  if (std::abs(a.value) >= a.radius * (1 + 0x1p-20)) return {std::abs(a.value), a.radius};
  return {0, std::abs(a.value) + a.radius};  // straddles zero
}
/// The larger of the two, whichever it is: their errors do not add.
inline ball max(const ball& a, const ball& b) { return {std::max(a.value, b.value), std::max(a.radius, b.radius)}; }
inline ball min(const ball& a, const ball& b) { return -max(-a, -b); }

/// The nearest double, which errs by half an ulp of 2^-51.
inline void set_pi(ball& x) { x = {0x1.921fb54442d18p+1, 0x1p-52}; }

}  // namespace assay::reference
