// Floats to codes, one vector at a time: the paths of encode_plan. Included once per instruction set.
#if defined(ASSAY_BULK_ENCODE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ASSAY_BULK_ENCODE_INL
#undef ASSAY_BULK_ENCODE_INL
#else
#define ASSAY_BULK_ENCODE_INL
#endif

#include <hwy/highway.h>

#include "lanes-inl.hpp"
#include "plan.hpp"

#if ASSAY_BULK_HAS_KERNELS
HWY_BEFORE_NAMESPACE();
namespace assay::bulk::HWY_NAMESPACE {

inline constexpr std::uint32_t float_sign = 0x80000000, float_magnitude = 0x7FFFFFFF, float_infinity = 0x7F800000,
                               float_quiet = 0x00400000, float_hidden = 0x00800000;

/// What all paths share: signs and NaNs.
class encode_common {
 public:
  explicit HWY_INLINE encode_common(const encode_plan& plan)
      : sign_shift_(31 - plan.magnitude_bits),
        fraction_shift_(23 - plan.fraction_bits),
        nan_(set(plan.nan)),
        nan_payload_(set(plan.nan_payload)),
        nan_sign_(set(plan.nan_sign)) {}

  HWY_INLINE word_vector sign_of(word_vector bits, word_vector magnitude) const {
    return hn::ShiftRightSame(hn::Xor(bits, magnitude), sign_shift_);
  }
  HWY_INLINE word_vector with_nans(word_vector code, word_vector sign, word_vector magnitude) const {
    const word_vector payload = hn::And(hn::ShiftRightSame(magnitude, fraction_shift_), nan_payload_);
    const word_vector nan = hn::Or(hn::Or(nan_, payload), hn::And(sign, nan_sign_));
    const integer_mask is_nan = hn::Gt(signed_of(magnitude), set_signed(float_infinity));
    return hn::IfThenElse(hn::RebindMask(words(), is_nan), nan, code);
  }

 private:
  int sign_shift_, fraction_shift_;
  word_vector nan_, nan_payload_, nan_sign_;
};

struct encode_copy {
  explicit HWY_INLINE encode_copy(const encode_plan&) {}
  HWY_INLINE word_vector operator()(float_vector x) const {
    const word_vector bits = bits_of(x);
    const integer_mask is_nan = hn::Gt(signed_of(hn::And(bits, set(float_magnitude))), set_signed(float_infinity));
    return hn::Or(bits, hn::And(mask_bits(is_nan), set(float_quiet)));
  }
};

/// Ties to even where code and float differ by a shift only: half of the last place less one, and the last kept bit.
template <bool CareForNan>
class encode_shifted : public encode_common {
 public:
  explicit HWY_INLINE encode_shifted(const encode_plan& plan)
      : encode_common(plan),
        shift_(23 - plan.fraction_bits),
        below_half_(set((std::uint32_t{1} << (22 - plan.fraction_bits)) - 1)),
        clamp_(set(plan.clamp)) {}

  HWY_INLINE word_vector operator()(float_vector x) const {
    const word_vector bits = bits_of(x);
    const word_vector magnitude = hn::And(bits, set(float_magnitude));
    const word_vector sign = sign_of(bits, magnitude);
    const word_vector clamped = hn::Min(magnitude, clamp_);
    const word_vector odd = hn::And(hn::ShiftRightSame(clamped, shift_), set(1));
    const word_vector code = hn::Or(hn::ShiftRightSame(hn::Add(hn::Add(clamped, below_half_), odd), shift_), sign);
    if constexpr (CareForNan) return with_nans(code, sign, magnitude);
    return code;
  }

 private:
  int shift_;
  word_vector below_half_, clamp_;
};

/// Ties to even by one addition: to |x| in the binade of 2^E (at least the smallest normal one), add 2^(E + 23 - m),
/// whose last place is the code's. The sum's low bits are then the significand, rounded by the processor, with its
/// hidden bit: the code but for the exponent, of which the hidden bit is the first step.
template <bool CareForNan, bool CareForZero>
class encode_nearest : encode_common {
 public:
  explicit HWY_INLINE encode_nearest(const encode_plan& plan)
      : encode_common(plan),
        shift_(23 - plan.fraction_bits),
        clamp_(set(plan.clamp)),
        min_normal_(set(plan.min_normal)),
        rise_(set(static_cast<std::uint32_t>(23 - plan.fraction_bits) << 23)) {}

  HWY_INLINE word_vector operator()(float_vector x) const {
    const word_vector bits = bits_of(x);
    const word_vector magnitude = hn::And(bits, set(float_magnitude));
    const word_vector clamped = hn::Min(magnitude, clamp_);
    const word_vector binade = hn::Max(hn::And(clamped, set(float_infinity)), min_normal_);
    const word_vector aligner = hn::Add(binade, rise_);
    const word_vector sum = bits_of(hn::Add(float_of(clamped), float_of(aligner)));
    const word_vector exponent = hn::ShiftRightSame(hn::Sub(binade, min_normal_), shift_);
    word_vector sign = sign_of(bits, magnitude);
    word_vector code = hn::Add(exponent, hn::Sub(sum, aligner));
    if constexpr (CareForZero) sign = hn::And(sign, mask_bits(hn::Gt(signed_of(code), set_signed(0))));
    code = hn::Or(code, sign);
    if constexpr (CareForNan) return with_nans(code, sign, magnitude);
    return code;
  }

 private:
  int shift_;
  word_vector clamp_, min_normal_, rise_;
};

/// Any mode and policy. The significand is cut at the code's last place; what is cut off, as a 32-bit fraction of that
/// place, is compared with the mode's threshold.
template <bool Stochastic>
class encode_general : encode_common {
 public:
  explicit HWY_INLINE encode_general(const encode_plan& plan)
      : encode_common(plan),
        fraction_bits_(plan.fraction_bits),
        random_shift_(plan.random_shift),
        shift_(set(static_cast<std::uint32_t>(23 - plan.fraction_bits))),
        min_binade_(set(plan.min_normal >> 23)),
        flush_inputs_below_(set_signed(plan.flush_inputs_below)),
        flush_outputs_below_(set_signed(plan.flush_outputs_below)),
        signed_above_(set_signed(plan.zero_is_unsigned ? 0 : 0xFFFFFFFF)),
        max_finite_(set_signed(plan.max_finite)),
        threshold_(set(plan.threshold ^ float_sign)),  // comparisons are signed: both sides with the top bit flipped
        threshold_negative_(set(plan.threshold_negative)),
        threshold_odd_(set(plan.threshold_odd)),
        overflow_(set(plan.overflow[0])),
        overflow_flip_(set(plan.overflow[0] ^ plan.overflow[1])),
        infinity_(set(plan.infinity[0])),
        infinity_flip_(set(plan.infinity[0] ^ plan.infinity[1])) {}

  /// `random` is looked at by stochastic rounding only.
  HWY_INLINE word_vector operator()(float_vector x, word_vector random) const {
    const words d;
    const word_vector bits = bits_of(x);
    const word_vector negative = hn::BitCast(d, hn::ShiftRight<31>(hn::BitCast(integers(), x)));
    const word_vector input = hn::And(bits, set(float_magnitude));
    const word_vector magnitude = hn::AndNot(mask_bits(hn::Lt(signed_of(input), flush_inputs_below_)), input);

    const word_vector binade = hn::ShiftRight<23>(hn::Max(magnitude, set(float_hidden)));
    const word_vector significand = hn::Sub(magnitude, hn::ShiftLeft<23>(hn::Sub(binade, set(1))));
    const word_vector result_binade = hn::Max(binade, min_binade_);
    const word_vector depth = hn::Add(hn::Sub(result_binade, binade), shift_);
    // A significand has 24 bits: a depth beyond 31 leaves the deterministic modes' decisions as they are at 31.
    const word_vector distance = hn::Min(depth, set(31));
    const word_vector kept = hn::Shr(significand, distance);
    word_vector rest = hn::Shl(significand, hn::Sub(set(32), distance));
    word_vector threshold;
    if constexpr (Stochastic) {
      rest = hn::Shr(rest, hn::Min(hn::Sub(depth, distance), set(31)));
      // Up when rest + draw passes 2^32: when rest > not draw. Below the draw's n bits `not draw` is all ones, so
      // the rest counts as truncated to n bits.
      threshold = hn::Xor(hn::ShiftLeftSame(random, random_shift_), set(float_magnitude));
    } else {
      const word_vector odd = hn::Sub(set(0), hn::And(kept, set(1)));
      threshold = hn::Xor(hn::Xor(threshold_, hn::And(negative, threshold_negative_)), hn::And(odd, threshold_odd_));
    }
    const integer_mask up = hn::Gt(signed_of(hn::Xor(rest, set(float_sign))), signed_of(threshold));
    const word_vector exponent = hn::ShiftLeftSame(hn::Sub(result_binade, min_binade_), fraction_bits_);
    word_vector code = hn::Sub(hn::Add(exponent, kept), mask_bits(up));

    const integer_mask overflows = hn::Gt(signed_of(code), max_finite_);
    code = hn::AndNot(mask_bits(hn::Lt(signed_of(code), flush_outputs_below_)), code);
    const word_vector sign = sign_of(bits, input);
    code = hn::Or(code, hn::And(sign, mask_bits(hn::Gt(signed_of(code), signed_above_))));
    code = hn::IfThenElse(hn::RebindMask(d, overflows), hn::Xor(overflow_, hn::And(negative, overflow_flip_)), code);

    const integer_mask special = hn::Gt(signed_of(input), set_signed(float_infinity - 1));
    if (HWY_UNLIKELY(!hn::AllFalse(integers(), special))) {
      const word_vector infinity = hn::Xor(infinity_, hn::And(negative, infinity_flip_));
      code = hn::IfThenElse(hn::Eq(input, set(float_infinity)), infinity, code);
      code = with_nans(code, sign, input);
    }
    return code;
  }

 private:
  int fraction_bits_, random_shift_;
  word_vector shift_, min_binade_;
  integer_vector flush_inputs_below_, flush_outputs_below_, signed_above_, max_finite_;
  word_vector threshold_, threshold_negative_, threshold_odd_;
  word_vector overflow_, overflow_flip_, infinity_, infinity_flip_;
};

/// Calls use(encoder) with the plan's encoder for ties to even, if it has one.
template <class Use>
HWY_INLINE bool with_nearest_encoder(const encode_plan& plan, const Use& use) {
  switch (plan.path) {
    case encode_path::shifted:
      plan.clamp_takes_nan ? use(encode_shifted<false>(plan)) : use(encode_shifted<true>(plan));
      return true;
    case encode_path::nearest:
      if (plan.zero_is_unsigned) {
        use(encode_nearest<true, true>(plan));
      } else if (plan.clamp_takes_nan) {
        use(encode_nearest<false, false>(plan));
      } else {
        use(encode_nearest<true, false>(plan));
      }
      return true;
    case encode_path::copy: use(encode_copy(plan)); return true;
    case encode_path::general:
    case encode_path::scalar: break;
  }
  return false;
}

}  // namespace assay::bulk::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif
