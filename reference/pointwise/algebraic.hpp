// convert, relu, reciprocal, sqrt, rsqrt.
#pragma once

#include "elements.hpp"

namespace assay::reference {

struct convert_function {
  std::optional<special_value> special(double x) const { return special_from(x); }
  int sign(double x) const { return sign_of(x); }
  template <class Real>
  Real value(double x) const {
    return Real(x);
  }
  std::optional<int> compare(double x, const rational& t) const { return rational(x).compare(t); }
};

struct relu_function : convert_function {
  std::optional<special_value> special(double x) const { return x <= 0 ? zero_of(false) : special_from(x); }
};

struct reciprocal_function : convert_function {
  std::optional<special_value> special(double x) const {
    if (x == 0) return infinity_of(std::signbit(x));
    return std::isinf(x) ? zero_of(x < 0) : special_from(x);
  }
  template <class Real>
  Real value(double x) const {
    return Real(1.0) / Real(x);
  }
  std::optional<int> compare(double x, const rational& t) const { return (1 / rational(x)).compare(t); }
};

struct sqrt_function : convert_function {
  std::optional<special_value> special(double x) const { return x < 0 ? special_value{} : special_from(x); }
  template <class Real>
  Real value(double x) const {
    return sqrt(Real(x));
  }
  std::optional<int> compare(double x, const rational& t) const { return t < 0 ? 1 : rational(x).compare(t * t); }
};

struct rsqrt_function : convert_function {
  std::optional<special_value> special(double x) const {
    if (x == 0) return infinity_of(std::signbit(x));
    if (x == HUGE_VAL) return zero_of(false);
    return x < 0 ? special_value{} : special_from(x);
  }
  template <class Real>
  Real value(double x) const {
    return Real(1.0) / sqrt(Real(x));
  }
  std::optional<int> compare(double x, const rational& t) const {
    return t <= 0 ? 1 : rational(1).compare(t * t * rational(x));
  }
};

}  // namespace assay::reference
