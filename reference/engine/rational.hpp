// Exact arithmetic for kernels that only add, subtract, multiply, divide and compare: GMP's rationals through
// Boost.Multiprecision.
#pragma once

#include <initializer_list>
#include <optional>

#include <boost/multiprecision/gmp.hpp>

namespace assay::reference {

using rational = boost::multiprecision::number<boost::multiprecision::gmp_rational, boost::multiprecision::et_off>;

/// The sign of x - t. Every exact field has such a function; it may give nothing where it cannot tell a sign.
inline std::optional<int> compare(const rational& x, const rational& t) { return x.compare(t); }
// abs() is Boost's.
inline rational max(const rational& a, const rational& b) { return a < b ? b : a; }
inline rational min(const rational& a, const rational& b) { return b < a ? b : a; }

/// The sign of a sum of finite doubles, exactly: -1, 0 or 1.
inline int sign_of_sum(std::initializer_list<double> terms) {
  rational sum = 0;
  for (const double x : terms) sum += rational(x);
  return sum.sign();
}

}  // namespace assay::reference
