#include <assay/reference/activation_backward.hpp>

#include "elementwise_backward.hpp"

namespace assay::reference {

namespace {

/// The factor of dy is below zero for x up to `last_negative` and above zero beyond: its root is no double.
template <class Derived>
struct activation_gradient {
  static int sign_of_factor(double x) { return x > Derived::last_negative ? 1 : -1; }

  std::optional<special_value> special(const gradient_arguments& a) const {
    constexpr special_value zero{value_class::zero, false};
    if (std::isnan(a.x) || std::isnan(a.dy)) return special_value{};
    if (a.x == -HUGE_VAL) return std::isinf(a.dy) ? special_value{} : zero;
    if (std::isinf(a.dy)) return special_value{value_class::infinity, sign_of(a.dy) * sign_of_factor(a.x) < 0};
    return a.dy == 0 ? std::optional(zero) : std::nullopt;
  }
  template <class Real>
  Real value(const gradient_arguments& a) const {
    return a.x == HUGE_VAL ? Real(a.dy) : Real(a.dy) * Derived::template factor<Real>(a.x);
  }
  /// Far to the left the factor rises to 0 from below, far to the right it falls to 1 from above.
  std::optional<int> compare(const gradient_arguments& a, const rational& t) const {
    if (t == 0) return sign_of(a.dy) * sign_of_factor(a.x);
    return a.x > 4 && t == rational(a.dy) ? std::optional(sign_of(a.dy)) : std::nullopt;
  }
};

struct gelu_gradient : activation_gradient<gelu_gradient> {
  static constexpr double last_negative = -0x1.80ead197f00b4p-1;
  template <class Real>
  static Real factor(double at) {
    const Real x(at), half(0.5);
    Real pi;
    set_pi(pi);
    const Real distribution = half * erfc(-x / sqrt(Real(2.0)));
    return distribution + x * exp(-(x * x) * half) / sqrt(Real(2.0) * pi);
  }
};

/// With e = e^-|x|: s = 1 / (1 + e) or e / (1 + e).
struct silu_gradient : activation_gradient<silu_gradient> {
  static constexpr double last_negative = -0x1.474973c84120cp+0;
  template <class Real>
  static Real factor(double at) {
    const Real e = exp(Real(-std::abs(at))), one(1.0), under = one + e;
    const Real s = (at < 0 ? e : one) / under, rest = (at < 0 ? one : e) / under;
    return s * (one + Real(at) * rest);
  }
};

}  // namespace

truth gelu_backward(const code_view& x, const code_view& dy, const request& want) {
  check_same_shape(dy.shape(), "dy", x.shape(), "x");
  return truth_of_gradient(x, dy, {}, want, gelu_gradient{});
}

truth silu_backward(const code_view& x, const code_view& dy, const request& want) {
  check_same_shape(dy.shape(), "dy", x.shape(), "x");
  return truth_of_gradient(x, dy, {}, want, silu_gradient{});
}

}  // namespace assay::reference
