#include <assay/reference/cross_entropy.hpp>

#include "../engine/class_line.hpp"
#include "../engine/sums.hpp"
#include "../engine/terms.hpp"
#include "class_inputs.hpp"

namespace assay::reference {

namespace {

struct cross_entropy_terms {
  const class_inputs& in;

  struct state {
    std::vector<double> x, powers, probabilities;
    std::optional<softmax_line> line;
    class_factors q;
    ball quick_log_total;
  };
  std::size_t steps() const { return in.of.lines.count(); }
  std::size_t first(std::size_t step) const { return step; }
  state start() const {
    state s;
    s.x.resize(in.of.classes());
    s.powers.resize(in.of.classes());
    return s;
  }
  void load(state& s, std::size_t n) const {
    s.line.reset();
    if (!in.load(n, s.x, s.probabilities, s.q)) return;
    s.line.emplace(s.x);
    if (!s.line->is_nan()) s.quick_log_total = s.line->quick_log_total(s.powers);
  }
  std::size_t count(const state&) const { return 1; }

  std::optional<special_value> special(const state& s, std::size_t) const {
    if (!s.line) return special_value{value_class::zero, false};
    if (s.line->is_nan() || !all_finite(s.probabilities)) return special_value{};
    if (!s.line->has_uncounted()) return std::nullopt;
    double infinities = 0;  // q times what -log_softmax is
    s.q.for_each([&](std::size_t c) {
      if (!s.line->counts(c)) infinities += static_cast<double>(s.q.of<rational>(c).sign()) * HUGE_VAL;
    });
    return infinities == 0 ? std::nullopt : special_from(infinities);
  }

  /// Q L - sum of q_c e_c, with e_c = x_c - the largest x.
  template <class Real>
  Real value(const state& s, std::size_t) const {
    Real log_total = [&] {
      if constexpr (std::is_same_v<Real, ball>) {
        return s.quick_log_total;
      } else {
        return s.line->template log_total<Real>();
      }
    }();
    return s.q.template total<Real>() * log_total - exponents<Real>(s);
  }
  split_value split(const state& s, std::size_t) const {
    const int rest = s.line->counted > 1 ? s.q.total<rational>().sign() : 0;
    return {-exponents<rational>(s), rest};
  }
  template <class Real>
  Real divisor() const {
    return in.template divisor<Real>();
  }

 private:
  /// Sum of q_c e_c over the classes that matter.
  template <class Real>
  Real exponents(const state& s) const {
    const class_factors& q = s.q;
    if (q.weight.empty() && !q.has_probabilities()) {
      const Real of_target = s.line->exponent<Real>(q.target);
      if (q.smoothing == 0) return of_target;
      const Real n(static_cast<double>(q.classes));
      const Real of_all = sum_of<Real>(s.line->x) - n * Real(s.line->top);
      return (Real(1.0) - Real(q.smoothing)) * of_target + q.share<Real>() * of_all;
    }
    Real sum(0.0);
    q.for_each([&](std::size_t c) { sum += q.of<Real>(c) * s.line->exponent<Real>(c); });
    return sum;
  }
};

}  // namespace

truth cross_entropy(const code_view& x, const cross_entropy_targets& targets, const cross_entropy_options& options,
                    const request& want) {
  const class_inputs in(x, targets, options);
  return truth_of_terms(cross_entropy_terms{in}, options.reduction == loss_reduction::none,
                        options.reduction == loss_reduction::mean, in.of.shape, want);
}

}  // namespace assay::reference
