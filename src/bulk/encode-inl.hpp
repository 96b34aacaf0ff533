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

struct encode_copy {
  explicit HWY_INLINE encode_copy(const encode_plan&) {}
  HWY_INLINE word_block operator()(const float_block& x, const word_block&) const {
    word_block codes;
    for (std::size_t j = 0; j < 4; ++j) codes.v[j] = quiet(bits_of(x.v[j]));
    return codes;
  }
  HWY_INLINE static word_vector quiet(word_vector bits) {
    const integer_mask is_nan = hn::Gt(signed_of(hn::And(bits, set(float_magnitude))), set_signed(float_infinity));
    return hn::Or(bits, hn::And(mask_bits(is_nan), set(float_quiet)));
  }
};

/// Any mode and policy. The significand is cut at the code's last place; what is cut off, as a 32-bit fraction of that
/// place, is compared with the mode's threshold.
template <bool Stochastic>
class encode_general {
 public:
  explicit HWY_INLINE encode_general(const encode_plan& plan)
      : fraction_bits_(plan.fraction_bits),
        fraction_shift_(23 - plan.fraction_bits),
        sign_shift_(31 - plan.magnitude_bits),
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
        infinity_flip_(set(plan.infinity[0] ^ plan.infinity[1])),
        nan_(set(plan.nan)),
        nan_payload_(set(plan.nan_payload)),
        nan_sign_(set(plan.nan_sign)) {}

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
      threshold = hn::Xor(random_shift_.left(random), set(float_magnitude));
    } else {
      const word_vector odd = hn::Sub(set(0), hn::And(kept, set(1)));
      threshold = hn::Xor(hn::Xor(threshold_, hn::And(negative, threshold_negative_)), hn::And(odd, threshold_odd_));
    }
    const integer_mask up = hn::Gt(signed_of(hn::Xor(rest, set(float_sign))), signed_of(threshold));
    const word_vector exponent = fraction_bits_.left(hn::Sub(result_binade, min_binade_));
    word_vector code = hn::Sub(hn::Add(exponent, kept), mask_bits(up));

    const integer_mask overflows = hn::Gt(signed_of(code), max_finite_);
    code = hn::AndNot(mask_bits(hn::Lt(signed_of(code), flush_outputs_below_)), code);
    const word_vector sign = sign_shift_.right(hn::Xor(bits, input));
    code = hn::Or(code, hn::And(sign, mask_bits(hn::Gt(signed_of(code), signed_above_))));
    code = hn::IfThenElse(hn::RebindMask(d, overflows), hn::Xor(overflow_, hn::And(negative, overflow_flip_)), code);

    const integer_mask special = hn::Gt(signed_of(input), set_signed(float_infinity - 1));
    if (HWY_UNLIKELY(!hn::AllFalse(integers(), special))) {
      const word_vector infinity = hn::Xor(infinity_, hn::And(negative, infinity_flip_));
      code = hn::IfThenElse(hn::Eq(input, set(float_infinity)), infinity, code);
      const word_vector payload = hn::And(fraction_shift_.right(input), nan_payload_);
      const word_vector nan = hn::Or(hn::Or(nan_, payload), hn::And(sign, nan_sign_));
      const integer_mask is_nan = hn::Gt(signed_of(input), set_signed(float_infinity));
      code = hn::IfThenElse(hn::RebindMask(d, is_nan), nan, code);
    }
    return code;
  }

 private:
  shift_count fraction_bits_, fraction_shift_, sign_shift_, random_shift_;
  word_vector shift_, min_binade_;
  integer_vector flush_inputs_below_, flush_outputs_below_, signed_above_, max_finite_;
  word_vector threshold_, threshold_negative_, threshold_odd_;
  word_vector overflow_, overflow_flip_, infinity_, infinity_flip_;
  word_vector nan_, nan_payload_, nan_sign_;
};

template <bool Stochastic>
class encode_any {
 public:
  explicit HWY_INLINE encode_any(const encode_plan& plan) : encoder_(plan) {}

  HWY_INLINE word_block operator()(const float_block& x, const word_block& random) const {
    word_block codes;
    for (std::size_t j = 0; j < 4; ++j) codes.v[j] = encoder_(x.v[j], random.v[j]);
    return codes;
  }

 private:
  encode_general<Stochastic> encoder_;
};

/// The general encoder on a whole block, out of line: the fast ones call it for the rare block with infinities or NaNs.
template <bool Stochastic>
HWY_NOINLINE void encode_rare_block(const encode_plan& plan, const float_block& x, const word_block& random,
                                    word_block& codes) {
  codes = encode_any<Stochastic>(plan)(x, random);
}

/// Copies keep the fast path's vectors in registers, whatever the call does to memory.
template <bool Stochastic>
HWY_INLINE word_block encode_generally(const encode_plan& plan, const float_block& x, const word_block& random) {
  const float_block x_copy = {{x.v[0], x.v[1], x.v[2], x.v[3]}};
  word_block codes;
  if constexpr (Stochastic) {
    const word_block random_copy = {{random.v[0], random.v[1], random.v[2], random.v[3]}};
    encode_rare_block<true>(plan, x_copy, random_copy, codes);
  } else {
    const word_vector none = hn::Zero(words());
    encode_rare_block<false>(plan, x_copy, {{none, none, none, none}}, codes);
  }
  return {{codes.v[0], codes.v[1], codes.v[2], codes.v[3]}};
}

HWY_INLINE bool any_above(const float_block& x, integer_vector limit) {
  const auto magnitude = [](float_vector y) ASSAY_BULK_INLINE { return hn::And(bits_of(y), set(float_magnitude)); };
  const word_vector largest =
      hn::Max(hn::Max(magnitude(x.v[0]), magnitude(x.v[1])), hn::Max(magnitude(x.v[2]), magnitude(x.v[3])));
  return !hn::AllFalse(integers(), hn::Gt(signed_of(largest), limit));
}

HWY_INLINE bool any_nan(const float_block& x) {
#if ASSAY_BULK_AVX512
  const __mmask16 first = _mm512_cmp_ps_mask(x.v[0].raw, x.v[1].raw, _CMP_UNORD_Q);
  const __mmask16 second = _mm512_cmp_ps_mask(x.v[2].raw, x.v[3].raw, _CMP_UNORD_Q);
  return _mm512_kortestz(first, second) == 0;
#else
  return any_above(x, set_signed(float_infinity));
#endif
}

/// Where code and float differ by a shift only, rounding is an addition below the cut, and the carry does the rest.
template <decision How>
class encode_shifted {
 public:
  explicit HWY_INLINE encode_shifted(const encode_plan& plan)
      : plan_(plan),
        shift_(23 - plan.fraction_bits),
        random_shift_(plan.random_shift),
        draw_shift_(9 + plan.fraction_bits),
        largest_ordinary_(set_signed(plan.special_from - 1)),
        below_(set((std::uint32_t{1} << (23 - plan.fraction_bits)) - 1)),
        half_(set(std::uint32_t{1} << (22 - plan.fraction_bits))),
        away_(set(plan.rounds_away[0] ? 0xFFFFFFFF : 0)),
        away_flip_(set(plan.rounds_away[0] != plan.rounds_away[1] ? 0xFFFFFFFF : 0)) {}

  HWY_INLINE word_block operator()(const float_block& x, const word_block& random) const {
    if (HWY_UNLIKELY(any_above(x, largest_ordinary_))) {
      return encode_generally<How == decision::stochastic>(plan_, x, random);
    }
    word_block codes;
    for (std::size_t j = 0; j < 4; ++j) codes.v[j] = finite(bits_of(x.v[j]), random.v[j]);
    return codes;
  }

 private:
  HWY_INLINE word_vector finite(word_vector bits, word_vector random) const {
    if constexpr (How == decision::ties_to_even) {
      const word_vector odd = hn::And(shift_.right(bits), set(1));
      bits = hn::Add(hn::Add(bits, hn::Sub(half_, set(1))), odd);
    } else if constexpr (How == decision::ties_to_away) {
      bits = hn::Add(bits, half_);
    } else if constexpr (How == decision::directed) {
      const word_vector negative = hn::BitCast(words(), hn::ShiftRight<31>(signed_of(bits)));
      bits = hn::Add(bits, hn::And(hn::Xor(away_, hn::And(negative, away_flip_)), below_));
    } else if constexpr (How == decision::to_odd) {
      bits = hn::Or(bits, hn::Add(hn::And(bits, below_), below_));
    } else {
      // The draw's bits below the cut's, if any, cannot carry: the remainder has no bits there.
      bits = hn::Add(bits, draw_shift_.right(random_shift_.left(random)));
    }
    return shift_.right(bits);
  }

  const encode_plan& plan_;
  shift_count shift_, random_shift_, draw_shift_;
  integer_vector largest_ordinary_;
  word_vector below_, half_, away_, away_flip_;
};

/// Rounding by one addition: to |x| in the binade of 2^E (at least the smallest normal one), add 2^(E + 23 - m), whose
/// last place is the code's. The sum's low bits are then the significand with its hidden bit, rounded by the processor
/// to nearest, ties to even; subtracting the power of two again tells how far that is from |x|, for the other modes.
///
/// With S = 23 - m, the code is the exponent field less a constant, shifted down by S, plus the significand: sum +
/// (sum >> S), with the constant's correction added beforehand to the sum's low bits, where it is even and small. The
/// bits above the code's are then to be ignored: without Clean the storing does that.
template <decision How, bool ZeroIsUnsigned, bool Clean, bool HasSpecials = true>
class encode_aligned {
 public:
  explicit HWY_INLINE encode_aligned(const encode_plan& plan)
      : plan_(plan),
        shift_(23 - plan.fraction_bits),
        sign_shift_(31 - plan.magnitude_bits),
        largest_ordinary_(set_signed(plan.special_from - 1)),
        clamp_(set(plan.clamp[0])),
        clamp_flip_(set(plan.clamp[0] ^ plan.clamp[1])),
        min_normal_(set(plan.min_normal)),
        rise_(set(plan.rise)),
        sign_mask_(set(plan.sign_mask)),
        magnitude_mask_(set(2 * plan.sign_mask - 1)),
        away_(set(plan.rounds_away[0] ? 0xFFFFFFFF : 0)),
        away_flip_(set(plan.rounds_away[0] != plan.rounds_away[1] ? 0xFFFFFFFF : 0)) {}

  HWY_INLINE word_block operator()(const float_block& x, const word_block&) const {
    if constexpr (HasSpecials) {
      if (HWY_UNLIKELY(any_above(x, largest_ordinary_))) return encode_generally<false>(plan_, x, word_block());
    }
    word_block codes;
    for (std::size_t j = 0; j < 4; ++j) codes.v[j] = finite(bits_of(x.v[j]));
    return codes;
  }

 private:
  HWY_INLINE word_vector finite(word_vector bits) const {
    word_vector magnitude = hn::And(bits, set(float_magnitude));
    word_vector negative = bits;
    if constexpr (How == decision::directed) {
      negative = hn::BitCast(words(), hn::ShiftRight<31>(signed_of(bits)));
      magnitude = hn::Min(magnitude, hn::Xor(clamp_, hn::And(negative, clamp_flip_)));
    } else {
      magnitude = hn::Min(magnitude, clamp_);
    }
    const word_vector aligner = hn::Add(hn::Max(hn::And(magnitude, set(float_infinity)), min_normal_), rise_);
    const float_vector exact = float_of(magnitude);
    const float_vector float_sum = hn::Add(exact, float_of(aligner));
    word_vector sum = bits_of(float_sum);
    if constexpr (How != decision::ties_to_even) {
      const float_vector nearest = hn::Sub(float_sum, float_of(aligner));
      if constexpr (How == decision::ties_to_away) {
        // What was cut off is exactly half of a step only after a tie that went down: 2^-24 of the power of two.
        const word_vector half = hn::Sub(hn::And(aligner, set(float_infinity)), set(std::uint32_t{24} << 23));
        const auto went_down = hn::Eq(bits_of(hn::Sub(exact, nearest)), half);
        sum = hn::Sub(sum, mask_bits(hn::RebindMask(integers(), went_down)));
      } else {
        const word_vector went_up = mask_bits(hn::RebindMask(integers(), hn::Gt(nearest, exact)));
        const word_vector went_down = mask_bits(hn::RebindMask(integers(), hn::Lt(nearest, exact)));
        if constexpr (How == decision::to_odd) {
          sum = hn::Or(hn::Add(sum, went_up), hn::And(hn::Or(went_up, went_down), set(1)));
        } else {
          const word_vector away = hn::Xor(away_, hn::And(negative, away_flip_));
          sum = hn::Sub(hn::Add(sum, hn::AndNot(away, went_up)), hn::And(away, went_down));
        }
      }
    }
    word_vector code = hn::Add(sum, shift_.right(sum));
    const word_vector sign = sign_shift_.right(bits);
    if constexpr (!Clean) return hn::IfVecThenElse(sign_mask_, sign, code);
    code = hn::And(code, magnitude_mask_);
    word_vector signs = hn::And(sign, sign_mask_);
    if constexpr (ZeroIsUnsigned) signs = hn::And(signs, mask_bits(hn::Gt(signed_of(code), set_signed(0))));
    return hn::Or(code, signs);
  }

  const encode_plan& plan_;
  shift_count shift_, sign_shift_;
  integer_vector largest_ordinary_;
  word_vector clamp_, clamp_flip_, min_normal_, rise_, sign_mask_, magnitude_mask_, away_, away_flip_;
};

#if ASSAY_BULK_F16C
/// binary16 with infinities for overflows: the processor's own conversion, in the modes that it has. It keeps a NaN's
/// sign and leading payload bits as ours does.
template <rounding Mode>
struct encode_binary16 {
  struct block_of_halves {
    hn::Vec<hn::Rebind<std::uint16_t, floats>> v[4];
  };
  friend HWY_INLINE void store_codes(const block_of_halves& x, std::uint16_t* to) {
    for (std::size_t j = 0; j < 4; ++j) hn::StoreU(x.v[j], hn::Rebind<std::uint16_t, floats>(), to + j * lanes);
  }

  HWY_INLINE block_of_halves operator()(const float_block& x, const word_block&) const {
    constexpr int mode = Mode == rounding::upward        ? _MM_FROUND_TO_POS_INF
                         : Mode == rounding::downward    ? _MM_FROUND_TO_NEG_INF
                         : Mode == rounding::toward_zero ? _MM_FROUND_TO_ZERO
                                                         : _MM_FROUND_TO_NEAREST_INT;
    block_of_halves codes;
    for (std::size_t j = 0; j < 4; ++j) {
#if ASSAY_BULK_AVX512
      codes.v[j].raw = _mm512_cvtps_ph(x.v[j].raw, mode | _MM_FROUND_NO_EXC);
#else
      codes.v[j].raw = _mm256_cvtps_ph(x.v[j].raw, mode | _MM_FROUND_NO_EXC);
#endif
    }
    return codes;
  }
};

/// A result of arithmetic: ties to even, and the canonical NaN for NaNs.
struct encode_binary16_result {
  encode_binary16<rounding::ties_to_even> encode;
  HWY_INLINE auto operator()(const float_block& x, const word_block& none) const {
    const float_vector nan = float_of(set(float_infinity | float_quiet));
    float_block y = {{x.v[0], x.v[1], x.v[2], x.v[3]}};
    if (HWY_UNLIKELY(any_nan(x))) {
      for (std::size_t j = 0; j < 4; ++j) y.v[j] = hn::IfThenElse(hn::IsNaN(x.v[j]), nan, x.v[j]);
    }
    return encode(y, none);
  }
};
#endif

/// Stochastic rounding as an addition of the draw to a fixed-point number whose carry is the rounding up. A normal
/// float's bits are one already, with S = 23 - m bits below the code; a result that will be subnormal is made one,
/// truncated to S bits: the draw has no more, so what is lost cannot carry.
class encode_fixed {
 public:
  explicit HWY_INLINE encode_fixed(const encode_plan& plan)
      : plan_(plan),
        shift_(23 - plan.fraction_bits),
        sign_shift_(31 - plan.magnitude_bits),
        random_shift_(plan.random_shift),
        draw_shift_(9 + plan.fraction_bits),
        largest_ordinary_(set_signed(plan.special_from - 1)),
        clamp_(set(plan.clamp[0])),
        min_normal_(set(plan.min_normal)),
        offset_(set(plan.min_normal - float_hidden)),
        sign_mask_(set(plan.sign_mask)) {}

  HWY_INLINE word_block operator()(const float_block& x, const word_block& random) const {
    if (HWY_UNLIKELY(any_above(x, largest_ordinary_))) return encode_generally<true>(plan_, x, random);
    word_block codes;
    for (std::size_t j = 0; j < 4; ++j) codes.v[j] = finite(bits_of(x.v[j]), random.v[j]);
    return codes;
  }

 private:
  HWY_INLINE word_vector finite(word_vector bits, word_vector random) const {
    const word_vector magnitude = hn::Min(hn::And(bits, set(float_magnitude)), clamp_);
    // Added to the smallest normal number, what is smaller leaves its multiple of 2^(emin - 23), to nearest.
    const float_vector sum = hn::Add(float_of(magnitude), float_of(min_normal_));
    const word_vector nearest = hn::Sub(bits_of(sum), min_normal_);
    const auto went_up = hn::Gt(hn::Sub(sum, float_of(min_normal_)), float_of(magnitude));
    const word_vector truncated = hn::Add(nearest, mask_bits(hn::RebindMask(integers(), went_up)));
    const auto is_normal = hn::RebindMask(words(), hn::Ge(float_of(magnitude), float_of(min_normal_)));
    const word_vector fixed = hn::IfThenElse(is_normal, hn::Sub(magnitude, offset_), truncated);
    const word_vector draw = draw_shift_.right(random_shift_.left(random));
    const word_vector code = shift_.right(hn::Add(fixed, draw));
    return hn::Or(code, hn::And(sign_shift_.right(bits), sign_mask_));
  }

  const encode_plan& plan_;
  shift_count shift_, sign_shift_, random_shift_, draw_shift_;
  integer_vector largest_ordinary_;
  word_vector clamp_, min_normal_, offset_, sign_mask_;
};

/// Calls use(encoder) with the aligned encoder for ties to even, the path that matters most.
template <class Code, class Use>
HWY_INLINE void with_aligned_ties_to_even(const encode_plan& plan, const Use& use) {
  constexpr decision how = decision::ties_to_even;
  if (plan.zero_is_unsigned) return use(encode_aligned<how, true, true>(plan));
  if constexpr (ASSAY_BULK_AVX512 && sizeof(Code) <= 2) {
    if (plan.sign_mask == std::uint32_t{1} << (8 * sizeof(Code) - 1)) {
      if (plan.special_from == float_magnitude) return use(encode_aligned<how, false, false, false>(plan));
      return use(encode_aligned<how, false, false>(plan));
    }
  }
  use(encode_aligned<how, false, true>(plan));
}

/// Calls use(encoder) with the plan's encoder; the mode is not stochastic.
template <class Code, class Use>
HWY_INLINE void with_encoder(const encode_plan& plan, const Use& use) {
  const bool is_aligned = plan.path == encode_path::aligned && !plan.zero_is_unsigned;
  const bool is_shifted = plan.path == encode_path::shifted;
  if (plan.path == encode_path::copy) return use(encode_copy(plan));
  switch (plan.how) {
    case decision::ties_to_even:
      if (is_shifted) return use(encode_shifted<decision::ties_to_even>(plan));
      if (plan.path == encode_path::aligned) return with_aligned_ties_to_even<Code>(plan, use);
      break;
    case decision::ties_to_away:
      if (is_shifted) return use(encode_shifted<decision::ties_to_away>(plan));
      if (is_aligned) return use(encode_aligned<decision::ties_to_away, false, true>(plan));
      break;
    case decision::directed:
      if (is_shifted) return use(encode_shifted<decision::directed>(plan));
      if (is_aligned) return use(encode_aligned<decision::directed, false, true>(plan));
      break;
    case decision::to_odd:
      if (is_shifted) return use(encode_shifted<decision::to_odd>(plan));
      if (is_aligned) return use(encode_aligned<decision::to_odd, false, true>(plan));
      break;
    case decision::stochastic: break;
  }
  use(encode_any<false>(plan));
}

}  // namespace assay::bulk::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif
