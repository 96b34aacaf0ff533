#include <assay/reference/layer_norm.hpp>

#include <cmath>

#include "engine/check.hpp"
#include "engine/groups.hpp"
#include "engine/sums.hpp"
#include "engine/surd.hpp"

namespace assay::reference {

namespace {

struct layer_norm_line {
  std::span<const double> x, weight, bias;  ///< weight and bias may be empty
  double eps;
  bool is_nan, affine_special;

  using exact_field = surd;

  std::size_t outputs() const { return x.size(); }
  bool any_special() const { return is_nan || affine_special; }
  std::optional<special_value> special(std::size_t i) const {
    if (is_nan) return special_value{};
    const double w = weight.empty() ? 1 : weight[i], b = bias.empty() ? 0 : bias[i];
    if (std::isfinite(w) && std::isfinite(b)) return std::nullopt;
    const rational deviation = rational(x[i]) * x.size() - sum_of<rational>(x);
    return special_from(static_cast<double>(deviation.sign()) * w + b);
  }

  template <class Real, class Emit>
  void evaluate(selection which, const Emit& emit) const {
    const Real n(static_cast<double>(x.size()));
    const Real mean = sum_of<Real>(x) / n;
    const Real variance = sum_of_squares<Real>(x, mean) / n;
    const Real scale = Real(1) / sqrt(variance + Real(eps));
    for (const std::size_t i : which) {
      Real y = (Real(x[i]) - mean) * scale;
      if (!weight.empty()) y *= Real(weight[i]);
      if (!bias.empty()) y += Real(bias[i]);
      emit(i, y);
    }
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
    return layer_norm_line{line, w, b, options.eps, is_nan, affine_special};
  });
}

}  // namespace assay::reference
