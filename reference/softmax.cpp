#include <assay/reference/softmax.hpp>

#include <cmath>

#include "engine/check.hpp"
#include "engine/exponential.hpp"
#include "engine/groups.hpp"

namespace assay::reference {

namespace {

struct softmax_line {
  std::span<const double> x;  ///< masked elements are -infinity
  double temperature;
  double top = -HUGE_VAL;
  bool is_nan = false, has_infinity = false;

  softmax_line(std::span<const double> values, double t) : x(values), temperature(t) {
    for (const double v : x) {
      is_nan = is_nan || !(v < HUGE_VAL);
      has_infinity = has_infinity || v == -HUGE_VAL;
      top = std::max(top, v);
    }
    is_nan = is_nan || top == -HUGE_VAL;
  }

  static constexpr bool nonnegative = true;
  using exact_field = exponential;

  std::size_t outputs() const { return x.size(); }
  bool any_special() const { return is_nan || has_infinity; }
  std::optional<special_value> special(std::size_t i) const {
    if (is_nan) return special_value{value_class::nan, false};
    if (x[i] == -HUGE_VAL) return special_value{value_class::zero, false};
    return std::nullopt;
  }

  template <class Real>
  Real power(double v) const {  // the largest element is taken off: the quotient stays, and nothing overflows
    const Real difference = Real(v) - Real(top);
    return exp(temperature == 1 ? difference : difference / Real(temperature));
  }
  template <class Real, class Emit>
  void evaluate(selection which, const Emit& emit) const {
    Real total(0);
    for (const double v : x) {
      if (v != -HUGE_VAL) total += power<Real>(v);
    }
    for (const std::size_t i : which) emit(i, power<Real>(x[i]) / total);
  }
};

}  // namespace

truth softmax(const code_view& x, const softmax_options& options, const request& want) {
  const reader values(x, "x");
  const axis_lines lines(x.shape(), options.axis, "x");
  const line_mask mask(options.keep, x.shape(), lines);
  check_positive(options.temperature, "temperature");
  return along_lines(values, lines, want, [&](std::size_t n, std::span<double> line) {
    mask.apply(n, line);
    return softmax_line(line, options.temperature);
  });
}

}  // namespace assay::reference
