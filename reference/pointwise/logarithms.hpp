// log, log2, log1p. No value comes so close to a boundary that more precision would not show it.
#pragma once

#include "elements.hpp"

namespace assay::reference {

struct log_function {
  std::optional<special_value> special(double x) const {
    if (x > 0 && x < HUGE_VAL) return std::nullopt;
    if (x == 0) return infinity_of(true);
    return x < 0 ? special_value{} : special_from(x);
  }
  int sign(double) const { return 0; }
  template <class Real>
  Real value(double x) const {
    return log(Real(x));
  }
  std::optional<int> compare(double, const rational&) const { return std::nullopt; }
};

struct log2_function : log_function {
  template <class Real>
  Real value(double x) const {
    int exponent = 0;
    return std::frexp(x, &exponent) == 0.5 ? Real(exponent - 1.0) : log2(Real(x));
  }
};

struct log1p_function : log_function {
  std::optional<special_value> special(double x) const {
    if (x == -1) return infinity_of(true);
    return x < -1 ? special_value{} : special_from(x);
  }
  int sign(double x) const { return sign_of(x); }
  template <class Real>
  Real value(double x) const {
    return log1p(Real(x));
  }
};

}  // namespace assay::reference
