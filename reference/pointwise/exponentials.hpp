// exp, exp2, expm1 and what is made of them: tanh, sigmoid, silu, softplus.
#pragma once

#include "elements.hpp"

namespace assay::reference {

/// 1 / (1 + e^-x), without overflow.
template <class Real>
Real sigmoid_of(const Real& x, bool negative) {
  const Real one(1.0);
  if (!negative) return one / (one + exp(-x));
  const Real e = exp(x);
  return e / (one + e);
}

struct exp_function {
  std::optional<special_value> special(double x) const {
    if (std::isfinite(x)) return std::nullopt;
    return x == -HUGE_VAL ? zero_of(false) : special_from(x);
  }
  int sign(double) const { return 1; }
  template <class Real>
  Real value(double x) const {
    return exp(Real(x));
  }
  std::optional<int> compare(double x, const rational& t) const { return reference::compare(value<exponential>(x), t); }
};

struct exp2_function : exp_function {
  template <class Real>
  Real value(double x) const {
    return exp2(Real(x));
  }
  /// 2^x is no rational number but for integers x, whose intervals are points unless they underflow.
  std::optional<int> compare(double x, const rational& t) const {
    if (t <= 0) return 1;
    return t == 1 ? std::optional(sign_of(x)) : std::nullopt;
  }
};

struct expm1_function {
  std::optional<special_value> special(double x) const { return x == -HUGE_VAL ? std::nullopt : special_from(x); }
  int sign(double x) const { return sign_of(x); }
  template <class Real>
  Real value(double x) const {
    return x == -HUGE_VAL ? Real(-1.0) : expm1(Real(x));
  }
  std::optional<int> compare(double x, const rational& t) const { return reference::compare(value<exponential>(x), t); }
};

struct tanh_function {
  std::optional<special_value> special(double x) const { return std::isinf(x) ? std::nullopt : special_from(x); }
  int sign(double x) const { return sign_of(x); }
  template <class Real>
  Real value(double x) const {
    return std::isinf(x) ? Real(std::copysign(1.0, x)) : tanh(Real(x));
  }
  std::optional<int> compare(double x, const rational& t) const {
    if (t == rational(x)) return -sign_of(x);  // |tanh x| < |x|
    return reference::compare(value<exponential>(x), t);
  }
};

struct sigmoid_function {
  std::optional<special_value> special(double x) const {
    if (x == -HUGE_VAL) return zero_of(false);
    return std::isnan(x) ? special_from(x) : std::nullopt;
  }
  int sign(double) const { return 1; }
  template <class Real>
  Real value(double x) const {
    return x == HUGE_VAL ? Real(1.0) : sigmoid_of(Real(x), x < 0);
  }
  std::optional<int> compare(double x, const rational& t) const { return reference::compare(value<exponential>(x), t); }
};

struct silu_function {
  std::optional<special_value> special(double x) const { return x == -HUGE_VAL ? zero_of(true) : special_from(x); }
  int sign(double x) const { return sign_of(x); }
  template <class Real>
  Real value(double x) const {
    return Real(x) * sigmoid_of(Real(x), x < 0);
  }
  std::optional<int> compare(double x, const rational& t) const { return reference::compare(value<exponential>(x), t); }
};

struct softplus_function {
  double beta;

  std::optional<special_value> special(double x) const {
    if (std::isfinite(x)) return std::nullopt;
    if (std::isnan(x)) return special_from(x);
    return (x < 0) == (beta < 0) ? infinity_of(beta < 0) : zero_of(beta < 0);
  }
  int sign(double) const { return sign_of(beta); }
  /// With z = beta x: max(z, 0) + ln(1 + e^-|z|).
  template <class Real>
  Real value(double x) const {
    const Real z = Real(beta) * Real(x);
    const bool negative = sign_of(beta) * sign_of(x) < 0;
    const Real rest = log1p(exp(negative ? z : -z));
    return (negative ? rest : z + rest) / Real(beta);
  }
  /// y > t is 1 + e^(beta x) > e^(beta t), or the reverse when beta is negative.
  std::optional<int> compare(double x, const rational& t) const {
    exponential_sum s{{0, 1}};
    add_term(s, rational(beta) * rational(x), 1);
    add_term(s, rational(beta) * t, -1);
    const std::optional<int> side = sign_of(s);
    return side ? std::optional(*side * sign_of(beta)) : std::nullopt;
  }
};

}  // namespace assay::reference
