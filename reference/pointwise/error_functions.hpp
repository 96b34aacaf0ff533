// erf and gelu, and the gelu that is made with tanh.
#pragma once

#include "exponentials.hpp"

namespace assay::reference {

struct erf_function {
  std::optional<special_value> special(double x) const { return std::isinf(x) ? std::nullopt : special_from(x); }
  int sign(double x) const { return sign_of(x); }
  template <class Real>
  Real value(double x) const {
    return std::isinf(x) ? Real(std::copysign(1.0, x)) : erf(Real(x));
  }
  std::optional<int> compare(double, const rational& t) const {
    return abs(t) == 1 ? std::optional(-t.sign()) : std::nullopt;  // |erf x| < 1
  }
};

/// What both forms share: 0 < y / x < 1.
struct gelu_signs {
  std::optional<special_value> special(double x) const { return x == -HUGE_VAL ? zero_of(true) : special_from(x); }
  int sign(double x) const { return sign_of(x); }
  std::optional<int> compare(double x, const rational& t) const {
    if (t == 0) return sign_of(x);
    return t == rational(x) ? std::optional(-sign_of(x)) : std::nullopt;
  }
};

/// x/2 erfc(-x / sqrt 2), which cancels nothing.
struct gelu_function : gelu_signs {
  template <class Real>
  Real value(double x) const {
    return Real(x / 2) * erfc(Real(-x) / sqrt(Real(2.0)));
  }
};

/// (1 + tanh u) / 2 = sigmoid(2u).
struct gelu_tanh_function : gelu_signs {
  template <class Real>
  Real value(double x) const {
    const Real v(x), cubic = Real(44715.0) / Real(1e6);
    Real pi;
    set_pi(pi);
    return v * sigmoid_of(sqrt(Real(8.0) / pi) * (v + cubic * (v * v * v)), x < 0);
  }
};

}  // namespace assay::reference
