// mse, l1, huber and smooth_l1: rational functions of x - target, each in its pieces.
#include "pairs.hpp"

namespace assay::reference {

namespace {

/// Infinities of x - target, which all of these grow with.
struct distance_loss {
  std::optional<special_value> special(const pair& p) const {
    const double d = p.x - p.target;
    if (std::isfinite(p.x) && std::isfinite(p.target)) return std::nullopt;
    return std::isnan(d) ? special_value{} : special_value{value_class::infinity, false};
  }
};

template <class Real>
Real difference(const pair& p) {
  return Real(p.x) - Real(p.target);
}
/// Whether |x - target| is less than a bound, exactly.
bool is_closer(const pair& p, double bound) {
  const double larger = std::max(p.x, p.target), smaller = std::min(p.x, p.target), about = larger - smaller;
  if (about < bound * (1 - 0x1p-50)) return true;
  if (about > bound * (1 + 0x1p-50)) return false;
  return sign_of_sum({larger, -smaller, -bound}) < 0;
}
template <class Real>
Real magnitude(const pair& p) {
  return p.x < p.target ? -difference<Real>(p) : difference<Real>(p);
}

struct mse_loss : distance_loss {
  template <class Real>
  Real value(const pair& p) const {
    const Real d = difference<Real>(p);
    return d * d;
  }
  split_value split(const pair& p) const { return {value<rational>(p), 0}; }
};

struct l1_loss : distance_loss {
  template <class Real>
  Real value(const pair& p) const {
    return magnitude<Real>(p);
  }
  split_value split(const pair& p) const { return {value<rational>(p), 0}; }
};

/// Both pieces agree where |d| = delta.
struct huber_loss : distance_loss {
  double delta;

  explicit huber_loss(double d) : delta(d) {}
  template <class Real>
  Real value(const pair& p) const {
    const Real m = magnitude<Real>(p), half(0.5);
    return is_closer(p, delta) ? half * m * m : Real(delta) * (m - half * Real(delta));
  }
  split_value split(const pair& p) const { return {value<rational>(p), 0}; }
};

struct smooth_l1_loss : distance_loss {
  double beta;

  explicit smooth_l1_loss(double b) : beta(b) {}
  template <class Real>
  Real value(const pair& p) const {
    const Real m = magnitude<Real>(p), half(0.5);
    return is_closer(p, beta) ? half * m * m / Real(beta) : m - half * Real(beta);
  }
  split_value split(const pair& p) const { return {value<rational>(p), 0}; }
};

}  // namespace

truth mse(const code_view& x, const code_view& target, loss_reduction reduction, const request& want) {
  return truth_of_pairs(pair_inputs(x, target), mse_loss{}, reduction, want);
}

truth l1(const code_view& x, const code_view& target, loss_reduction reduction, const request& want) {
  return truth_of_pairs(pair_inputs(x, target), l1_loss{}, reduction, want);
}

truth huber(const code_view& x, const code_view& target, double delta, loss_reduction reduction, const request& want) {
  check_positive(delta, "delta");
  return truth_of_pairs(pair_inputs(x, target), huber_loss(delta), reduction, want);
}

truth smooth_l1(const code_view& x, const code_view& target, double beta, loss_reduction reduction,
                const request& want) {
  check_not_negative(beta, "beta");
  return truth_of_pairs(pair_inputs(x, target), smooth_l1_loss(beta), reduction, want);
}

}  // namespace assay::reference
