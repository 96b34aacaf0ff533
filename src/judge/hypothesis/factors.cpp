// Results that are a constant factor off, all of them or each line by its own: a division left out or made twice, a
// wrong denominator. The factor is fitted, so that these come last: a row that names the cause explains as much.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include <assay/number/convert.hpp>

#include "tables.hpp"

namespace assay::detail {
namespace {

struct fitted {
  double factor = 1;
  bool holds = false;
};

/// The median of got / due, if most of the elements agree on it within their roundings.
fitted fit(const emulation& e, const tensor& due, std::size_t first, std::size_t count) {
  const format f = due.type().layout;
  std::vector<double> ratios;
  for (std::size_t i = first; i < first + count; ++i) {
    const double x = to_double(due[i] & f.code_mask(), f), y = to_double(e.got[i], f);
    const double least = std::ldexp(1.0, f.min_exponent());
    if (std::isfinite(x) && std::isfinite(y) && std::abs(x) >= least && std::abs(y) >= least) ratios.push_back(y / x);
  }
  fitted found;
  if (ratios.size() < 8 || ratios.size() * 2 < count) return found;
  const auto middle = ratios.begin() + static_cast<std::ptrdiff_t>(ratios.size() / 2);
  std::nth_element(ratios.begin(), middle, ratios.end());
  found.factor = *middle;
  const double slack = std::max(std::ldexp(1.5, -f.fraction_bits), 0x1p-16) * std::abs(found.factor);
  const auto near =
      std::count_if(ratios.begin(), ratios.end(), [&](double r) { return std::abs(r - found.factor) <= slack; });
  // One part in a hundred is more than rounding explains.
  found.holds = std::abs(found.factor - 1) > std::max(0.01, 2 * std::ldexp(1.0, -f.fraction_bits)) &&
                static_cast<std::size_t>(near) * 10 >= ratios.size() * 9;
  return found;
}

/// Elements that the factor explains, to the roundings of both.
void apply(const emulation& e, tensor& due, std::size_t first, std::size_t count, double factor) {
  const format f = due.type().layout;
  for (std::size_t i = first; i < first + count; ++i) {
    const double x = to_double(due[i] & f.code_mask(), f) * factor, y = to_double(e.got[i], f);
    const double slack = std::max(std::ldexp(1.5, -f.fraction_bits), 0x1p-16) * std::abs(x);
    due.set(i, std::abs(x - y) <= slack ? e.got[i] : convert(x, f).code);
  }
}

std::string in_words(double factor) {
  char text[64];
  const double inverse = 1 / factor;
  if (std::abs(inverse) > 1.5 && std::abs(inverse - std::round(inverse)) < 0.01 * std::abs(inverse)) {
    std::snprintf(text, sizeof text, "about 1 / %.0f", inverse);
  } else {
    std::snprintf(text, sizeof text, "about %.4g", factor);
  }
  return text;
}

}  // namespace

void add_factors(hypotheses& all) {
  hypothesis one{"factor", "all results are the same factor off"};
  one.weight = 0.96;
  one.change_results = [](const emulation& e, tensor& results) {
    const fitted whole = fit(e, results, 0, results.size());
    if (!whole.holds) return false;
    apply(e, results, 0, results.size(), whole.factor);
    e.found = in_words(whole.factor);
    return true;
  };
  all.push_back(std::move(one));
  hypothesis each{"line_factors", "each line is a factor of its own off: a wrong denominator"};
  each.weight = 0.6;  // a number a line fits much
  each.change_results = [](const emulation& e, tensor& results) {
    const extents& shape = e.whole.shape();
    const std::size_t n = shape.rank() < 2 ? 0 : shape[shape.rank() - 1];
    if (n < 16 || results.size() % n != 0) return false;
    double least = HUGE_VAL, most = -HUGE_VAL;
    for (std::size_t line = 0; line < results.size() / n; ++line) {
      const fitted own = fit(e, results, line * n, n);
      if (!own.holds) continue;
      apply(e, results, line * n, n, own.factor);
      least = std::min(least, own.factor);
      most = std::max(most, own.factor);
    }
    if (!(most >= least)) return false;
    e.found = in_words(least) + (most > least ? " to " + in_words(most) : "");
    return true;
  };
  all.push_back(std::move(each));
}

}  // namespace assay::detail
