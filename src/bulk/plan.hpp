// The constants of a vector kernel, derived from a format and a policy: kernels know masks and thresholds, not formats.
#pragma once

#include <bit>
#include <cstdint>

#include <assay/rounding/round.hpp>

namespace assay::bulk {

/// Whether every finite number of f is one of binary32's, and those that are normal in f are normal there. Then a code
/// is a float's bits but for a shift and an offset, and floats round to codes by integer arithmetic.
constexpr bool fits_binary32(format f) {
  return f.is_signed() && f.fraction_bits <= 23 && f.min_exponent() >= -126 && f.max_exponent() <= 127;
}

/// Whether a number rounded to odd in binary32 rounds into f as the number itself does, in every mode but stochastic:
/// the float has two digits more than f, and two binary places more below f's smallest step. Beyond binary32's range
/// the largest float stands for every number, and is truncated to f's largest where that has the same exponent: alike
/// but for the policy that tells an overflow from it.
constexpr bool odd_floats_round_alike(format f, conversion how) {
  return f.fraction_bits <= 21 && f.min_ulp_exponent() >= -147 &&
         (how.on_overflow != overflow::to_nan || f.max_exponent() < 127);
}

constexpr std::uint32_t low32(std::uint64_t code) { return static_cast<std::uint32_t>(code); }

/// 2^exponent; subnormal below 2^-126.
constexpr float power_of_two(int exponent) {
  const std::uint32_t bits =
      exponent >= -126 ? static_cast<std::uint32_t>(exponent + 127) << 23 : std::uint32_t{1} << (exponent + 149);
  return std::bit_cast<float>(bits);
}

enum class encode_path : std::uint8_t {
  scalar,   ///< no kernel
  copy,     ///< binary32 itself: only NaNs change, to quiet ones
  shifted,  ///< binary32's exponents, policies but the mode the default ones: rounds the float's bits in place
  aligned,  ///< any deterministic mode: rounds by adding a power of two whose last place is the result's
  fixed,    ///< stochastic, with no more random bits than a normal result cuts off: both as fixed-point numbers
  general,  ///< any mode and policy
};

/// How the fast paths decide: from whether the cut was inexact, and on which side of the middle.
enum class decision : std::uint8_t { ties_to_even, ties_to_away, directed, to_odd, stochastic };

constexpr decision decision_of(rounding mode) {
  switch (mode) {
    case rounding::ties_to_even: return decision::ties_to_even;
    case rounding::ties_to_away: return decision::ties_to_away;
    case rounding::to_odd: return decision::to_odd;
    case rounding::stochastic: return decision::stochastic;
    case rounding::toward_zero:
    case rounding::upward:
    case rounding::downward: break;
  }
  return decision::directed;
}

/// Float to code.
struct encode_plan {
  encode_path path = encode_path::scalar;
  decision how = decision::ties_to_even;
  bool adds_draws = false;      ///< stochastic: rounded_sum's constants below are set, and it has room for the draws
  bool plain_binary16 = false;  ///< what the processor's own instruction does, but for NaNs of arithmetic
  int magnitude_bits = 0;
  int fraction_bits = 0;
  std::uint32_t sign_mask = 0;
  std::uint32_t min_normal = 0;  ///< the float 2^emin
  bool zero_is_unsigned = false;
  bool rounds_away[2] = {};  ///< directed: whether the magnitude goes up, by sign

  // shifted and aligned: floats of at least special_from, in magnitude, go the general way.
  std::uint32_t special_from = 0;
  std::uint32_t clamp[2] = {};  ///< aligned: floats beyond it, in magnitude, overflow as it does; by sign
  std::uint32_t rise = 0;       ///< aligned: what turns the result's binade into the power of two to add

  // general: a NaN's code is nan | leading fraction bits & nan_payload | sign & nan_sign.
  std::uint32_t nan = 0, nan_payload = 0, nan_sign = 0;
  // general: up when the remainder, a 32-bit fraction of the last place, exceeds
  // threshold ^ (negative ? threshold_negative : 0) ^ (odd ? threshold_odd : 0).
  std::uint32_t threshold = 0, threshold_negative = 0, threshold_odd = 0;
  int random_shift = 0;  ///< stochastic: brings the word's low n bits to the top
  std::uint32_t max_finite = 0;
  std::uint32_t overflow[2] = {}, infinity[2] = {};  ///< complete codes, by sign
  std::uint32_t flush_inputs_below = 0;              ///< as a float's bits
  std::uint32_t flush_outputs_below = 0;             ///< as a code
};

/// NaN results: of a conversion (sign and payload kept), or of arithmetic (the canonical one).
enum class nan_result : std::uint8_t { converted, canonical };

constexpr encode_plan make_encode_plan(format f, conversion how, nan_result nan) {
  encode_plan plan;
  const bool keeps_subnormals = how.on_subnormal == subnormals::keep;
  if (f == binary32 && how.on_overflow == overflow::ieee && keeps_subnormals && nan == nan_result::converted) {
    plan.path = encode_path::copy;
    return plan;
  }
  if (!fits_binary32(f) || f.fraction_bits > 22) return plan;
  plan.path = encode_path::general;
  plan.magnitude_bits = f.magnitude_bits();
  plan.fraction_bits = f.fraction_bits;
  plan.how = decision_of(how.mode);
  plan.sign_mask = low32(f.sign_mask());
  plan.min_normal = static_cast<std::uint32_t>(f.min_exponent() + 127) << 23;
  plan.max_finite = low32(f.max_finite_code());
  plan.zero_is_unsigned = !f.has_negative_zero();
  for (const bool negative : {false, true}) {
    plan.overflow[negative] = low32(encode_overflow(f, negative, how, false).code);
    plan.infinity[negative] = low32(encode_overflow(f, negative, how, true).code);
  }
  plan.nan = low32(encode_nan(f, false, quiet_bit).code);
  if (nan == nan_result::converted) {
    if (f.has_nan() && f.nonfinite == encoding::ieee) plan.nan_payload = low32(f.fraction_mask());
    if (f.has_signed_nan()) plan.nan_sign = low32(f.sign_mask());
  }
  // Only a float's own subnormals are flushed; they can be the larger part of a rounding only in binary32's range.
  if (flushes_inputs(how.on_subnormal)) plan.flush_inputs_below = std::uint32_t{1} << 23;
  if (flushes_outputs(how.on_subnormal) && f.has_subnormals()) plan.flush_outputs_below = low32(f.min_normal_code());

  constexpr std::uint32_t never = 0xFFFFFFFF, half = 0x80000000;
  switch (how.mode) {
    case rounding::ties_to_even: plan.threshold = half, plan.threshold_odd = half ^ (half - 1); break;
    case rounding::ties_to_away: plan.threshold = half - 1; break;
    case rounding::toward_zero: plan.threshold = never; break;
    case rounding::upward: plan.threshold_negative = never; break;
    case rounding::downward: plan.threshold = never, plan.threshold_negative = never; break;
    case rounding::to_odd: plan.threshold_odd = never; break;
    case rounding::stochastic: plan.random_shift = 32 - how.random_bits; break;
  }
  if (!keeps_subnormals || f.fraction_bits == 0) return plan;

  constexpr std::uint32_t infinity = 0x7F800000;
  plan.rounds_away[0] = how.mode == rounding::upward;
  plan.rounds_away[1] = how.mode == rounding::downward;
  if (f.exponent_bits == 8 && f.bias == 127 && f.nonfinite == encoding::ieee && how.on_overflow == overflow::ieee) {
    // A carry out of the largest number makes infinity by itself, as do truncating modes the largest number.
    plan.path = encode_path::shifted;
    plan.special_from = infinity + 1;
    return plan;
  }

  // Codes after the largest finite one begin where overflow does. The aligned path can end at the first of them
  // (infinity or NaN), or at the largest number itself.
  const int shift = 23 - f.fraction_bits;
  const std::uint32_t sign = low32(f.sign_mask());
  const std::uint32_t offset = plan.min_normal - (std::uint32_t{1} << 23);
  if (plan.max_finite < std::uint32_t{1} << f.fraction_bits) return plan;  // all numbers are subnormal
  for (const bool negative : {false, true}) {
    const std::uint32_t largest = plan.max_finite | (negative ? sign : 0);
    const std::uint32_t next = (plan.max_finite + 1) | (negative ? sign : 0);
    if (plan.overflow[negative] != largest && plan.overflow[negative] != next) return plan;
    const std::uint32_t end = plan.overflow[negative] == next ? plan.max_finite + 1 : plan.max_finite;
    plan.clamp[negative] = (end << shift) + offset;
  }
  const bool infinity_overflows = plan.overflow[0] == plan.infinity[0] && plan.overflow[1] == plan.infinity[1];
  const bool nan_overflows =
      plan.overflow[0] == plan.nan && plan.overflow[1] == (plan.nan | plan.nan_sign) && plan.nan_payload == 0;
  plan.special_from = !infinity_overflows ? infinity : nan_overflows ? 0x7FFFFFFF : infinity + 1;

  if (plan.how == decision::stochastic) {
    plan.adds_draws = how.random_bits <= 23 && f.min_ulp_exponent() > -100 && !plan.zero_is_unsigned;
    if (plan.adds_draws && how.random_bits <= shift) plan.path = encode_path::fixed;
    return plan;
  }

  // See encode_aligned: the low bits of the sum, the code's exponent off by a constant, and the constant's correction
  // must all stay below the bits that are shifted down. The shifted-down exponent is right modulo twice the sign bit.
  const auto raised = static_cast<std::uint32_t>((f.min_exponent() + 127) + shift) << f.fraction_bits;
  const std::uint32_t correction = (0 - raised) & (2 * sign - 1);
  const bool stays_below = correction + (std::uint32_t{2} << f.fraction_bits) < std::uint32_t{1} << shift;
  const bool all_normal = f.max_exponent() + 1 + shift <= 127 && f.min_ulp_exponent() > -126;
  if (!stays_below || !all_normal) return plan;
  plan.path = encode_path::aligned;
  plan.rise = (static_cast<std::uint32_t>(shift) << 23) + correction;
  plan.plain_binary16 = f == binary16 && how.on_overflow == overflow::ieee &&
                        (plan.how == decision::ties_to_even || plan.how == decision::directed);
  return plan;
}

enum class decode_path : std::uint8_t {
  scalar,   ///< no kernel
  shifted,  ///< binary32's exponents: a shift, and NaNs made quiet
  general,
};

/// Code to float, exactly. The codes in which (code & special_mask) == special_value are infinities and NaNs.
struct decode_plan {
  decode_path path = decode_path::scalar;
  bool through_binary16 = false;  ///< the code's bits, moved up, are binary16's but for a scale
  int magnitude_bits = 0;
  int shift = 0;  ///< 23 - fraction_bits
  std::uint32_t magnitude_mask = 0, sign_mask = 0;
  std::uint32_t offset = 0;      ///< what the exponents differ by, in place
  std::uint32_t min_normal = 0;  ///< as a code
  float subnormal_ulp = 0;       ///< 0 when subnormal inputs are flushed
  std::uint32_t special_mask = 0, special_value = 1;
  bool has_infinity = false;
  bool nan_is_signed = false;
  float half_scale = 1;              ///< through_binary16: a code's value over that of the same bits in binary16
  bool half_specials_agree = false;  ///< and so are its infinities and NaNs
  std::uint32_t half_special_keep = 0xFFFF, half_special_or = 0x7C00;
};

constexpr decode_plan make_decode_plan(format f, bool flush_inputs) {
  decode_plan plan;
  if (!fits_binary32(f)) return plan;
  const bool same_exponents = f.exponent_bits == 8 && f.bias == 127 && f.nonfinite == encoding::ieee;
  plan.path = same_exponents && !flush_inputs ? decode_path::shifted : decode_path::general;
  plan.magnitude_bits = f.magnitude_bits();
  plan.shift = 23 - f.fraction_bits;
  plan.magnitude_mask = low32(f.magnitude_mask());
  plan.sign_mask = low32(f.sign_mask());
  plan.offset = static_cast<std::uint32_t>(f.min_exponent() + 126) << 23;
  plan.min_normal = low32(f.min_normal_code());
  plan.subnormal_ulp = flush_inputs ? 0.0F : power_of_two(f.min_ulp_exponent());
  plan.has_infinity = f.has_infinity();
  plan.nan_is_signed = f.has_signed_nan();
  switch (f.nonfinite) {
    case encoding::ieee: plan.special_mask = plan.special_value = low32(f.infinity_code()); break;
    case encoding::fn: plan.special_mask = plan.special_value = plan.magnitude_mask; break;
    case encoding::fnuz:
      plan.special_mask = low32(f.code_mask());
      plan.special_value = plan.sign_mask;
      break;
    case encoding::finite:
    case encoding::fnu: break;
  }
  // binary16's top exponent is taken, so five exponent bits serve only where the format's top exponent means the same.
  const bool exponents_fit = f.exponent_bits <= 4 || (f.exponent_bits == 5 && f.nonfinite == encoding::ieee);
  if (exponents_fit && f.fraction_bits <= 10 && f.bias >= -100 && !flush_inputs) {
    plan.through_binary16 = true;
    plan.half_scale = power_of_two(15 - f.bias);
    plan.half_specials_agree = f.nonfinite == encoding::finite || f.exponent_bits == 5;
    if (f.nonfinite != encoding::ieee) {
      plan.half_special_keep = f.has_signed_nan() ? 0x8000 : 0;
      plan.half_special_or = 0x7E00;
    }
  }
  return plan;
}

}  // namespace assay::bulk
