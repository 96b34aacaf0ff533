#include <assay/reference/rms_norm.hpp>

#include <cmath>

#include "engine/check.hpp"
#include "engine/groups.hpp"
#include "engine/moments.hpp"
#include "engine/normalise.hpp"

namespace assay::reference {

namespace {

struct rms_norm_line {
  std::span<const double> x;
  affine a;
  double eps;
  bool is_nan, has_infinity, weight_special;

  using exact_field = surd;

  std::size_t outputs() const { return x.size(); }
  bool any_special() const { return is_nan || has_infinity || weight_special; }
  std::optional<special_value> special(std::size_t i) const {
    if (is_nan) return special_value{};
    if (has_infinity) return special_from(x[i] / HUGE_VAL * a.weight_of(i));
    if (std::isfinite(a.weight_of(i))) return std::nullopt;
    return special_from(x[i] * a.weight_of(i));
  }
  bool zero_is_negative(std::size_t i) const { return std::signbit(x[i]) != std::signbit(a.weight_of(i)); }

  template <class Real>
  Real scale() const {
    return Real(1) / sqrt(line_moments<Real>(x, false).square + Real(eps));
  }
  template <class Real, class Emit>
  void evaluate(selection which, const Emit& emit) const {
    emit_normalised(x, Real(0), scale<Real>(), a, which, emit);
  }
  void estimate(std::span<double> values, std::span<double> radii) const {
    estimate_normalised(x, ball(0), scale<ball>(), a, values, radii);
  }
};

/// weight_i x_i, of numbers that are what they are.
struct weighted_line {
  std::span<const double> x;
  std::span<const double> weight;

  using exact_field = rational;

  double product(std::size_t i) const { return weight.empty() ? x[i] : x[i] * weight[i]; }
  bool is_special(std::size_t i) const {
    return !std::isfinite(x[i]) || (!weight.empty() && !std::isfinite(weight[i]));
  }

  std::size_t outputs() const { return x.size(); }
  bool any_special() const { return !all_finite(x) || !all_finite(weight); }
  std::optional<special_value> special(std::size_t i) const {
    return is_special(i) ? special_from(product(i)) : std::nullopt;
  }
  bool zero_is_negative(std::size_t i) const {
    return std::signbit(x[i]) != (!weight.empty() && std::signbit(weight[i]));
  }
  template <class Real, class Emit>
  void evaluate(selection which, const Emit& emit) const {
    for (const std::size_t i : which) emit(i, weight.empty() ? Real(x[i]) : Real(x[i]) * Real(weight[i]));
  }
};

}  // namespace

truth rms_norm(const code_view& x, const code_view& weight, const rms_norm_options& options, const request& want) {
  const reader values(x, "x");
  const axis_lines lines = last_axes(x.shape(), options.axes, "x");
  check_not_negative(options.eps, "eps");
  const std::vector<double> w = optional_vector(weight, lines.length, "weight");
  if (options.cast_before_weight) {
    const request stored{.to = *options.cast_before_weight, .threads = want.threads, .most_bits = want.most_bits};
    const truth normalised = rms_norm(x, {}, {.axes = options.axes, .eps = options.eps}, stored);
    truth result = along_lines(reader(normalised.value.view(), "the format of cast_before_weight"), lines, want,
                               [&](std::size_t, std::span<double> line) {
                                 return weighted_line{line, w};
                               });
    result.decided = normalised.decided;
    return result;
  }
  const bool weight_special = !all_finite(w);
  return along_lines(values, lines, want, [&](std::size_t, std::span<double> line) {
    bool has_nan = false, has_infinity = false, all_zero = options.eps == 0;
    if (!all_finite(line)) {
      for (const double v : line) {
        has_nan = has_nan || std::isnan(v);
        has_infinity = has_infinity || std::isinf(v);
      }
    }
    if (all_zero) all_zero = std::all_of(line.begin(), line.end(), [](double v) { return v == 0; });
    return rms_norm_line{line, {w, {}}, options.eps, has_nan || all_zero, has_infinity, weight_special};
  });
}

}  // namespace assay::reference
