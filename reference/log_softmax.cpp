#include <assay/reference/softmax.hpp>

#include "engine/check.hpp"
#include "engine/groups.hpp"
#include "engine/softmax_line.hpp"
#include "engine/vectorised.hpp"

namespace assay::reference {

namespace {

/// y_i = d_i - log_total. d_i rounds twice, and so is off by 2 u |d_i| and what underflow takes; the difference once.
ASSAY_VECTORISED void subtract_log_total(const softmax_line& line, const ball& log_total, double* y, double* radii) {
  constexpr double u = 0x1p-53, slack = 1 + 0x1p-20;
  const double* const x = line.x.data();
  const double top = line.top, temperature = line.temperature, value = log_total.value;
  const double absolute = log_total.radius * slack + 0x1p-1060;
  for (std::size_t i = 0, n = line.x.size(); i < n; ++i) {
    const double d = (x[i] - top) / temperature, difference = d - value;
    y[i] = difference;
    radii[i] = (2 * std::abs(d) + std::abs(difference)) * (u * slack) + absolute;
  }
}

struct log_softmax_kernel {
  softmax_line line;

  static constexpr bool estimates_beside_specials = true;

  std::size_t outputs() const { return line.x.size(); }
  bool any_special() const { return line.is_nan() || line.has_uncounted() || line.counted == 1; }
  std::optional<special_value> special(std::size_t i) const {
    if (line.is_nan()) return special_value{};
    if (!line.counts(i)) return special_value{value_class::infinity, true};
    if (line.counted == 1) return special_value{value_class::zero, false};
    return std::nullopt;
  }
  int strict_sign(std::size_t) const { return -1; }

  template <class Real, class Emit>
  void evaluate(selection which, const Emit& emit) const {
    const Real log_total = line.log_total<Real>();
    for (const std::size_t i : which) emit(i, line.exponent<Real>(i) - log_total);
  }
  void estimate(std::span<double> values, std::span<double> radii) const {
    subtract_log_total(line, line.quick_log_total(values), values.data(), radii.data());
  }
  /// y_i > t is e^(x_i / T - t) > sum of e^(x_j / T).
  std::optional<int> compare(std::size_t i, const rational& t) const {
    exponential_sum s;
    add_term(s, line.scaled(i) - t, 1);
    line.add_powers(s, -1);
    return sign_of(s);
  }
};

struct logsumexp_kernel {
  softmax_line line;

  std::size_t outputs() const { return 1; }
  bool any_special() const { return line.is_nan(); }
  std::optional<special_value> special(std::size_t) const {
    if (line.has_nan) return special_value{};
    return special_value{value_class::infinity, line.top != HUGE_VAL};
  }
  template <class Real>
  Real plus_top(const Real& log_total) const {
    return (line.temperature == 1 ? Real(line.top) : Real(line.top) / Real(line.temperature)) + log_total;
  }
  template <class Real, class Emit>
  void evaluate(selection, const Emit& emit) const {
    emit(0, plus_top(line.log_total<Real>()));
  }
  void estimate(std::span<double> values, std::span<double> radii) const {
    std::vector<double> powers(line.x.size());
    const ball y = plus_top(line.quick_log_total(powers));
    values[0] = y.value;
    radii[0] = y.radius;
  }
  /// y > t is sum of e^(x_j / T) > e^t.
  std::optional<int> compare(std::size_t, const rational& t) const {
    exponential_sum s;
    add_term(s, t, -1);
    line.add_powers(s, 1);
    return sign_of(s);
  }
};

}  // namespace

truth log_softmax(const code_view& x, const softmax_options& options, const request& want) {
  const reader values(x, "x");
  const axis_lines lines(x.shape(), options.axis, "x");
  const line_mask mask(options.keep, x.shape(), lines);
  check_positive(options.temperature, "temperature");
  return along_lines(values, lines, want, [&](std::size_t n, std::span<double> line) {
    mask.apply(n, line);
    return log_softmax_kernel{softmax_line(line, options.temperature)};
  });
}

truth logsumexp(const code_view& x, const softmax_options& options, bool keep_axis, const request& want) {
  const reader values(x, "x");
  const axis_lines lines(x.shape(), options.axis, "x");
  const line_mask mask(options.keep, x.shape(), lines);
  check_positive(options.temperature, "temperature");
  const extents shape = without_axis(x.shape(), options.axis, keep_axis);
  return one_per_line(values, lines, shape, want, [&](std::size_t n, std::span<double> line) {
    mask.apply(n, line);
    return logsumexp_kernel{softmax_line(line, options.temperature)};
  });
}

}  // namespace assay::reference
