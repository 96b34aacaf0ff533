// Lines that fast paths and exact cases might get wrong.
#pragma once

#include "agreement.hpp"

namespace test {

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

/// NaN is NaN, and zeros differ by their sign.
inline bool is_same(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b));
}

}  // namespace test
