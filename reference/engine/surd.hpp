// Exact numbers p + q sqrt(r) with rational p, q and r >= 0: what kernels with one square root an element compute in.
//
// Numbers with different roots do not mix: the kernel must take its root once, of a rational. std::logic_error
// otherwise.
#pragma once

#include <stdexcept>

#include "rational.hpp"

namespace assay::reference {

struct surd {
  rational p = 0, q = 0, r = 0;

  surd() = default;
  explicit surd(double exact) : p(exact) {}
  surd(rational a, rational b, rational root) : p(std::move(a)), q(std::move(b)), r(std::move(root)) {}

  bool is_rational() const { return q == 0 || r == 0; }
};

/// The root that two numbers share.
inline const rational& common_root(const surd& a, const surd& b) {
  if (a.q == 0) return b.r;
  if (b.q != 0 && a.r != b.r) throw std::logic_error("two different square roots in one exact element");
  return a.r;
}

inline surd operator-(const surd& a) { return {-a.p, -a.q, a.r}; }
inline surd operator+(const surd& a, const surd& b) { return {a.p + b.p, a.q + b.q, common_root(a, b)}; }
inline surd operator-(const surd& a, const surd& b) { return a + -b; }
inline surd operator*(const surd& a, const surd& b) {
  const rational& r = common_root(a, b);
  return {a.p * b.p + a.q * b.q * r, a.p * b.q + a.q * b.p, r};
}
/// By the conjugate. Not for a divisor of zero.
inline surd operator/(const surd& a, const surd& b) {
  if (b.is_rational()) return {a.p / b.p, a.q / b.p, a.r};
  const rational norm = b.p * b.p - b.q * b.q * b.r;
  // Then p is q sqrt(r) or its negative, which would make the divisor zero.
  if (norm == 0) return {a.p / (2 * b.p), a.q / (2 * b.p), a.r};
  return a * surd{b.p / norm, -b.q / norm, b.r};
}
inline surd& operator+=(surd& a, const surd& b) { return a = a + b; }
inline surd& operator-=(surd& a, const surd& b) { return a = a - b; }
inline surd& operator*=(surd& a, const surd& b) { return a = a * b; }
inline surd& operator/=(surd& a, const surd& b) { return a = a / b; }

inline surd sqrt(const surd& a) {
  if (!a.is_rational()) throw std::logic_error("the square root of a number that is not rational");
  return {0, 1, a.p};
}

/// The sign of p + q sqrt(r) - t: where p - t and q sqrt(r) pull apart, that of the larger square.
inline std::optional<int> compare(const surd& x, const rational& t) {
  const rational rest = x.p - t;
  const int side = x.r == 0 ? 0 : x.q.sign();
  if (rest.sign() * side >= 0) return rest.sign() != 0 ? rest.sign() : side;
  return side * rational(x.q * x.q * x.r).compare(rest * rest);
}

}  // namespace assay::reference
