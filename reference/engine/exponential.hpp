// Exact numbers in the field that rationals and e^x of rational x span: what softmax, sigmoid and their kin compute in.
//
// A number is a quotient of two sums of c e^x with rational c and distinct rational x. By the theorem of Lindemann and
// Weierstrass such a sum is zero only when every c is: equality is decided by collecting terms.
#pragma once

#include <map>
#include <stdexcept>

#include "rational.hpp"

namespace assay::reference {

/// Sum of c e^x: from x to c, no c is zero.
using exponential_sum = std::map<rational, rational>;

inline void add_term(exponential_sum& s, const rational& exponent, const rational& c) {
  const auto at = s.try_emplace(exponent, 0).first;
  at->second += c;
  if (at->second == 0) s.erase(at);
}

struct exponential {
  exponential_sum over, under{{0, 1}};

  exponential() = default;
  explicit exponential(double exact) : exponential(rational(exact)) {}
  explicit exponential(const rational& exact) { add_term(over, 0, exact); }
  exponential(exponential_sum n, exponential_sum d) : over(std::move(n)), under(std::move(d)) {}
};

inline exponential_sum operator+(exponential_sum a, const exponential_sum& b) {
  for (const auto& [x, c] : b) add_term(a, x, c);
  return a;
}
inline exponential_sum operator*(const exponential_sum& a, const exponential_sum& b) {
  exponential_sum product;
  for (const auto& [x, c] : a) {
    for (const auto& [y, d] : b) add_term(product, x + y, c * d);
  }
  return product;
}

inline exponential operator-(const exponential& a) { return {a.over * exponential_sum{{0, -1}}, a.under}; }
inline exponential operator+(const exponential& a, const exponential& b) {
  if (a.under == b.under) return {a.over + b.over, a.under};
  return {a.over * b.under + b.over * a.under, a.under * b.under};
}
inline exponential operator-(const exponential& a, const exponential& b) { return a + -b; }
inline exponential operator*(const exponential& a, const exponential& b) {
  return {a.over * b.over, a.under * b.under};
}
/// Not for a divisor of zero.
inline exponential operator/(const exponential& a, const exponential& b) {
  if (a.under == b.under) return {a.over, b.over};
  return {a.over * b.under, a.under * b.over};
}
inline exponential& operator+=(exponential& a, const exponential& b) {
  if (a.under != b.under) return a = a + b;
  for (const auto& [x, c] : b.over) add_term(a.over, x, c);
  return a;
}
inline exponential& operator-=(exponential& a, const exponential& b) { return a += -b; }
inline exponential& operator*=(exponential& a, const exponential& b) { return a = a * b; }
inline exponential& operator/=(exponential& a, const exponential& b) { return a = a / b; }

/// The sign of a sum, however small it is: nothing only where some 10,000 bits are not enough to see it.
std::optional<int> sign_of(const exponential_sum& s);

/// over - t under, which has no terms left exactly when x = t.
inline exponential_sum difference(const exponential& x, const rational& t) {
  exponential_sum rest = x.over;
  for (const auto& [e, c] : x.under) add_term(rest, e, -t * c);
  return rest;
}
inline bool equals(const exponential& x, const rational& t) { return difference(x, t).empty(); }

/// The sign of x - t.
inline std::optional<int> compare(const exponential& x, const rational& t) {
  const exponential_sum rest = difference(x, t);
  if (rest.empty()) return 0;
  const std::optional<int> over = sign_of(rest), under = sign_of(x.under);
  return over && under ? std::optional(*over * *under) : std::nullopt;
}

/// The number, if it is seen to be rational: a constant over a constant, or over proportional to under.
inline bool is_rational(const exponential& x, rational& value) {
  if (x.over.empty()) return value = 0, true;
  value = x.over.begin()->second / x.under.begin()->second;
  return equals(x, value);
}

/// Of a rational number; of any other this is outside the field (std::domain_error: the engine then goes on with
/// intervals).
inline exponential exp(const exponential& a) {
  rational x;
  if (!is_rational(a, x)) throw std::domain_error("e^x of a number that is not rational");
  return {exponential_sum{{x, 1}}, exponential_sum{{0, 1}}};
}
inline exponential expm1(const exponential& a) { return exp(a) - exponential(1.0); }
inline exponential tanh(const exponential& a) {
  const exponential e = exp(a + a), one(1.0);
  return (e - one) / (e + one);
}

}  // namespace assay::reference
