#include <assay/judge/dot_bound.hpp>

#include <algorithm>
#include <cmath>

namespace assay {
namespace {

bool rounds_to_nearest(conversion how) {
  return how.mode == rounding::ties_to_even || how.mode == rounding::ties_to_away;
}

/// Half an ulp to nearest, an ulp in any other mode.
double last_place_share(conversion how) { return rounds_to_nearest(how) ? 0.5 : 1.0; }

/// Whether a product of any two numbers of these formats is a number of f, range included.
bool products_are_exact(format a, format b, format f) {
  return a.precision() + b.precision() <= f.precision() &&
         a.min_ulp_exponent() + b.min_ulp_exponent() >= f.min_ulp_exponent() &&
         a.max_exponent() + b.max_exponent() + 1 <= f.max_exponent();
}

/// The largest finite number in units of 2^exponent.
double largest(format f, int exponent) {
  const auto v = decode(f.max_finite_code(), f);
  return std::ldexp(static_cast<double>(v.significand), v.exponent - exponent);
}

/// What rounding a value of magnitude up to `magnitude` ulps into the output may add.
double storing_error(const dot_claim& claim, double magnitude, int ulp_exponent) {
  const format& out = claim.output;
  double error = 0;
  if (claim.what == dot_claim::kind::correctly_rounded || !holds_all_of(out, claim.accumulator)) {
    // An ulp is 1 up to 2^p, and doubles from there with each binade.
    const int leading = std::isinf(magnitude) ? 2000 : magnitude > 0 ? std::ilogb(magnitude) : 0;
    error = std::ldexp(last_place_share(claim.store), std::max(0, leading - out.fraction_bits));
  }
  if (flushes_outputs(claim.store.on_subnormal))
    error = std::max(error, std::ldexp(1.0, out.min_exponent() - ulp_exponent));
  return error;
}

}  // namespace

dot_bound bound_of(const dot_claim& claim, const reference::dot_row& row, const reference::dot_truth& truth) {
  constexpr double margin = 1 + 0x1p-40;  // of the computation below: see the header
  dot_bound bound;
  if (claim.what == dot_claim::kind::any_order) {
    const format& f = claim.accumulator;
    const bool exact_leaves = products_are_exact(row.a_format, row.b_format, f) && holds_all_of(f, row.c_format);
    const double n = static_cast<double>(row.a.size()) + (exact_leaves ? 0 : 1);
    const double u = std::ldexp(last_place_share(claim.accumulate), 1 - f.precision());
    const double growth = std::expm1(n * u) * margin;

    const double operations = 2 * static_cast<double>(row.a.size()) + 2;
    double absolute = 0;
    if (!exact_leaves) {
      absolute = operations * std::ldexp(last_place_share(claim.accumulate), f.min_ulp_exponent() - truth.ulp_exponent);
    }
    if (claim.accumulate.on_subnormal != subnormals::keep) {
      // Two operands and a result, each moved by less than the smallest normal number.
      absolute += 3 * operations * std::ldexp(1.0, f.min_exponent() - truth.ulp_exponent);
    }
    bound.accumulated = (growth * truth.scale + absolute * (1 + growth)) * margin;

    // Partial sums lie between minus the sum of the negative terms and the sum of the positive ones.
    const double limit = largest(f, truth.ulp_exponent);
    const double positive = truth.negative ? (truth.scale - truth.magnitude) / 2 : (truth.scale + truth.magnitude) / 2;
    const double negative = truth.negative ? (truth.scale + truth.magnitude) / 2 : (truth.scale - truth.magnitude) / 2;
    // The difference cancels: its error is relative to the scale.
    const double slack = bound.accumulated + truth.scale * 0x1p-40;
    bound.positive_overflow = !(positive + slack < limit);
    bound.negative_overflow = !(negative + slack < limit);
  }
  const double reach = (truth.magnitude + bound.accumulated) * margin;
  bound.total = (bound.accumulated + storing_error(claim, reach, truth.ulp_exponent)) * margin;
  return bound;
}

}  // namespace assay
