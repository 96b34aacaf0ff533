#include <assay/reference/layer_norm.hpp>

#include <cmath>

#include "engine/check.hpp"
#include "engine/groups.hpp"
#include "engine/normalise.hpp"
#include "engine/sums.hpp"
#include "engine/surd.hpp"

namespace assay::reference {

namespace {

struct layer_norm_line {
  std::span<const double> x;
  affine a;
  double eps;
  bool is_nan, affine_special;

  using exact_field = surd;

  std::size_t outputs() const { return x.size(); }
  bool any_special() const { return is_nan || affine_special; }
  std::optional<special_value> special(std::size_t i) const {
    if (is_nan) return special_value{};
    if (a.is_finite(i)) return std::nullopt;
    const rational deviation = rational(x[i]) * x.size() - sum_of<rational>(x);
    return special_from(static_cast<double>(deviation.sign()) * a.weight_of(i) + a.bias_of(i));
  }

  template <class Real>
  std::pair<Real, Real> mean_and_scale() const {
    const Real n(static_cast<double>(x.size()));
    const Real mean = sum_of<Real>(x) / n;
    const Real variance = sum_of_squares<Real>(x, mean) / n;
    return {mean, Real(1) / sqrt(variance + Real(eps))};
  }
  template <class Real, class Emit>
  void evaluate(selection which, const Emit& emit) const {
    const auto [mean, scale] = mean_and_scale<Real>();
    emit_normalised(x, mean, scale, a, which, emit);
  }
  void estimate(std::span<double> values, std::span<double> radii) const {
    const auto [mean, scale] = mean_and_scale<ball>();
    estimate_normalised(x, mean, scale, a, values, radii);
  }
};

}  // namespace

truth layer_norm(const code_view& x, const code_view& weight, const code_view& bias, const layer_norm_options& options,
                 const request& want) {
  const reader values(x, "x");
  const axis_lines lines = last_axes(x.shape(), options.axes, "x");
  check_not_negative(options.eps, "eps");
  const std::vector<double> w = optional_vector(weight, lines.length, "weight");
  const std::vector<double> b = optional_vector(bias, lines.length, "bias");
  const bool affine_special = !all_finite(w) || !all_finite(b);
  return along_lines(values, lines, want, [&](std::size_t, std::span<double> line) {
    // Without eps, a line of equal numbers divides zero by zero.
    const bool constant = std::all_of(line.begin(), line.end(), [&](double v) { return v == line[0]; });
    const bool is_nan = !all_finite(line) || (options.eps == 0 && constant);
    return layer_norm_line{line, {w, b}, options.eps, is_nan, affine_special};
  });
}

}  // namespace assay::reference
