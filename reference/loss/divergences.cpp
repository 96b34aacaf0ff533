// bce, bce_with_logits and kl_div: numbers known exactly, and logarithms whose sign is known.
#include "../engine/exponential.hpp"
#include "pairs.hpp"

namespace assay::reference {

namespace {

constexpr special_value nothing{value_class::zero, false};

special_value infinity(double sign) { return sign == 0 ? nothing : special_value{value_class::infinity, sign < 0}; }

struct bce_loss {
  /// The largest double whose logarithm is below -100; the next one's is above.
  static constexpr double clamped_up_to = 0x1.a8c1f14e2af5cp-145;

  std::optional<special_value> special(const pair& p) const {
    return std::isnan(p.x) || std::isnan(p.target) ? std::optional(special_value{}) : std::nullopt;
  }
  /// -ln x and -ln(1 - x), at most 100.
  template <class Real>
  Real first(double x) const {
    return x <= clamped_up_to ? Real(100.0) : -log(Real(x));
  }
  template <class Real>
  Real second(double x) const {
    return x == 1 ? Real(100.0) : -log1p(-Real(x));
  }
  template <class Real>
  Real value(const pair& p) const {
    Real sum(0.0);  // a factor of zero leaves its term out, exactly
    if (p.target != 0) sum += Real(p.target) * first<Real>(p.x);
    if (p.target != 1) sum += (Real(1.0) - Real(p.target)) * second<Real>(p.x);
    return Real(p.weight) * sum;
  }
  /// Logarithms that are neither clamped nor zero are positive and transcendental.
  split_value split(const pair& p) const {
    rational exact = 0;
    const bool inside = p.x > 0 && p.x < 1;
    if (p.x <= clamped_up_to) exact += rational(p.target) * 100;
    if (p.x == 1) exact += (1 - rational(p.target)) * 100;
    const bool has_first = inside && p.x > clamped_up_to && p.target != 0, has_second = inside && p.target != 1;
    return {exact * rational(p.weight), has_first || has_second ? sign_of(p.weight) : 0};
  }
};

/// With L = ln(1 + e^-|x|): s(x) = max(x, 0) + L and s(-x) = max(-x, 0) + L.
struct bce_with_logits_loss {
  template <class Real>
  static Real positive(const pair& p) {
    return Real(p.pos_weight) * Real(p.target);
  }
  template <class Real>
  static Real negative(const pair& p) {
    return Real(1.0) - Real(p.target);
  }
  std::optional<special_value> special(const pair& p) const {
    if (std::isnan(p.x) || std::isnan(p.target)) return special_value{};
    if (!std::isinf(p.x)) return std::nullopt;
    const double factor = p.x > 0 ? 1 - p.target : p.target == 0 ? 0 : p.pos_weight;
    return infinity(static_cast<double>(sign_of(factor) * sign_of(p.weight)));
  }
  template <class Real>
  Real value(const pair& p) const {
    const Real m(std::abs(p.x)), both = positive<Real>(p) + negative<Real>(p);
    const Real large = (p.x < 0 ? positive<Real>(p) : negative<Real>(p)) * m;
    return Real(p.weight) * (large + both * log1p(exp(-m)));
  }
  split_value split(const pair& p) const {
    const rational m(std::abs(p.x)), both = positive<rational>(p) + negative<rational>(p);
    const rational large = (p.x < 0 ? positive<rational>(p) : negative<rational>(p)) * m;
    return {rational(p.weight) * large, both.sign() * sign_of(p.weight)};
  }
};

struct kl_div_loss {
  std::optional<special_value> special(const pair& p) const {
    if (std::isnan(p.x) || std::isnan(p.target) || p.target < 0) return special_value{};
    if (p.target == 0) return std::isinf(p.x) ? special_value{} : nothing;
    if (std::isfinite(p.x) && std::isfinite(p.target)) return std::nullopt;
    return p.x == HUGE_VAL && p.target == HUGE_VAL ? special_value{} : infinity(p.x == HUGE_VAL ? -1 : 1);
  }
  template <class Real>
  Real value(const pair& p) const {
    return Real(p.target) * (log(Real(p.target)) - Real(p.x));
  }
  split_value split(const pair& p) const {
    return {-rational(p.target) * rational(p.x), p.target < 1 ? -1 : p.target > 1 ? 1 : 0};
  }
};

struct kl_div_log_loss {
  std::optional<special_value> special(const pair& p) const {
    if (std::isnan(p.x) || std::isnan(p.target)) return special_value{};
    if (std::isfinite(p.x) && std::isfinite(p.target)) return std::nullopt;
    if (p.target == -HUGE_VAL) return std::isinf(p.x) ? special_value{} : nothing;
    return p.x == HUGE_VAL && p.target == HUGE_VAL ? special_value{} : infinity(p.x == HUGE_VAL ? -1 : 1);
  }
  template <class Real>
  Real value(const pair& p) const {
    const Real difference = Real(p.target) - Real(p.x);
    return p.target == 0 ? difference : exp(Real(p.target)) * difference;
  }
  split_value split(const pair& p) const {
    split_value v;
    add_term(v.exact, rational(p.target), rational(p.target) - rational(p.x));
    return v;
  }
};

/// Throws std::invalid_argument for an element outside 0 to 1. NaN may pass.
void check_from_0_to_1(const reader& values, const char* name) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double v = values[i];
    if (v < 0 || v > 1) {
      throw std::invalid_argument("element " + std::to_string(i) + " of " + name + " is " + std::to_string(v) +
                                  "; expected 0 to 1");
    }
  }
}

/// Weights of all elements, which must be finite.
void take_weights(pair_inputs& in, const code_view& weight) {
  if (!weight.has_data()) return;
  check_same_shape(weight.shape(), "weight", in.x.view().shape(), "x");
  in.weight.emplace(weight, "weight");
  for (std::size_t i = 0; i < weight.size(); ++i) {
    if (std::isfinite((*in.weight)[i])) continue;
    throw std::invalid_argument("element " + std::to_string(i) + " of weight is " + std::to_string((*in.weight)[i]) +
                                "; expected a finite number");
  }
}

}  // namespace

truth bce(const code_view& x, const code_view& target, const code_view& weight, loss_reduction reduction,
          const request& want) {
  pair_inputs in(x, target);
  take_weights(in, weight);
  check_from_0_to_1(in.x, "x");
  check_from_0_to_1(in.target, "target");
  return truth_of_pairs(in, bce_loss{}, reduction, want);
}

truth bce_with_logits(const code_view& x, const code_view& target, const code_view& weight, const code_view& pos_weight,
                      loss_reduction reduction, const request& want) {
  pair_inputs in(x, target);
  take_weights(in, weight);
  check_from_0_to_1(in.target, "target");
  in.pos_weight = finite_weights(pos_weight, x.line_length(), "pos_weight");
  return truth_of_pairs(in, bce_with_logits_loss{}, reduction, want);
}

truth kl_div(const code_view& x, const code_view& target, bool log_target, loss_reduction reduction,
             const request& want) {
  const pair_inputs in(x, target);
  return log_target ? truth_of_pairs(in, kl_div_log_loss{}, reduction, want)
                    : truth_of_pairs(in, kl_div_loss{}, reduction, want);
}

}  // namespace assay::reference
