#include <assay/reference/softmax_backward.hpp>

#include "../engine/check.hpp"
#include "../engine/groups.hpp"
#include "../engine/softmax_line.hpp"
#include "../engine/sums.hpp"

namespace assay::reference {

namespace {

/// x and dy of a line, and what both gradients make of values that are not finite.
struct gradient_line {
  softmax_line line;
  std::span<const double> dy;
  bool dy_finite = all_finite(dy);

  std::size_t outputs() const { return dy.size(); }
  double power(std::size_t i) const { return line.counts(i) ? 1 : 0; }  // its class: zero or positive
  /// Sum of all factors times dy that are not finite, as IEEE 754 has it; 0 when all are.
  template <class Factor>
  double nonfinite_sum(const Factor& factor) const {
    double sum = 0;
    for (std::size_t j = 0; j < dy.size() && !dy_finite; ++j) sum += std::isfinite(dy[j]) ? 0 : factor(j) * dy[j];
    return sum;
  }
};

std::optional<special_value> unless_finite(double x) { return std::isfinite(x) ? std::nullopt : special_from(x); }

/// dx_i = e_i (dy_i - D / S) / (S T), with S the sum of e_j and D that of e_j dy_j.
struct softmax_backward_kernel : gradient_line {
  bool any_special() const { return line.is_nan() || line.has_uncounted() || !dy_finite; }
  std::optional<special_value> special(std::size_t i) const {
    if (line.is_nan()) return special_value{};
    const double sum = nonfinite_sum([&](std::size_t j) { return power(j); });
    const auto s = unless_finite(power(i) * (dy[i] - sum));
    if (!s && !line.counts(i)) return special_value{value_class::zero, false};
    return s;
  }
  template <class Real, class Emit>
  void evaluate(selection which, const Emit& emit) const {
    const std::vector<Real> powers = line.powers<Real>();
    Real total(0.0), weighted(0.0);
    for (std::size_t j = 0; j < dy.size(); ++j) {
      total += powers[j];
      weighted += powers[j] * Real(dy[j]);
    }
    const Real mean = weighted / total, scale = total * Real(line.temperature);
    for (const std::size_t i : which) emit(i, powers[i] / scale * (Real(dy[i]) - mean));
  }
  /// The sign of e_i (dy_i S - D) - t T S^2; of zero without the square, which has too many terms for long lines.
  std::optional<int> compare(std::size_t i, const rational& t) const {
    exponential_sum total, difference;
    for (std::size_t j = 0; j < dy.size(); ++j) {
      if (!line.counts(j)) continue;
      add_term(total, line.scaled(j), 1);
      add_term(difference, line.scaled(j), rational(dy[i]) - rational(dy[j]));
    }
    if (t == 0) return sign_of(difference);
    constexpr std::size_t most_terms = 128;
    if (total.size() > most_terms) return std::nullopt;
    const exponential_sum factor{{0, -t * rational(line.temperature)}}, power{{line.scaled(i), 1}};
    return sign_of(power * difference + factor * (total * total));
  }
};

/// dx_i = (dy_i - e_i G / S) / T, with G the sum of dy_j.
struct log_softmax_backward_kernel : gradient_line {
  bool any_special() const { return line.is_nan() || !dy_finite; }
  std::optional<special_value> special(std::size_t i) const {
    if (line.is_nan()) return special_value{};
    return unless_finite(dy[i] - power(i) * nonfinite_sum([](std::size_t) { return 1.0; }));
  }
  template <class Real, class Emit>
  void evaluate(selection which, const Emit& emit) const {
    const std::vector<Real> powers = line.powers<Real>();
    Real total(0.0);
    for (const Real& p : powers) total += p;
    const Real share = sum_of<Real>(dy) / total;
    for (const std::size_t i : which) emit(i, (Real(dy[i]) - powers[i] * share) / Real(line.temperature));
  }
  /// The sign of (dy_i - t T) S - e_i G.
  std::optional<int> compare(std::size_t i, const rational& t) const {
    exponential_sum s;
    line.add_powers(s, rational(dy[i]) - t * rational(line.temperature));
    if (line.counts(i)) add_term(s, line.scaled(i), -sum_of<rational>(dy));
    return sign_of(s);
  }
};

template <class Kernel>
truth backward(const code_view& x, const code_view& dy, const softmax_options& options, const request& want) {
  const reader values(x, "x"), gradient(dy, "dy");
  const axis_lines lines(x.shape(), options.axis, "x");
  check_same_shape(dy.shape(), "dy", x.shape(), "x");
  check_positive(options.temperature, "temperature");
  const output_rule rule(want.to, want.how);
  truth result = make_truth(want, x.shape());
  result.decided = in_parallel(lines.count(), want.threads, result.value.size(),
                               [&](std::size_t first, std::size_t last, workspace& w, decisions& made) {
                                 std::vector<double> line(lines.length), dy_line(lines.length);
                                 for (std::size_t n = first; n < last; ++n) {
                                   values.read(lines.first(n), lines.step(), line);
                                   gradient.read(lines.first(n), lines.step(), dy_line);
                                   decide(Kernel{{softmax_line(line, options.temperature), dy_line}}, rule, want, w,
                                          line_of_truth(result, lines.first(n), lines.step()), made);
                                 }
                               });
  return result;
}

}  // namespace

truth softmax_backward(const code_view& x, const code_view& dy, const softmax_options& options, const request& want) {
  return backward<softmax_backward_kernel>(x, dy, options, want);
}

truth log_softmax_backward(const code_view& x, const code_view& dy, const softmax_options& options,
                           const request& want) {
  return backward<log_softmax_backward_kernel>(x, dy, options, want);
}

}  // namespace assay::reference
