// A kernel's truth against the formula in wide numbers, element by element.
#pragma once

#include <bit>

#include <assay/reference/truth.hpp>

#include "wide.hpp"

namespace test {

/// Codes, and enclosures where there are any. Zeros, whose sign is another test's, and what is not finite are passed
/// over.
inline void expect_truth(tally& t, const assay::reference::truth& got, std::span<const wide> exact,
                         const assay::format& to, const assay::conversion& how, std::string_view kernel) {
  REQUIRE(got.value.size() == exact.size());
  REQUIRE(got.decided.elements() == exact.size());
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const wide& y = exact[i];
    if (mpfr_regular_p(y.get()) == 0) continue;
    t.expect(got.value[i] == y.rounded_to(to, how), [&] {
      return text(kernel, ", element ", i, " of ", exact.size(), " = ", y.to_double(), " in ", describe(to), ", ",
                  describe(how), ": got ", hex(got.value[i]), ", expected ", hex(y.rounded_to(to, how)));
    });
    if (got.lower.size() == 0) continue;
    const wide slack = abs(y) * wide(0x1p-500);  // the last of the 600 bits may be off
    const double lower = std::bit_cast<double>(got.lower[i]), upper = std::bit_cast<double>(got.upper[i]);
    t.expect(mpfr_cmp_d((y + slack).get(), lower) >= 0 && mpfr_cmp_d((y - slack).get(), upper) <= 0,
             [&] { return text(kernel, ", enclosure of element ", i, " = ", y.to_double()); });
  }
}

/// Numbers of one of a few kinds, as adversarial as plain random data is not: of few digits, of any size up to reach,
/// equal ones, and plain ones.
inline std::vector<double> draw_line(random_source& random, std::size_t n, double reach) {
  const std::uint64_t kind = random.below(5);
  const double common = reach * (2 * unit(random) - 1);
  std::vector<double> values(n);
  for (double& v : values) {
    v = reach * (2 * unit(random) - 1);
    if (kind == 0) v = std::trunc(v);
    if (kind == 1) v *= std::ldexp(1.0, -static_cast<int>(random.below(30)));
    if (kind == 2 && random.below(8) != 0) v = common;
    if (kind == 3) v = 0.25 * std::trunc(v / 4);
  }
  return values;
}

inline double to_double(const assay::tensor& t, std::size_t i) { return wide(t[i], t.type().layout).to_double(); }

/// NaN is NaN, and zeros differ by their sign.
inline bool is_same(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b));
}

}  // namespace test
