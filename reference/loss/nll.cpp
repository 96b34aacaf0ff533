#include "../engine/check.hpp"
#include "../engine/classes.hpp"
#include "../engine/terms.hpp"

#include <assay/reference/loss.hpp>

namespace assay::reference {

namespace {

struct nll_terms {
  const reader& x;
  const class_lines& of;
  const class_targets& target;
  const std::vector<double>& weight;

  struct state {
    std::size_t line = 0, target = 0;
    double x = 0;
  };
  std::size_t steps() const { return of.lines.count(); }
  std::size_t first(std::size_t step) const { return step; }
  state start() const { return {}; }
  void load(state& s, std::size_t step) const {
    s = {step, target[step], 0};
    if (s.target != class_targets::ignored) s.x = x[of.lines.first(step) + s.target * of.lines.step()];
  }
  std::size_t count(const state&) const { return 1; }
  double weight_of(const state& s) const { return weight.empty() ? 1 : weight[s.target]; }
  std::optional<special_value> special(const state& s, std::size_t) const {
    if (s.target == class_targets::ignored) return special_value{value_class::zero, false};
    return std::isfinite(s.x) ? std::nullopt : special_from(-weight_of(s) * s.x);
  }
  template <class Real>
  Real value(const state& s, std::size_t) const {
    return Real(-weight_of(s)) * Real(s.x);
  }
  split_value split(const state& s, std::size_t) const { return {value<rational>(s, 0), 0}; }
  template <class Real>
  Real divisor() const {
    return weight_of_targets<Real>(weight, target.counts());
  }
};

}  // namespace

truth nll(const code_view& x, const tensor& target, const code_view& weight, const nll_options& options,
          const request& want) {
  const reader values(x, "x");
  const class_lines lines(x.shape());
  const class_targets targets(target, lines, options.ignore_index);
  const std::vector<double> weights = finite_weights(weight, lines.classes(), "weight");
  return truth_of_terms(nll_terms{values, lines, targets, weights}, options.reduction == loss_reduction::none,
                        options.reduction == loss_reduction::mean, lines.shape, want);
}

}  // namespace assay::reference
