// The one place that rounds and encodes.
#pragma once

#include <assay/bits/unpacked.hpp>
#include <assay/format/decode.hpp>
#include <assay/rounding/conversion.hpp>

namespace assay {

/// What is left of a significand after its low bits are rounded away.
template <class Word>
struct rounded_significand {
  Word kept;
  bool inexact;
};

/// Rounds significand / 2^distance to an integer (distance > 0). `negative` decides the directed modes.
template <class Word>
constexpr rounded_significand<Word> round_significand(Word significand, int distance, bool negative,
                                                      conversion how, std::uint32_t random) {
  const Word kept = shift_right(significand, distance);
  const Word remainder = significand & low_bits<Word>(distance);
  if (remainder == 0) return {kept, false};
  bool up = false;
  switch (how.mode) {
    case rounding::ties_to_even:
    case rounding::ties_to_away: {
      // Beyond the word the remainder is less than half of the last place.
      const Word half = distance <= word_bits<Word> ? static_cast<Word>(Word{1} << (distance - 1)) : Word{0};
      const bool tie_goes_up = how.mode == rounding::ties_to_away || (kept & 1) != 0;
      up = half != 0 && (remainder > half || (remainder == half && tie_goes_up));
      break;
    }
    case rounding::toward_zero: break;
    case rounding::upward: up = !negative; break;
    case rounding::downward: up = negative; break;
    case rounding::to_odd: up = (kept & 1) == 0; break;
    case rounding::stochastic: {
      const int n = how.random_bits;
      const Word truncated = distance >= n ? shift_right(remainder, distance - n)
                                           : static_cast<Word>(remainder << (n - distance));
      const std::uint64_t draw = random & low_bits<std::uint64_t>(n);
      up = static_cast<std::uint64_t>(truncated) + draw >= (std::uint64_t{1} << n);
      break;
    }
  }
  return {static_cast<Word>(kept + (up ? 1 : 0)), true};
}

/// Whether an overflow in this mode ends at the largest finite number rather than at infinity.
constexpr bool overflow_stays_finite(rounding mode, bool negative) {
  return mode == rounding::toward_zero || mode == rounding::to_odd ||
         (mode == rounding::upward && negative) || (mode == rounding::downward && !negative);
}

/// A NaN in f: sign kept where f has signed NaNs; of the payload, as many leading bits as the fraction holds,
/// made quiet. A format without NaN gives its largest number and raises invalid (as PTX cvt does).
constexpr rounded encode_nan(format f, bool negative, std::uint64_t left_aligned_fraction) {
  if (!f.has_nan()) return {f.max_finite_code(), exceptions::invalid};
  std::uint64_t code = f.nan_code();
  if (f.nonfinite == encoding::ieee) code |= left_aligned_fraction >> (64 - f.fraction_bits);
  if (negative && f.has_signed_nan()) code |= f.sign_mask();
  return {code, exceptions::none};
}

constexpr rounded encode_zero(format f, bool negative) {
  // Without a zero the nearest value is the smallest one.
  if (!f.has_zero()) return {f.min_positive_code(), exceptions::underflow | exceptions::inexact};
  return {negative && f.has_negative_zero() ? f.sign_mask() : 0, exceptions::none};
}

/// A result beyond the largest finite number; `exact_infinity` when it is an infinity and not an overflow.
constexpr rounded encode_overflow(format f, bool negative, conversion how, bool exact_infinity) {
  const std::uint64_t sign = negative ? f.sign_mask() : 0;
  const exceptions raised = exact_infinity ? exceptions::none : exceptions::overflow | exceptions::inexact;
  const rounded largest{sign | f.max_finite_code(), raised | exceptions::overflow | exceptions::inexact};
  if (how.on_overflow == overflow::saturate_finite) return largest;
  if (how.on_overflow == overflow::ieee && !exact_infinity && overflow_stays_finite(how.mode, negative)) return largest;
  if (f.has_infinity() && (how.on_overflow == overflow::ieee || exact_infinity)) return {sign | f.infinity_code(), raised};
  if (!f.has_nan()) return largest;
  const rounded nan = encode_nan(f, negative, 0);
  return {nan.code, raised | exceptions::overflow | exceptions::inexact};
}

/// Rounds a value once into f and encodes it. `v` may be sticky if its significand has at least two bits below
/// the last place of the result (and random_bits below it, for stochastic rounding).
///
/// For a format without a sign, values below zero give NaN and raise invalid. One-digit significands follow
/// IEEE 754-2019, 4.3.1: neither neighbour of a tie being even, the larger wins.
template <class Word>
constexpr rounded round_to_format(unpacked<Word> v, format f, conversion how = {}, std::uint32_t random = 0) {
  switch (v.kind) {
    case value_class::nan: return encode_nan(f, v.negative, static_cast<std::uint64_t>(v.significand));
    case value_class::zero: return encode_zero(f, v.negative);
    case value_class::finite:
    case value_class::infinity: break;
  }
  if (v.negative && !f.is_signed()) {
    return {f.nan_code(), exceptions::invalid};
  }
  if (v.is_infinite()) return encode_overflow(f, v.negative, how, true);

  const int leading = v.leading_exponent();
  if (leading > f.max_exponent() + 1) return encode_overflow(f, v.negative, how, false);

  // The binade's last place, or the subnormals' where the binade is below the normal range.
  const int emin = f.min_exponent();
  const int binade = leading > emin ? leading : emin;
  const int distance = binade - f.fraction_bits - v.exponent;
  rounded_significand<std::uint64_t> r{};
  if (distance <= 0) {
    r = {static_cast<std::uint64_t>(v.significand) << -distance, false};
  } else {
    const auto wide = round_significand(v.significand, distance, v.negative, how, random);
    r = {static_cast<std::uint64_t>(wide.kept), wide.inexact};
  }

  // Codes are consecutive: the hidden bit adds one to the exponent field, and a carry moves to the next binade.
  std::uint64_t code = (static_cast<std::uint64_t>(binade - emin) << f.fraction_bits) + r.kept;
  if (!f.has_zero()) {
    if (code == 0) return encode_zero(f, false);
    code -= 1;
  }
  if (code > f.max_finite_code()) return encode_overflow(f, v.negative, how, false);

  exceptions raised = r.inexact ? exceptions::inexact : exceptions::none;
  if (r.inexact && leading < emin) {
    // Tiny unless rounding with an unbounded exponent carries up to the smallest normal number.
    const int unbounded = leading - f.fraction_bits - v.exponent;
    const bool carries = leading == emin - 1 && unbounded > 0 &&
                         round_significand(v.significand, unbounded, v.negative, how, random).kept >>
                                 f.precision() != 0;
    if (!carries) raised |= exceptions::underflow;
  }
  if (flushes_outputs(how.on_subnormal) && f.has_subnormals() && code != 0 && code < f.min_normal_code()) {
    const rounded zero = encode_zero(f, v.negative);
    return {zero.code, raised | exceptions::underflow | exceptions::inexact};
  }
  const bool signed_code = v.negative && (code != 0 || f.has_negative_zero());
  return {signed_code ? code | f.sign_mask() : code, raised};
}

}  // namespace assay
