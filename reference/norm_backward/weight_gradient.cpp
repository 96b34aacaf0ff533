#include "weight_gradient.hpp"

#include "../engine/surd.hpp"
#include "../engine/vectorised.hpp"

namespace assay::reference {

namespace {

constexpr double u = 0x1p-53, room = 0x1p-1060;

/// What the columns' sums are kept in.
struct running_sums {
  static constexpr std::size_t width = 64;
  double sum[width]{}, errors[width]{}, magnitudes[width]{}, radii[width]{};
};

// A term is fl(fl(d dy) s) with d = fl(x - m): it errs by 3 u and s's relative error of itself, and by m's error times
// |dy s|. Its sum is a TwoSum, whose errors are added up too. `room` is for underflow of the first product, times s,
// and of the second. small products of these are covered by 1 + 2^-25, and by ball::bounds().
ASSAY_VECTORISED void add_line(const double* x, const double* dy, std::size_t count, const line_scale<ball>& line,
                               running_sums& to) {
  const double m = line.mean.value, s = line.scale.value;
  const double em = line.mean.radius * (1 + 0x1p-20), es = line.scale.radius * (1 + 0x1p-20);
  const double relative = s == 0 ? 0 : (3 * u + es / s) * (1 + 0x1p-25);
  const double absolute = (s + es) * em * (1 + 0x1p-25), fixed = room * (1 + s);
  for (std::size_t i = 0; i < count; ++i) {
    const double term = (x[i] - m) * dy[i] * s;
    const double sum = to.sum[i] + term, from_term = sum - to.sum[i];
    const double error = (to.sum[i] - (sum - from_term)) + (term - from_term);
    to.sum[i] = sum;
    to.errors[i] += error;
    to.magnitudes[i] += std::abs(error);
    to.radii[i] += std::abs(term) * relative + std::abs(dy[i]) * absolute + (dy[i] == 0 ? 0.0 : fixed);
  }
}

}  // namespace

std::optional<special_value> weight_gradient_columns::special(std::size_t i) const {
  using enum line_scales::kind;
  if (of.any_undefined()) return special_value{};
  double sum = 0;  // of the terms that are not finite
  for (std::size_t n = 0; n < dy.rows(); ++n) {
    const double gradient = dy.at(n, i), value = x.at(n, i);
    const bool infinite_line = of.kinds()[n] == infinite;
    if (std::isfinite(gradient) && !(infinite_line && !std::isfinite(value))) continue;
    const double normalised = infinite_line ? value / HUGE_VAL : of.sign_of_deviation(n, value);
    sum += gradient * normalised;
  }
  return sum == 0 ? std::nullopt : special_from(sum);
}

std::optional<int> weight_gradient_columns::compare(std::size_t i, const rational& t) const {
  const auto guard = of.lock();
  std::map<std::size_t, rational> by_class;
  for (std::size_t n = 0; n < dy.rows(); ++n) {
    if (dy.at(n, i) == 0) continue;
    const line_scales::exact_scale& line = of.exact(n);
    by_class[line.scale.which] += rational(dy.at(n, i)) * (rational(x.at(n, i)) - line.mean) * line.scale.factor;
  }
  surd sum(0.0);
  std::size_t irrational = 0;
  for (const auto& [which, factor] : by_class) {
    if (factor == 0) continue;
    if (which == square_classes::rational_class) {
      sum.p += factor;
    } else {
      ++irrational;
      sum.q = factor;
      sum.r = of.first_of(which);
    }
  }
  return irrational <= 1 ? reference::compare(sum, t) : std::nullopt;
}

void weight_gradient_columns::estimate(std::span<double> values, std::span<double> radii) const {
  const auto lines = of.all<ball>();
  for (std::size_t first = 0; first < x.width; first += running_sums::width) {
    const std::size_t count = std::min(running_sums::width, x.width - first);
    running_sums sums;
    for (std::size_t n = 0; n < lines.size(); ++n) {
      add_line(&x.x[n * x.width + first], &dy.x[n * x.width + first], count, lines[n], sums);
    }
    for (std::size_t i = 0; i < count; ++i) {
      const double missed = sums.magnitudes[i] * (static_cast<double>(lines.size()) * u) + sums.radii[i];
      const ball y = ball(sums.sum[i]) + ball(sums.errors[i], missed);
      values[first + i] = y.value;
      radii[first + i] = y.radius;
    }
  }
}

truth weight_gradient(const reader& x, const reader& dy, const line_scales& scales, const extents& shape,
                      const request& want) {
  const output_rule rule(want.to, want.how);
  truth result = make_truth(want, shape);
  const std::size_t lines = scales.kinds().size(), columns = result.value.size(),
                    together = columns_together(lines, columns),
                    blocks = columns == 0 ? 0 : (columns + together - 1) / together;
  result.decided =
      in_parallel(blocks, want.threads, result.value.size(),
                  [&](std::size_t first, std::size_t last, workspace& w, decisions& made) {
                    std::vector<double> values, gradients;
                    for (std::size_t c = first * together; c < std::min(last * together, columns); c += together) {
                      const std::size_t width = std::min(together, columns - c);
                      read_columns(x, lines, columns, c, width, values);
                      read_columns(dy, lines, columns, c, width, gradients);
                      decide(weight_gradient_columns({values, width}, {gradients, width}, scales), rule, want, w,
                             line_of_truth(result, c, 1), made);
                    }
                  });
  return result;
}

}  // namespace assay::reference
