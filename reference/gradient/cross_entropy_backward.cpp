#include <assay/reference/loss_backward.hpp>

#include "../engine/sums.hpp"
#include "../loss/class_inputs.hpp"

namespace assay::reference {

namespace {

/// dx_c = dy / W (e_c Q / S - q_c), with W the mean's divisor, or 1.
struct cross_entropy_backward_kernel {
  const class_inputs& in;
  softmax_line line;
  class_factors q;
  double dy;
  bool is_mean, is_ignored, is_nan;

  std::size_t outputs() const { return q.classes; }
  bool any_special() const { return is_ignored || is_nan || !std::isfinite(dy); }
  std::optional<special_value> special(std::size_t c) const {
    if (is_ignored) return special_value{value_class::zero, false};
    if (is_nan || std::isnan(dy)) return special_value{};
    if (std::isfinite(dy)) return std::nullopt;
    const double factor = static_cast<double>(sign_of_factor(c, 0).value_or(0)) * (is_mean ? sign_of_divisor() : 1);
    return special_from(dy * factor);
  }
  template <class Real>
  Real factor() const {
    return is_mean ? Real(dy) / in.divisor<Real>() : Real(dy);
  }
  template <class Real, class Emit>
  void evaluate(selection which, const Emit& emit) const {
    const std::vector<Real> powers = line.powers<Real>();
    Real total(0.0);
    for (const Real& p : powers) total += p;
    const Real share = q.total<Real>() / total, scale = factor<Real>();
    for (const std::size_t c : which) {
      // At the target a share near 1 leaves little: 1 - e_c / S is the sum of the other powers over S.
      if (is_plain() && c == q.target) {
        Real others(0.0);
        for (std::size_t j = 0; j < powers.size(); ++j) {
          if (j != c) others += powers[j];
        }
        emit(c, -(scale * (others / total)));
      } else {
        const Real likely = powers[c] * share;
        emit(c, scale * (q.matters(c) ? likely - q.of<Real>(c) : likely));
      }
    }
  }
  std::optional<int> compare(std::size_t c, const rational& t) const {
    const rational scale = factor<rational>();
    if (scale == 0) return -t.sign();
    const std::optional<int> side = sign_of_factor(c, t / scale);
    return side ? std::optional(*side * scale.sign()) : std::nullopt;
  }

 private:
  /// A class is the target, and neither weights nor smoothing change that.
  bool is_plain() const { return !q.has_probabilities() && q.smoothing == 0 && q.weight.empty(); }
  double sign_of_divisor() const { return static_cast<double>(in.divisor<rational>().sign()); }
  /// The sign of e_c Q - (q_c + t) S.
  std::optional<int> sign_of_factor(std::size_t c, const rational& t) const {
    exponential_sum s;
    line.add_powers(s, -((q.matters(c) ? q.of<rational>(c) : rational(0)) + t));
    if (line.counts(c)) add_term(s, line.scaled(c), q.total<rational>());
    return sign_of(s);
  }
};

}  // namespace

truth cross_entropy_backward(const code_view& x, const cross_entropy_targets& targets, const code_view& dy,
                             const cross_entropy_options& options, const request& want) {
  const class_inputs in(x, targets, options);
  const bool apart = options.reduction == loss_reduction::none, is_mean = options.reduction == loss_reduction::mean;
  if (dy.has_data()) check_same_shape(dy.shape(), "dy", apart ? in.of.shape : extents{}, "the loss");
  std::optional<reader> gradient;
  if (dy.has_data()) gradient.emplace(dy, "dy");
  const bool over_zero = is_mean && in.divisor<rational>() == 0;
  const axis_lines& lines = in.of.lines;
  const output_rule rule(want.to, want.how);
  truth result = make_truth(want, x.shape());
  result.decided = in_parallel(lines.count(), want.threads, result.value.size(),
                               [&](std::size_t first, std::size_t last, workspace& w, decisions& made) {
                                 std::vector<double> values(lines.length), probabilities;
                                 for (std::size_t n = first; n < last; ++n) {
                                   class_factors q;
                                   const bool counts = in.load(n, values, probabilities, q);
                                   const softmax_line line(values);
                                   const bool is_nan = line.is_nan() || !all_finite(probabilities) || over_zero;
                                   const double g = gradient ? (*gradient)[apart ? n : 0] : 1;
                                   decide(cross_entropy_backward_kernel{in, line, q, g, is_mean, !counts, is_nan}, rule,
                                          want, w, line_of_truth(result, lines.first(n), lines.step()), made);
                                 }
                               });
  return result;
}

}  // namespace assay::reference
