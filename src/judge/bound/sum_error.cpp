#include "sum_error.hpp"

#include <algorithm>
#include <cmath>

#include <assay/format/containment.hpp>

#include "roundings.hpp"

namespace assay::detail {
namespace {

bool rounds_to_nearest(conversion how) {
  return how.mode == rounding::ties_to_even || how.mode == rounding::ties_to_away;
}
bool has_no_bias(conversion how) { return rounds_to_nearest(how) || how.mode == rounding::stochastic; }

double largest_of(format f) {
  const auto v = decode(f.max_finite_code(), f);
  return std::ldexp(static_cast<double>(v.significand), v.exponent);
}

double unit_roundoff(format f, conversion how) {
  return std::ldexp(rounds_to_nearest(how) ? 0.5 : 1.0, 1 - f.precision());
}

/// The absolute error of an operation whose result is subnormal. A sum of two numbers of a format has none, but terms
/// that are rounded into it have.
double underflow_of(format f, conversion how) {
  double eta = std::ldexp(rounds_to_nearest(how) ? 0.5 : 1.0, f.min_ulp_exponent());
  if (how.on_subnormal != subnormals::keep) eta = 3 * std::ldexp(1.0, f.min_exponent());
  return eta;
}

/// (1 + u)^n - 1, rounded up.
double growth(double u, double n) { return std::expm1(n * u) * (1 + 0x1p-30); }

/// n additions, each rounded into f.
sum_coefficients rounded_additions(format f, conversion how, double n, bool exact_terms) {
  const double u = unit_roundoff(f, how);
  sum_coefficients c;
  const double grown = growth(u, n);
  c.by_m = grown;
  if (has_no_bias(how)) {
    c.sigma_m = u * std::sqrt(n) * (1 + grown);
  } else {
    c.fixed_m = grown;
  }
  if (!exact_terms) {
    c.by_s = u * (1 + grown);
    (has_no_bias(how) ? c.sigma_s : c.fixed_s) = c.by_s;
  }
  const bool flushes = how.on_subnormal != subnormals::keep;
  if (!exact_terms || flushes) c.absolute = 2 * n * underflow_of(f, how) * (1 + grown);
  c.largest = largest_of(f);
  return c;
}

/// `unaligned` bounds 2^e where the largest exponent is that of a product with a subnormal operand.
sum_coefficients fused_additions(const accumulate::aligned& unit, double n, double unaligned, double extra_per_group) {
  const double groups = std::ceil(n / unit.group) + 1;
  const double u = unit_roundoff(unit.kept, unit.output);
  const double cut =
      std::ldexp(unit.group + 1.0, -unit.fraction_bits) * (rounds_to_nearest({unit.alignment}) ? 0.5 : 1);
  const double merge = std::ldexp(0.5, 1 - unit.out.precision());  // ordinary additions between runs, or of c
  const double each = cut + u + (1 + extra_per_group) * merge;
  sum_coefficients c;
  c.by_m = c.fixed_m = growth(each, groups);
  // Where the exponent has a floor, terms below it are cut at an absolute place.
  const int floor = std::max(unit.exponent_floor, unit.out.min_exponent());
  c.absolute = groups * (unit.group + 2) *
               (std::ldexp(1.0, floor - unit.fraction_bits) + std::ldexp(unaligned, -unit.fraction_bits) +
                underflow_of(unit.out, unit.output));
  c.largest = largest_of(unit.out);
  return c;
}

sum_coefficients of_plain(const accumulate::plain_accumulator& a, double n, bool exact_terms, double unaligned);

struct coefficients_of {
  double n;
  bool exact_terms;
  double unaligned;

  sum_coefficients operator()(const accumulate::floating& a) const {
    return rounded_additions(a.in, a.how, n, exact_terms);
  }
  sum_coefficients operator()(const accumulate::aligned& a) const { return fused_additions(a, n, unaligned, 0); }
  sum_coefficients operator()(const accumulate::unit& a) const {
    if (a.row.compose == accumulate::composition::rounded_pairs) {
      return rounded_additions(a.row.output(), a.row.fused.output, 2 * n, exact_terms);
    }
    const bool chained = a.row.compose == accumulate::composition::chained;
    accumulate::aligned fused = a.row.fused;
    // Other compositions split a group, round in between or cut c apart: at most three such steps a group.
    if (!chained) fused.group = std::max(1, fused.group / 4);
    return fused_additions(fused, n, unaligned, chained ? 0 : 3);
  }
  sum_coefficients operator()(const accumulate::fixed& a) const {
    sum_coefficients c;
    c.absolute = n * std::ldexp(1.0, -a.fraction_bits);
    c.largest = std::ldexp(1.0, a.integer_bits - 1);
    return c;
  }
  sum_coefficients operator()(const accumulate::integer& a) const {
    sum_coefficients c;
    c.largest = std::ldexp(1.0, a.bits - 1);
    return c;
  }
  sum_coefficients operator()(const accumulate::exact&) const {
    sum_coefficients c;
    c.largest = HUGE_VAL;
    return c;
  }
  sum_coefficients operator()(const accumulate::compensated& a) const {
    const double u = unit_roundoff(a.in, {a.mode});
    sum_coefficients c;
    const bool pairs = a.method == accumulate::compensation::two_sum;
    const double error = pairs ? 16 * n * n * u * u : 4 * u + 16 * n * u * u;
    c.by_s = c.fixed_s = error + (exact_terms || pairs ? 0 : u);
    c.by_m = c.fixed_m = u;
    c.absolute = 2 * n * underflow_of(a.in, {a.mode});
    c.largest = largest_of(a.in);
    return c;
  }
  sum_coefficients operator()(const accumulate::promotion& a) const {
    const double every = std::min<double>(a.every, n), runs = std::ceil(n / a.every) + 1;
    const sum_coefficients inner = of_plain(a.inner.which, every, exact_terms, unaligned);
    const sum_coefficients outer = of_plain(a.outer.which, runs, false, 0);
    sum_coefficients c;
    const double grown = 1 + outer.by_m + outer.by_s;
    c.by_m = outer.by_m;
    c.fixed_m = outer.fixed_m;
    c.sigma_m = outer.sigma_m;
    // Errors of the runs add: M and S of each run are at most its own S.
    c.by_s = (inner.by_m + inner.by_s) * grown + outer.by_s * (1 + inner.by_m + inner.by_s);
    c.fixed_s = (inner.fixed_m + inner.fixed_s) * grown + outer.fixed_s * (1 + inner.by_m + inner.by_s);
    c.sigma_s = (inner.sigma_m + inner.sigma_s) * grown + outer.sigma_s * (1 + inner.by_m + inner.by_s);
    c.absolute = (runs * inner.absolute + outer.absolute) * grown;
    c.largest = std::min(inner.largest, outer.largest);
    return c;
  }
};

sum_coefficients of_plain(const accumulate::plain_accumulator& a, double n, bool exact_terms, double unaligned) {
  return std::visit(coefficients_of{n, exact_terms, unaligned}, a);
}

struct sums_held {
  format in;

  bool operator()(const accumulate::floating& a) const { return holds_all_of(in, a.in); }
  bool operator()(const accumulate::compensated& a) const { return holds_all_of(in, a.in); }
  bool operator()(const accumulate::aligned& a) const { return holds_all_of(in, a.out); }
  bool operator()(const accumulate::unit& a) const { return holds_all_of(in, a.row.output()); }
  bool operator()(const accumulate::promotion& a) const { return std::visit(*this, a.outer.which); }
  template <class Other>
  bool operator()(const Other&) const {
    return false;
  }
};

struct flushing {
  bool operator()(const accumulate::floating& a) const { return flushes_inputs(a.how.on_subnormal); }
  bool operator()(const accumulate::aligned& a) const { return flushes_inputs(a.output.on_subnormal); }
  bool operator()(const accumulate::unit& a) const {
    return a.row.compose == accumulate::composition::rounded_pairs && flushes_inputs(a.row.fused.output.on_subnormal);
  }
  bool operator()(const accumulate::promotion& a) const { return std::visit(*this, a.inner.which); }
  template <class Other>
  bool operator()(const Other&) const {
    return false;
  }
};

struct products_exact {
  format left, right;
  std::optional<format> addend;

  bool in(format f) const {
    if (addend && !holds_all_of(f, *addend)) return false;
    return left.precision() + right.precision() <= f.precision() &&
           left.min_ulp_exponent() + right.min_ulp_exponent() >= f.min_ulp_exponent() &&
           left.max_exponent() + right.max_exponent() + 1 <= f.max_exponent();
  }
  bool operator()(const accumulate::floating& a) const { return in(a.in); }
  bool operator()(const accumulate::compensated& a) const { return in(a.in); }
  bool operator()(const accumulate::unit& a) const {
    return a.row.compose != accumulate::composition::rounded_pairs || in(a.row.output());
  }
  bool operator()(const accumulate::promotion& a) const { return std::visit(*this, a.inner.which); }
  template <class Other>
  bool operator()(const Other&) const {
    return true;
  }
};

}  // namespace

bool holds_sums_of(format f, const accumulator& a) { return std::visit(sums_held{f}, a); }
bool takes_subnormals_for_zeros(const accumulator& a) { return std::visit(flushing{}, a); }

rounding_error rounding_error::of(format f, conversion how) {
  return {unit_roundoff(f, how), underflow_of(f, how), largest_of(f), has_no_bias(how)};
}

roundings::roundings(const settings& s, sum_errors sums)
    : operation_(rounding_error::of(s.compute, s.how)),
      load_(rounding_error::of(s.compute, s.load)),
      operand_(s.operand),
      function_(s.function_ulps <= 0.5 ? operation_.u : std::ldexp(s.function_ulps, 1 - s.compute.precision())),
      lambda_(s.lambda),
      flushed_below_(s.flushed_below),
      flushed_factors_below_(s.flushed_factors_below),
      digits_(s.compute.precision()),
      exact_loads_(s.exact_loads),
      sums_(std::move(sums)) {}

void sum_coefficients::include(const sum_coefficients& other) {
  by_m = std::max(by_m, other.by_m);
  by_s = std::max(by_s, other.by_s);
  fixed_m = std::max(fixed_m, other.fixed_m);
  fixed_s = std::max(fixed_s, other.fixed_s);
  sigma_m = std::max(sigma_m, other.sigma_m);
  sigma_s = std::max(sigma_s, other.sigma_s);
  absolute = std::max(absolute, other.absolute);
  largest = std::min(largest, other.largest);
}

sum_errors::sum_errors(settings s)
    : how_(std::move(s)),
      exact_products_(std::all_of(how_.all.begin(), how_.all.end(),
                                  [&](const accumulator& a) {
                                    return std::visit(products_exact{how_.left, how_.right, how_.addend}, a);
                                  })),
      unaligned_(std::ldexp(how_.most_right, how_.left.min_exponent()) +
                 std::ldexp(how_.most_left, how_.right.min_exponent())) {}

sum_coefficients sum_errors::of(double terms, bool exact_terms) const {
  if (terms == terms_ && exact_terms == exact_) return last_;
  sum_coefficients c;
  c.largest = HUGE_VAL;
  for (const accumulator& a : how_.all) {
    sum_coefficients one = std::visit(coefficients_of{terms, exact_terms, unaligned_}, a);
    if (takes_subnormals_for_zeros(a)) one.absolute += terms * how_.flushed;
    c.include(one);
  }
  if (const rounding_error& total = how_.total; total.u + total.eta != 0) {  // sums are at most M
    const double u = total.u * (1 + c.by_m + c.by_s);
    c.by_m += u;
    (total.random ? c.sigma_m : c.fixed_m) += u;
    c.absolute += total.eta;
    c.largest = std::min(c.largest, total.largest);
  }
  terms_ = terms;
  exact_ = exact_terms;
  return last_ = c;
}

bounded sum_errors::apply(double terms, double value, double scale, bool exact_terms, double worst, double fixed,
                          double squares, double lambda) const {
  const sum_coefficients c = of(terms, exact_terms);
  const double plain = (scale + std::abs(value)) / 2, root = std::sqrt(squares), grown = 1 + c.by_m + c.by_s;
  const double absolute = scale + worst > 0 ? c.absolute : 0;
  const double error = c.by_m * (plain + worst) + c.by_s * (scale + worst) + absolute + worst * grown;
  const double likely = std::min(worst, fixed + lambda * root), s = scale + likely, m = plain + likely;
  bounded sum{value, plain + error <= c.largest ? error : HUGE_VAL,
              c.fixed_m * m + c.fixed_s * s + absolute + fixed * grown,
              std::hypot(c.sigma_m * m, c.sigma_s * s, root * grown)};
  if (!(plain + std::min(error, sum.fixed + lambda * sum.sigma) <= c.largest)) return {value, HUGE_VAL, HUGE_VAL, 0};
  return sum;
}

}  // namespace assay::detail
