// The places where a rounding into a format can change its mind, found by MPFR: between two neighbouring ones, code and
// exceptions are the same for every real number, in every deterministic mode and policy.
#pragma once

#include <algorithm>
#include <bit>
#include <vector>

#include <support/mpfr_oracle.hpp>

namespace oracle {

/// The nonnegative breakpoints in ascending order: every number of the format, every midpoint, the same beyond the
/// largest number and (where tininess is decided) just below the smallest normal one. With a step, only those around
/// every nth code and near the ends.
inline std::vector<real> breakpoints(const limits& l, std::uint64_t step = 1) {
  std::vector<real> points;
  real zero(2);
  mpfr_set_zero(zero, 1);
  points.push_back(zero);
  // The numbers, and one gap beyond them: the largest number has a successor, whatever its code stands for.
  real x(80), next(80), middle(80);
  const auto push = [&](const real& value) { points.push_back(value); };
  const auto number = [&](std::uint64_t index, mpfr_ptr out) {
    limits without_specials = l;
    without_specials.largest = ~std::uint64_t{0};
    without_specials.f.nonfinite = l.has_sign ? encoding::finite : encoding::fnu;
    without_specials.has_infinity = false;
    without_specials.top = ~std::uint64_t{0};
    without_specials.sign = 0;
    value_of(index, without_specials, out);
  };
  number(0, x);
  if (!mpfr_zero_p(x.get())) {
    mpfr_div_2ui(middle, x, 1, MPFR_RNDN);
    push(middle);
  }
  for (std::uint64_t code = 0; code <= l.largest; ++code) {
    if (code % step != 0 && code > 3 && code + 3 < l.largest && (code + 3 < l.hidden || code > l.hidden + 3)) continue;
    number(code, x);
    number(code + 1, next);
    if (!mpfr_zero_p(x.get())) push(x);
    mpfr_add(middle, x, next, MPFR_RNDN);
    mpfr_div_2ui(middle, middle, 1, MPFR_RNDN);
    push(middle);
  }
  push(next);
  // Below 2^emin: the last p-digit number with no least exponent, and the middle between it and 2^emin.
  for (const int digits : {1, 2}) {
    mpfr_set_ui_2exp(x, 1, l.emin, MPFR_RNDN);
    mpfr_set_ui_2exp(middle, 1, l.emin - l.f.fraction_bits - digits, MPFR_RNDN);
    mpfr_sub(x, x, middle, MPFR_RNDN);
    push(x);
  }
  std::sort(points.begin(), points.end(), [](const real& a, const real& b) { return mpfr_cmp(a, b) < 0; });
  points.erase(std::unique(points.begin(), points.end(), [](const real& a, const real& b) { return mpfr_equal_p(a, b) != 0; }),
               points.end());
  return points;
}

/// Codes of nonnegative floats (or doubles) just at or below x and just at or above it; infinity beyond the type's range.
template <class Float>
struct neighbours {
  using bits = std::conditional_t<sizeof(Float) == 4, std::uint32_t, std::uint64_t>;
  bits below, above;

  explicit neighbours(const real& x) {
    if constexpr (sizeof(Float) == 4) {
      below = std::bit_cast<bits>(mpfr_get_flt(x, MPFR_RNDD));
      above = std::bit_cast<bits>(mpfr_get_flt(x, MPFR_RNDU));
    } else {
      below = std::bit_cast<bits>(mpfr_get_d(x, MPFR_RNDD));
      above = std::bit_cast<bits>(mpfr_get_d(x, MPFR_RNDU));
    }
  }
};

}  // namespace oracle
