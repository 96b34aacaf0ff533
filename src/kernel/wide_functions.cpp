// Each function is evaluated in double-double arithmetic to a relative error below 2^-95, and is marked as inexact
// unless it is a dyadic number, which is decided first: e^x, ln x and what is made of them are irrational at rational
// x, but for the zeros and ones below (Lindemann).
//
// Operands below 2^-60 take the first two terms of f's series, the second one no smaller than 2^-300 of the first,
// which says on which side f(x) lies.
#include "wide_functions.hpp"

#include <bit>
#include <stdexcept>

#include <assay/number/convert.hpp>

#include "double_double.hpp"

namespace assay::kernel {

namespace {

using result = exact_result<uint128>;

constexpr double_double ln2{0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};
constexpr double_double log2_e{0x1.71547652b82fep+0, 0x1.777d0ffda0d24p-56};
constexpr double_double two_over_root_pi{0x1.20dd750429b6dp+0, 0x1.1ae3a914fed80p-56};
constexpr double_double half_root{0x1.6a09e667f3bcdp-1, -0x1.bdd3413b26456p-55};  // 1 / sqrt(2)

constexpr double density_at_zero = 0.3989422804014327;  // 1 / sqrt(2 pi)
constexpr double tiny = 0x1p-60, negligible = 0x1p-300;

/// Not below `negligible`, so that products of it do not vanish.
double bounded(double x) { return std::copysign(std::max(std::abs(x), negligible), x); }

/// v * 2^exponent.
struct scaled_value {
  double_double v;
  int exponent = 0;
};

/// The 113 leading bits, rounded down in magnitude, the last one sticky.
result inexact(scaled_value s) {
  const bool negative = s.v.hi < 0;
  int exponent = 0;
  const double leading = std::frexp(std::abs(s.v.hi), &exponent);
  const auto high = static_cast<std::uint64_t>(std::ldexp(leading, 53));
  const auto low = static_cast<std::int64_t>(std::floor(std::ldexp(negative ? -s.v.lo : s.v.lo, 113 - exponent)));
  const uint128 significand = (uint128{high} << 60) + static_cast<uint128>(static_cast<int128>(low));
  return {{value_class::finite, negative, s.exponent + exponent - 113, significand | 1}};
}

result widened(const exact_result<std::uint64_t>& r) { return {widen<uint128>(r.value), r.raised}; }
result exact_integer(int n) {
  if (n == 0) return {make_zero<uint128>(false)};
  return {{value_class::finite, n < 0, 0, static_cast<uint128>(n < 0 ? -n : n)}};
}

/// e^r - 1 for |r| < 0.36: the series of r / 512, then nine times e (2 + e).
double_double expm1_near_zero(double_double r) {
  r = scaled(r, -9);
  double_double series{1, 0};
  for (int n = 10; n >= 2; --n) series = (r * series) / n + 1;
  double_double e = r * series;
  for (int i = 0; i < 9; ++i) e = e * (e + 2);
  return e;
}

/// x = k ln 2 + r.
struct reduced {
  int k;
  double_double r;
};
reduced reduce(double_double x) {
  const double k = std::nearbyint(x.hi * log2_e.hi);
  // k times the first part is exact: it has 40 digits.
  constexpr double first = 0x1.62e42fefa2000p-1;
  constexpr double_double rest{0x1.9ef35793c7673p-41, 0x1.f97b57a079a19p-103};
  return {static_cast<int>(k), (x + -(k * first)) + -(rest * k)};
}

/// e^x for |x| < 2000.
scaled_value exp_of(double_double x) {
  const reduced p = reduce(x);
  return {expm1_near_zero(p.r) + 1, p.k};
}

/// e^x - 1 for tiny < |x| < 2000.
scaled_value expm1_of(double_double x) {
  const reduced p = reduce(x);
  if (p.k == 0) return {expm1_near_zero(p.r)};
  const scaled_value e = exp_of(x);
  if (e.exponent > 200) return e;
  if (e.exponent < -200) return {{-1, negligible}};
  return {scaled(e.v, e.exponent) + -1};
}

/// ln m for m in [0.7, 1.42], m = 1 + u: Newton's step from the machine's logarithm y is ln(m e^-y), and
/// m e^-y - 1 = u + m (e^-y - 1) keeps its digits.
double_double log_near_one(double_double m, double_double u) {
  const double y = std::log1p(u.hi);
  const double_double z = u + m * (std::abs(y) < tiny ? double_double{-y, y * y / 2} : expm1_near_zero({-y, 0}));
  return two_sum(y, 0) + z * (double_double{1, 0} + (z.hi * z.hi / 3 - z.hi / 2));
}

/// x = m 2^e with m in [0.7, 1.42].
struct split_value {
  double_double m;
  int e;
};
split_value split(double_double x) {
  int e = 0;
  if (std::frexp(x.hi, &e) < half_root.hi) --e;
  return {scaled(x, -e), e};
}

/// ln x for x > 0, not 1, with an exact x - 1 where x is near 1.
double_double log_of(double_double x) {
  const split_value s = split(x);
  const double_double l = log_near_one(s.m, fast_two_sum(s.m.hi - 1, s.m.lo));
  return s.e == 0 ? l : ln2 * s.e + l;
}

double_double log2_of(double_double x) {
  const split_value s = split(x);
  const double_double l = log_near_one(s.m, s.m + -1) * log2_e;
  return s.e == 0 ? l : l + s.e;
}

/// erf z = 2 / sqrt(pi) e^(-z^2) sum of 2^n z^(2 n + 1) / (1 3 5 ... (2 n + 1)), all terms of one sign, for 0 < z
/// < 1.5. `square` is z^2.
double_double erf_series(double_double z, double_double square) {
  double_double term = z, sum = z;
  for (int n = 1; n < 80; ++n) {
    term = term * scaled(square, 1) / (2 * n + 1);
    sum = sum + term;
  }
  const scaled_value e = exp_of(-square);
  return scaled(e.v, e.exponent) * two_over_root_pi * sum;
}

/// erfc z e^(z^2) sqrt(pi) = 1 / (z + (1/2) / (z + 1 / (z + (3/2) / ...))), for z >= 1.
double_double erfc_fraction(double_double z) {
  const auto depth = static_cast<int>(800 / (z.hi * z.hi)) + 30;
  double_double f = z;
  for (int n = depth; n >= 1; --n) f = z + double_double{n / 2.0, 0} / f;
  return double_double{1, 0} / f;
}

/// erfc z for z >= 1. `square` is z^2.
scaled_value erfc_of(double_double z, double_double square) {
  const scaled_value e = exp_of(-square);
  return {e.v * scaled(two_over_root_pi, -1) * erfc_fraction(z), e.exponent};
}

/// f = a / b where a may be scaled.
scaled_value over(scaled_value a, double_double b) { return {a.v / b, a.exponent}; }

/// 1 - v for a v below 1/2.
double_double one_minus(scaled_value s) {
  if (s.exponent < -400) return {1, -negligible};
  return double_double{1, 0} + -scaled(s.v, s.exponent);
}

scaled_value sigmoid_of(double x) {
  if (std::abs(x) < tiny) return {{0.5, bounded(x) / 4}};
  if (x > 800) return {{1, -negligible}};
  const scaled_value decay = exp_of({-std::abs(x), 0});
  const double_double e = decay.exponent < -400 ? double_double{negligible, 0} : scaled(decay.v, decay.exponent);
  return x > 0 ? over({{1, 0}}, e + 1) : over(decay, e + 1);
}

/// Phi(x) = erfc(-x / sqrt 2) / 2.
scaled_value normal_distribution(double x) {
  const double_double z = half_root * std::abs(x), square = scaled(two_product(x, x), -1);
  if (std::abs(x) < tiny) return {{0.5, bounded(x) * density_at_zero}};
  if (z.hi >= 1) {
    scaled_value tail = erfc_of(z, square);
    tail.exponent -= 1;
    return x < 0 ? tail : scaled_value{one_minus(tail)};
  }
  const double_double half_erf = scaled(erf_series(z, square), -1);
  return {double_double{0.5, 0} + (x < 0 ? -half_erf : half_erf)};
}

/// x v, whatever the magnitude of x.
result times(double x, scaled_value s) {
  int exponent = 0;
  const double leading = std::frexp(x, &exponent);
  return inexact({s.v * leading, s.exponent + exponent});
}

result huge(bool negative) { return widened(assay::detail::evaluation::huge(negative)); }
result vanishing(bool negative) { return widened(assay::detail::evaluation::vanishing(negative)); }

result exp2_at(double x) {
  const double whole = std::nearbyint(x);
  if (x == whole) return {{value_class::finite, false, static_cast<int>(whole), 1}};
  if (std::abs(x) < tiny) return inexact({{1, bounded(x) * ln2.hi}});
  return inexact({expm1_near_zero(ln2 * (x - whole)) + 1, static_cast<int>(whole)});
}

result expm1_at(double x) {
  if (std::abs(x) < tiny) return times(x, {{1, bounded(x) / 2}});
  return inexact(expm1_of({x, 0}));
}

result log_at(double x) {
  if (x < 0) return assay::detail::invalid_result<uint128>();
  if (x == 1) return exact_integer(0);
  return inexact({log_of({x, 0})});
}

result log2_at(double x) {
  if (x < 0) return assay::detail::invalid_result<uint128>();
  int exponent = 0;
  if (std::frexp(x, &exponent) == 0.5) return exact_integer(exponent - 1);
  return inexact({log2_of({x, 0})});
}

result log1p_at(double x) {
  if (x < -1) return assay::detail::invalid_result<uint128>();
  if (x == -1) return {make_infinity<uint128>(true), exceptions::divide_by_zero};
  if (std::abs(x) < tiny) return times(x, {{1, -bounded(x) / 2}});
  return inexact({log_of(two_sum(x, 1))});
}

result tanh_at(double x) {
  const double size = std::abs(x);
  // x - x^3 / 3: the next term is below 2^-98 of x.
  if (size < 0x1p-24) return times(x, {{1, -std::max(x * x, negligible) / 3}});
  if (size > 300) return inexact({{std::copysign(1.0, x), std::copysign(negligible, -x)}});
  const scaled_value e = expm1_of({-2 * size, 0});
  const double_double t = scaled(e.v, e.exponent);  // above -1: tanh |x| = -t / (2 + t), or 1 - 2 (1 + t) / (2 + t)
  double_double y = -t / (t + 2);
  if (size > 1) {
    scaled_value rest = exp_of({-2 * size, 0});
    rest.exponent += 1;
    y = one_minus(over(rest, t + 2));
  }
  return inexact({x < 0 ? -y : y});
}

result erf_at(double x) {
  const double z = std::abs(x);
  const double_double square = two_product(z, z);
  if (z < tiny) return times(x, {two_over_root_pi});
  if (z > 40) return inexact({{std::copysign(1.0, x), std::copysign(negligible, -x)}});
  const double_double y = z < 1.5 ? erf_series({z, 0}, square) : one_minus(erfc_of({z, 0}, square));
  return inexact({x < 0 ? -y : y});
}

/// 1 / sqrt(x) as an integer root: the largest r with r^2 m <= 2^186, and whether it is exact.
result rsqrt_at(unpacked<std::uint64_t> x) {
  if (x.negative) return assay::detail::invalid_result<uint128>();
  x = normalised_to(x, 62);
  if (x.exponent % 2 != 0) {
    x.significand >>= 1;  // at most 53 digits: the bit lost is zero
    x.exponent += 1;
  }
  const uint128 m = x.significand;  // in [2^61, 2^63)
  constexpr uint128 target = uint128{1} << 122;
  // square m / 2^64, and what the division leaves.
  const auto scaled_product = [m](std::uint64_t root, std::uint64_t& rest) {
    const uint128 square = uint128{root} * root;
    const uint128 low = static_cast<std::uint64_t>(square) * m;
    rest = static_cast<std::uint64_t>(low);
    return static_cast<std::uint64_t>(square >> 64) * m + (low >> 64);
  };
  std::uint64_t root = 0, rest = 0;
  for (int bit = 62; bit >= 0; --bit) {
    const std::uint64_t trial = root | (std::uint64_t{1} << bit);
    const uint128 product = scaled_product(trial, rest);
    if (product < target || (product == target && rest == 0)) root = trial;
  }
  const bool exact = scaled_product(root, rest) == target && rest == 0;
  return {{value_class::finite, false, -x.exponent / 2 - 94, (uint128{root} << 1) | (exact ? 0u : 1u)}};
}

}  // namespace

result wide_value(elementary f, unpacked<std::uint64_t> x) {
  if (f == elementary::reciprocal) {
    return divide_exact(unpacked<uint128>{value_class::finite, false, 0, 1}, widen<uint128>(x));
  }
  // Zeros, infinities and NaNs are those of the functions of small formats.
  if (x.kind != value_class::finite) return widened(assay::detail::elementary_value(f, x));
  if (f == elementary::rsqrt) return rsqrt_at(x);
  if (x.leading_exponent() > 1023 || x.leading_exponent() < -1022 - 52) {
    throw std::invalid_argument("elementary functions: an operand that binary64 does not hold.");
  }
  const double v = std::bit_cast<double>(round_to_format(x, binary64).code);
  const bool large = std::abs(v) > 2000;
  switch (f) {
    case elementary::exp:
      if (large) return v < 0 ? vanishing(false) : huge(false);
      if (std::abs(v) < tiny) return inexact({{1, bounded(v)}});
      return inexact(exp_of({v, 0}));
    case elementary::exp2:
      if (large) return v < 0 ? vanishing(false) : huge(false);
      return exp2_at(v);
    case elementary::expm1:
      if (large) return v < 0 ? inexact({{-1, negligible}}) : huge(false);
      return expm1_at(v);
    case elementary::log: return log_at(v);
    case elementary::log2: return log2_at(v);
    case elementary::log1p: return log1p_at(v);
    case elementary::tanh: return tanh_at(v);
    case elementary::erf: return erf_at(v);
    case elementary::sigmoid:
      if (large) return v < 0 ? vanishing(false) : inexact({{1, -negligible}});
      return inexact(sigmoid_of(v));
    case elementary::gelu:
      if (std::abs(v) > 60) return v < 0 ? vanishing(true) : times(v, {{1, -negligible}});
      return times(v, normal_distribution(v));
    case elementary::silu:
      if (large) return v < 0 ? vanishing(true) : times(v, {{1, -negligible}});
      return times(v, sigmoid_of(v));
    case elementary::rsqrt:
    case elementary::reciprocal: break;
  }
  return assay::detail::invalid_result<uint128>();
}

}  // namespace assay::kernel
