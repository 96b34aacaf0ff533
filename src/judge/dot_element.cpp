#include "dot_element.hpp"

#include <cmath>
#include <limits>

namespace assay::detail {
namespace {

/// What an overflow in one direction may leave behind.
struct overflow_results {
  bool infinity = false, nan = false, clamped = false;
};

/// Of a finite value that overflows in f under this policy.
overflow_results overflow_in(format f, conversion how, bool negative) {
  const bool stays_finite = how.mode == rounding::toward_zero || how.mode == rounding::to_odd ||
                            how.mode == rounding::stochastic || (how.mode == rounding::upward && negative) ||
                            (how.mode == rounding::downward && !negative);
  overflow_results results;
  switch (how.on_overflow) {
    case overflow::saturate_finite: results.clamped = true; break;
    case overflow::to_nan: results.nan = f.has_nan(); break;
    case overflow::ieee:
      results.clamped = stays_finite;
      // Directed modes overflow to the largest number; stochastic rounding may do either.
      if (!stays_finite || how.mode == rounding::stochastic) {
        results.infinity = f.has_infinity();
        results.nan = !f.has_infinity() && f.has_nan();
      }
      break;
  }
  if (!results.infinity && !results.nan) results.clamped = true;
  return results;
}

/// What becomes of an infinity when it is stored.
overflow_results infinity_stored(format f, conversion how) {
  if (how.on_overflow == overflow::saturate_finite) return {.clamped = true};
  if (f.has_infinity()) return {.infinity = true};
  return {.nan = f.has_nan(), .clamped = !f.has_nan()};
}

overflow_results either(overflow_results a, overflow_results b) {
  return {a.infinity || b.infinity, a.nan || b.nan, a.clamped || b.clamped};
}

/// What overflow, in the accumulator or when storing, permits in one direction.
overflow_results permitted(const dot_claim& claim, const reference::dot_truth& truth, const dot_bound& bound,
                           bool negative, bool& finite_is_free) {
  overflow_results results;
  const bool in_accumulator = negative ? bound.negative_overflow : bound.positive_overflow;
  if (in_accumulator) {
    const overflow_results sum = overflow_in(claim.accumulator, claim.accumulate, negative);
    if (sum.infinity) results = either(results, infinity_stored(claim.output, claim.store));
    if (sum.nan) (claim.output.has_nan() ? results.nan : results.clamped) = true;
    if (sum.clamped) finite_is_free = true;  // what follows a clamped partial sum has no bound
  }
  // The largest value that may come to be stored, against the largest finite number (ties and all: not below it).
  const auto top = decode(claim.output.max_finite_code(), claim.output);
  const double largest = std::ldexp(static_cast<double>(top.significand), top.exponent - truth.ulp_exponent);
  const double reach = truth.negative == negative ? truth.magnitude + bound.accumulated
                                                  : bound.accumulated - truth.magnitude * (1 - 0x1p-40);
  if (!(reach < largest)) results = either(results, overflow_in(claim.output, claim.store, negative));
  return results;
}

finding judge_finite_truth(const dot_claim& claim, element_judgement& e, unpacked<std::uint64_t> got,
                           std::uint64_t code, const dot_bound& bound) {
  bool finite_is_free = false;
  overflow_results up = permitted(claim, e.truth, bound, false, finite_is_free);
  overflow_results down = permitted(claim, e.truth, bound, true, finite_is_free);
  if (finite_is_free) {  // any number of the accumulator may come to be stored
    up = either(up, overflow_in(claim.output, claim.store, false));
    down = either(down, overflow_in(claim.output, claim.store, true));
  }
  const auto allow = [&](bool allowed, finding otherwise) {
    e.overflow_allowed = allowed;
    return allowed ? finding::fine : otherwise;
  };
  if (got.is_nan()) {
    const bool both = bound.positive_overflow && bound.negative_overflow;  // infinities of both signs may meet
    return allow(up.nan || down.nan || both, finding::nan_for_a_number);
  }
  if (got.is_infinite()) {
    const overflow_results& side = got.negative ? down : up;
    if (!side.infinity && side.clamped) return finding::not_saturated;
    return allow(side.infinity, (got.negative ? up : down).infinity ? finding::infinity_of_wrong_sign
                                                                    : finding::infinity_for_a_number);
  }
  // Written so that a NaN on either side fails.
  if (std::abs(e.distance) <= bound.total) return finding::fine;
  const bool is_largest = (code & claim.output.magnitude_mask()) == claim.output.max_finite_code();
  const bool clamped = is_largest && (got.negative ? down : up).clamped;
  return allow(clamped || finite_is_free, finding::beyond_bound);
}

finding judge_special_truth(const dot_claim& claim, element_judgement& e, unpacked<std::uint64_t> got,
                            std::uint64_t code, const dot_bound& bound) {
  const auto expected = decode(e.truth.code, claim.output);
  if (expected.is_nan()) return got.is_nan() ? finding::fine : finding::number_for_a_nan;
  if (got.is_nan()) {
    // An infinity among the terms may meet one of the other sign that overflow made.
    const bool opposite =
        e.truth.kind == value_class::infinity && (e.truth.negative ? bound.positive_overflow : bound.negative_overflow);
    e.overflow_allowed = opposite;
    return opposite ? finding::fine : finding::nan_for_a_number;
  }
  if (code == e.truth.code) return finding::fine;
  if (got.is_infinite()) return expected.is_infinite() ? finding::infinity_of_wrong_sign : finding::not_saturated;
  return expected.is_infinite() ? finding::number_for_an_infinity : finding::other_bits;
}

/// A claim that leaves nothing open: the bits, or any NaN for a NaN.
finding compare_bits(const dot_claim& claim, std::uint64_t expected_code, unpacked<std::uint64_t> got,
                     std::uint64_t code) {
  const auto expected = decode(expected_code, claim.output);
  if (expected.is_nan()) return got.is_nan() ? finding::fine : finding::number_for_a_nan;
  if (got.is_nan()) return finding::nan_for_a_number;
  if (code == expected_code) return finding::fine;
  if (expected.is_infinite())
    return got.is_infinite() ? finding::infinity_of_wrong_sign : finding::number_for_an_infinity;
  if (got.is_infinite()) {
    return claim.store.on_overflow == overflow::saturate_finite ? finding::not_saturated
                                                                : finding::infinity_for_a_number;
  }
  return expected.is_zero() && got.is_zero() ? finding::other_zero : finding::other_bits;
}

}  // namespace

element_judgement judge_element(const reference::dot_row& row, std::uint64_t got, const dot_claim& claim) {
  element_judgement e;
  got &= claim.output.code_mask();
  conversion how = claim.store;
  const bool stochastic = how.mode == rounding::stochastic;
  if (stochastic) how.mode = rounding::ties_to_even;
  e.truth = reference::dot(row, claim.output, how, got);
  e.expected = e.truth.code;
  const auto value = decode(got, claim.output);
  const bool finite_truth = e.truth.kind <= value_class::finite;
  const bool same_special = decode(e.truth.code, claim.output).kind == value.kind && got == e.truth.code;
  if (finite_truth && value.is_finite()) {
    e.distance = e.truth.error;
  } else {
    const bool both_nan = value.is_nan() && decode(e.truth.code, claim.output).is_nan();
    e.distance = same_special || both_nan ? 0 : std::numeric_limits<double>::quiet_NaN();
  }
  if (claim.what == dot_claim::kind::model) {
    e.expected = claim.model(row) & claim.output.code_mask();
    e.what = compare_bits(claim, e.expected, value, got);
    return e;
  }
  if (claim.what == dot_claim::kind::correctly_rounded && !stochastic) {
    e.what = compare_bits(claim, e.truth.code, value, got);
    return e;
  }
  const dot_bound bound = bound_of(claim, row, e.truth);
  e.bound = bound.total;
  e.what =
      finite_truth ? judge_finite_truth(claim, e, value, got, bound) : judge_special_truth(claim, e, value, got, bound);
  return e;
}

}  // namespace assay::detail
