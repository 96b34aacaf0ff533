#include <assay/reference/softmax.hpp>

#include "engine/check.hpp"
#include "engine/groups.hpp"
#include "engine/softmax_line.hpp"
#include "engine/vectorised.hpp"

namespace assay::reference {

namespace {

/// y_i = p_i / total from p_i: the factor 1 / total and the product round once each.
ASSAY_VECTORISED void divide_powers(const softmax_line& line, const ball& total, double* y, double* radii) {
  constexpr double u = 0x1p-53, slack = 1 + 0x1p-20;
  const double* const x = line.x.data();
  const double top = line.top, per_exponent = power_line::exponent_error / line.temperature * slack;
  const double factor = 1 / total.value;
  const double relative = (power_error + total.radius * factor + 3 * u) * slack;
  for (std::size_t i = 0, n = line.x.size(); i < n; ++i) {
    const double d = top - x[i], value = y[i] * factor;
    y[i] = value;
    // d enters only what is finite: an infinite one belongs to a special element, whose bound is never used.
    radii[i] = value * (relative + d * per_exponent) + power_floor;
  }
}

struct softmax_kernel {
  softmax_line line;

  static constexpr bool nonnegative = true, estimates_beside_specials = true;
  using exact_field = exponential;

  std::size_t outputs() const { return line.x.size(); }
  bool any_special() const { return line.is_nan() || line.has_uncounted(); }
  std::optional<special_value> special(std::size_t i) const {
    if (line.is_nan()) return special_value{};
    if (!line.counts(i)) return special_value{value_class::zero, false};
    return std::nullopt;
  }
  int strict_sign(std::size_t) const { return 1; }

  /// The powers are kept, unless few elements are asked for.
  template <class Real, class Emit>
  void evaluate(selection which, const Emit& emit) const {
    const bool keep = which.size() > outputs() / 8;
    std::vector<Real> powers;
    Real total(0.0);
    for (std::size_t i = 0; i < outputs(); ++i) {
      Real p = line.counts(i) ? exp(line.exponent<Real>(i)) : Real(0.0);
      total += p;
      if (keep) powers.push_back(std::move(p));
    }
    for (const std::size_t i : which) emit(i, (keep ? powers[i] : exp(line.exponent<Real>(i))) / total);
  }
  void estimate(std::span<double> values, std::span<double> radii) const {
    const power_line powers(line.x, line.top, line.top_at, line.temperature, values);
    divide_powers(line, powers.total(), values.data(), radii.data());
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
    return softmax_kernel{softmax_line(line, options.temperature)};
  });
}

}  // namespace assay::reference
