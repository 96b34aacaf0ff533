#include <assay/reference/loss_backward.hpp>

#include "elementwise_backward.hpp"

namespace assay::reference {

namespace {

struct mse_gradient {
  double count;  ///< of a mean, or 1

  std::optional<special_value> special(const gradient_arguments& a) const {
    if (std::isfinite(a.x) && std::isfinite(a.target) && std::isfinite(a.dy)) return std::nullopt;
    const double d = a.x - a.target;  // its class, if not its value: neither overflows to an infinity that dy's meets
    const double sign = std::isfinite(d) ? static_cast<double>((a.x > a.target) - (a.x < a.target)) : d;
    return a.dy == 0 && std::isinf(sign) ? special_value{} : special_from(sign * a.dy);
  }
  template <class Real>
  Real value(const gradient_arguments& a) const {
    return Real(2.0) * Real(a.dy) * (Real(a.x) - Real(a.target)) / Real(count);
  }
  std::optional<int> compare(const gradient_arguments& a, const rational& t) const {
    return value<rational>(a).compare(t);
  }
};

}  // namespace

truth mse_backward(const code_view& x, const code_view& target, const code_view& dy, loss_reduction reduction,
                   const request& want) {
  check_same_shape(target.shape(), "target", x.shape(), "x");
  const bool apart = reduction == loss_reduction::none;
  if (dy.has_data()) check_same_shape(dy.shape(), "dy", apart ? x.shape() : extents{}, "the loss");
  const double count = reduction == loss_reduction::mean ? static_cast<double>(x.size()) : 1;
  return truth_of_gradient(x, dy, target, want, mse_gradient{count});
}

}  // namespace assay::reference
