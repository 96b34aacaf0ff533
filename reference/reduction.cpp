#include <assay/reference/reduction.hpp>

#include <bit>
#include <cmath>
#include <stdexcept>

#include "engine/check.hpp"
#include "engine/groups.hpp"
#include "engine/sums.hpp"

namespace assay::reference {

namespace {

/// The sum of a line, over n when it is a mean.
struct sum_kernel {
  std::span<const double> x;
  bool is_mean, rounds_downward;
  bool finite = all_finite(x);

  using exact_field = rational;

  std::size_t outputs() const { return 1; }
  bool any_special() const { return !finite || x.empty(); }
  std::optional<special_value> special(std::size_t) const {
    if (x.empty()) return is_mean ? special_value{} : special_value{value_class::zero, false};
    double total = 0;
    for (const double v : x) total += std::isfinite(v) ? 0 : v;
    return special_from(total);
  }
  bool zero_is_negative(std::size_t) const {
    const auto zeros = [&](bool negative) {
      return std::all_of(x.begin(), x.end(), [&](double v) { return v == 0 && std::signbit(v) == negative; });
    };
    return zeros(true) || (rounds_downward && !zeros(false));
  }
  template <class Real, class Emit>
  void evaluate(selection, const Emit& emit) const {
    const Real total = sum_of<Real>(x);
    emit(0, is_mean ? total / Real(static_cast<double>(x.size())) : total);
  }
};

struct variance_kernel {
  std::span<const double> x;
  double correction;
  bool finite = all_finite(x);

  static constexpr bool nonnegative = true;
  using exact_field = rational;

  double count() const { return static_cast<double>(x.size()); }
  std::size_t outputs() const { return 1; }
  bool any_special() const { return !finite || x.empty() || correction >= count(); }
  std::optional<special_value> special(std::size_t) const {
    const bool is_constant = std::all_of(x.begin(), x.end(), [&](double v) { return v == x[0]; });
    if (!finite || is_constant) return special_value{};
    return special_value{value_class::infinity, false};
  }
  template <class Real, class Emit>
  void evaluate(selection, const Emit& emit) const {
    const Real n(count()), mean = sum_of<Real>(x) / n;
    emit(0, sum_of_squares<Real>(x, mean) / (n - Real(correction)));
  }
};

/// An upper bound of the sum of the finite magnitudes: n terms round by n u at most.
double magnitude_of(std::span<const double> x) {
  double sum = 0;
  for (const double v : x) sum += std::isfinite(v) ? std::abs(v) : 0;
  return sum * (1 + static_cast<double>(x.size() + 1) * 0x1p-52);
}

truth sum_or_mean(const code_view& x, const reduction_options& options, const request& want, bool is_mean) {
  const reader values(x, "x");
  const axis_lines lines(x.shape(), options.axis, "x");
  const bool downward = want.how.mode == rounding::downward;
  const extents shape = without_axis(x.shape(), options.axis, options.keep_axis);
  tensor scale;
  if (want.scales) scale = tensor(element_type::of(binary64), shape);
  const double share = is_mean ? (1 + 0x1p-50) / static_cast<double>(std::max<std::size_t>(lines.length, 1)) : 1;
  truth result = one_per_line(values, lines, shape, want, [&](std::size_t n, std::span<double> line) {
    if (want.scales) scale.set(n, std::bit_cast<std::uint64_t>(magnitude_of(line) * share));
    return sum_kernel{line, is_mean, downward};
  });
  result.scale = std::move(scale);
  return result;
}

}  // namespace

truth sum(const code_view& x, const reduction_options& options, const request& want) {
  return sum_or_mean(x, options, want, false);
}

truth mean(const code_view& x, const reduction_options& options, const request& want) {
  return sum_or_mean(x, options, want, true);
}

truth variance(const code_view& x, double correction, const reduction_options& options, const request& want) {
  const reader values(x, "x");
  const axis_lines lines(x.shape(), options.axis, "x");
  if (!std::isfinite(correction)) {
    throw std::invalid_argument("correction is " + std::to_string(correction) + "; expected a finite number");
  }
  return one_per_line(values, lines, without_axis(x.shape(), options.axis, options.keep_axis), want,
                      [&](std::size_t, std::span<double> line) {
                        return variance_kernel{line, correction};
                      });
}

}  // namespace assay::reference
