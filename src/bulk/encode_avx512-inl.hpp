// Floats to codes of 8 and 16 bits with AVX-512, a block at a time: additions that round in the mode asked for, sums
// that are packed before the sign is put back. Included once per instruction set.
#if defined(ASSAY_BULK_ENCODE_AVX512_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ASSAY_BULK_ENCODE_AVX512_INL
#undef ASSAY_BULK_ENCODE_AVX512_INL
#else
#define ASSAY_BULK_ENCODE_AVX512_INL
#endif

#include <algorithm>
#include <bit>
#include <type_traits>

#include <hwy/highway.h>

#include "encode-inl.hpp"
#include "pack-inl.hpp"

#if ASSAY_BULK_AVX512
HWY_BEFORE_NAMESPACE();
namespace assay::bulk::HWY_NAMESPACE {

/// How the processor rounds an addition, instruction by instruction: ties to even, to zero, upward, downward.
template <rounding Mode>
inline constexpr int rounding_control = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
template <>
inline constexpr int rounding_control<rounding::toward_zero> = _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC;
template <>
inline constexpr int rounding_control<rounding::upward> = _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC;
template <>
inline constexpr int rounding_control<rounding::downward> = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC;

/// a * b + c, rounded once.
template <rounding Mode>
HWY_INLINE __m512 fused_sum(__m512 a, __m512 b, __m512 c) {
  return _mm512_fmadd_round_ps(a, b, c, rounding_control<Mode>);
}

/// x rounded, still as a sum: to x in the binade of 2^E (at least that of the smallest normal number), add 2^(E + 23 -
/// m) with x's sign. The sum's last place is the code's, so its low bits are the significand with its hidden bit,
/// rounded by the processor, in any mode that it has, to a signed number. Not for NaN.
template <rounding Mode>
class rounded_sum {
  static constexpr bool is_stochastic = Mode == rounding::stochastic;
  static constexpr rounding truncated = rounding::toward_zero;

 public:
  explicit HWY_INLINE rounded_sum(const encode_plan& plan)
      : lowest_(_mm512_set1_ps(-std::bit_cast<float>(plan.clamp[1]))),
        highest_(_mm512_set1_ps(std::bit_cast<float>(plan.clamp[0]))),
        min_normal_(_mm512_set1_ps(std::bit_cast<float>(plan.min_normal))),
        rise_(_mm512_set1_ps(power_of_two(23 - plan.fraction_bits))),
        half_step_(_mm512_set1_ps(power_of_two(-plan.fraction_bits - 1))),
        random_shift_(_mm512_set1_epi32(23 - (32 - plan.random_shift))),
        one_step_(_mm512_set1_epi32((127 - plan.fraction_bits) << 23)) {}

  /// The places that the sum's exponent is above the code's.
  static int rise_of(const encode_plan& plan) {
    return static_cast<int>(plan.min_normal >> 23) + (23 - plan.fraction_bits);
  }
  /// What stochastic rounding adds to the result: a whole step, which keeps the draw a normal number.
  static constexpr int excess = is_stochastic ? 1 : 0;

  HWY_INLINE __m512 operator()(__m512 x, __m512i random) const {
    constexpr int smaller = 2, larger = 3;  // in magnitude; the sign is the first operand's
    __m512 value;
    if constexpr (Mode == rounding::upward || Mode == rounding::downward) {
      value = _mm512_min_ps(_mm512_max_ps(x, lowest_), highest_);
    } else {
      value = _mm512_range_ps(x, highest_, smaller);
    }
    const __m512 binade = _mm512_castsi512_ps(
        _mm512_and_si512(_mm512_castps_si512(value), _mm512_set1_epi32(static_cast<int>(float_sign | float_infinity))));
    const __m512 power = _mm512_range_ps(binade, min_normal_, larger);
    if constexpr (Mode == rounding::ties_to_away) {
      // Half a step more, truncated: a carry into the next binade cuts off a bit that decides nothing.
      return fused_sum<truncated>(power, rise_, fused_sum<truncated>(power, half_step_, value));
    } else if constexpr (is_stochastic) {
      // A step and the draw's fraction of a step: (1 + draw 2^-n) 2^-m.
      constexpr int bits_or_constant = 0xEA;  // (a & b) | c
      const __m512i fraction = _mm512_sllv_epi32(random, random_shift_);
      const __m512i draw =
          _mm512_ternarylogic_epi32(fraction, _mm512_set1_epi32(0x007FFFFF), one_step_, bits_or_constant);
      const __m512 drawn = fused_sum<truncated>(power, _mm512_castsi512_ps(draw), value);
      return fused_sum<truncated>(power, rise_, drawn);
    } else if constexpr (Mode == rounding::to_odd) {
      // The truncated significand, its last bit set where one of the two neighbours has it set.
      constexpr int either_and_mask = 0xA8;  // (a | b) & c
      const __m512i down = _mm512_castps_si512(fused_sum<rounding::downward>(power, rise_, value));
      const __m512i up = _mm512_castps_si512(fused_sum<rounding::upward>(power, rise_, value));
      const __m512i odd = _mm512_ternarylogic_epi32(down, up, _mm512_set1_epi32(1), either_and_mask);
      return _mm512_castsi512_ps(_mm512_or_si512(_mm512_castps_si512(fused_sum<truncated>(power, rise_, value)), odd));
    } else {
      return fused_sum<Mode>(power, rise_, value);
    }
  }

 private:
  __m512 lowest_, highest_, min_normal_, rise_, half_step_;
  __m512i random_shift_, one_step_;
};

HWY_INLINE bool any_not_finite(const float_block& x) {
  const __m512 zero = _mm512_setzero_ps();  // times infinity: NaN
  __m512 nan_if_any = _mm512_mul_ps(x.v[0].raw, zero);
  for (std::size_t j = 1; j < 4; ++j) nan_if_any = _mm512_fmadd_ps(x.v[j].raw, zero, nan_if_any);
  return _mm512_cmp_ps_mask(nan_if_any, nan_if_any, _CMP_UNORD_Q) != 0;
}
/// Whether the block takes the general way: infinities do when they are not what large numbers overflow to.
template <rounding Mode>
HWY_INLINE bool is_rare(const float_block& x, bool infinities_are) {
  constexpr bool is_nearest = Mode == rounding::ties_to_even || Mode == rounding::ties_to_away;
  if constexpr (is_nearest) {
    return any_nan(x);
  } else {
    return infinities_are ? any_not_finite(x) : any_nan(x);
  }
}

/// A block's codes as memory has them.
struct byte_codes {
  __m512i all;
};
struct half_codes {
  __m512i low, high;
};
HWY_INLINE void store_codes(const byte_codes& x, std::uint8_t* to) { _mm512_storeu_si512(to, x.all); }
HWY_INLINE void store_codes(const half_codes& x, std::uint16_t* to) {
  _mm512_storeu_si512(to, x.low);
  _mm512_storeu_si512(to + 2 * lanes, x.high);
}

template <element_order Order>
HWY_INLINE byte_codes pack_bytes(const word_block& x) {
  const __m512i first = _mm512_packus_epi32(x.v[0].raw, x.v[1].raw),
                second = _mm512_packus_epi32(x.v[2].raw, x.v[3].raw);
  return {in_order<Order>(_mm512_or_si512(_mm512_slli_epi16(first, 8), second))};
}
HWY_INLINE half_codes pack_halves(const word_block& x) {
  return {halves_in_order(interleave_halves(x.v[0].raw, x.v[1].raw)),
          halves_in_order(interleave_halves(x.v[2].raw, x.v[3].raw))};
}

/// Codes of a sign and 7 bits. The exponent field of a sum s and its low bits give the code by one multiplication and
/// addition of halves; then everything happens to two vectors in one.
template <rounding Mode, element_order Order = element_order::natural>
class encode_bytes {
 public:
  explicit HWY_INLINE encode_bytes(const encode_plan& plan)
      : plan_(plan),
        infinities_are_rare_(plan.special_from == float_infinity),
        sum_(plan),
        halves_(_mm512_set1_epi32(1 << 16 | 1 << (7 - plan.fraction_bits))),
        offset_(_mm512_set1_epi16(
            static_cast<short>((sum_.rise_of(plan) << 7) + (sum_.excess << (7 - plan.fraction_bits))))),
        up_(_mm512_set1_epi16(static_cast<short>(plan.fraction_bits + 1))) {}

  HWY_INLINE byte_codes operator()(const float_block& x, const word_block& random) const {
    constexpr bool is_stochastic = Mode == rounding::stochastic;
    if (HWY_UNLIKELY(is_rare<Mode>(x, infinities_are_rare_))) {
      return pack_bytes<Order>(encode_generally<is_stochastic>(plan_, x, random));
    }
    const __m512i first = signed_codes(x.v[0].raw, random.v[0].raw, x.v[1].raw, random.v[1].raw);
    const __m512i second = signed_codes(x.v[2].raw, random.v[2].raw, x.v[3].raw, random.v[3].raw);
    const __m512i both = select(0xFF00FF00, first, _mm512_srli_epi16(second, 8));
    return {in_order<Order>(both)};
  }

 private:
  /// Sign and exponent over the significand, the lowest bit of the exponent in bit 7: no more than 16 bits.
  HWY_INLINE __m512i code_of(__m512 x, __m512i random) const {
    return _mm512_madd_epi16(_mm512_castps_si512(sum_(x, random)), halves_);
  }
  /// Two vectors' codes, in the upper bytes of 16-bit lanes: within 128 bits, four of the first, then four of the
  /// second.
  HWY_INLINE __m512i signed_codes(__m512 x, __m512i random_x, __m512 y, __m512i random_y) const {
    const __m512i both = _mm512_packs_epi32(code_of(x, random_x), code_of(y, random_y));
    // Less the rise, the exponent's upper bits are 0, and the sign can come down to the code.
    const __m512i codes = _mm512_sub_epi16(both, offset_);
    return select(0x80008000, codes, _mm512_sllv_epi16(codes, up_));
  }

  const encode_plan& plan_;
  bool infinities_are_rare_;
  rounded_sum<Mode> sum_;
  __m512i halves_, offset_, up_;
};

/// Codes of a sign and 15 bits, with at least 7 fraction bits.
template <rounding Mode>
class encode_halves {
 public:
  explicit HWY_INLINE encode_halves(const encode_plan& plan)
      : plan_(plan),
        infinities_are_rare_(plan.special_from == float_infinity),
        sum_(plan),
        halves_(_mm512_set1_epi32(1 << (plan.fraction_bits - 7 + 16) | 1)),
        offset_(_mm512_set1_epi16(static_cast<short>((sum_.rise_of(plan) << plan.fraction_bits) + sum_.excess))) {}

  HWY_INLINE half_codes operator()(const float_block& x, const word_block& random) const {
    constexpr bool is_stochastic = Mode == rounding::stochastic;
    if (HWY_UNLIKELY(is_rare<Mode>(x, infinities_are_rare_)))
      return pack_halves(encode_generally<is_stochastic>(plan_, x, random));
    return {codes_of(x.v[0].raw, random.v[0].raw, x.v[1].raw, random.v[1].raw),
            codes_of(x.v[2].raw, random.v[2].raw, x.v[3].raw, random.v[3].raw)};
  }

 private:
  HWY_INLINE __m512i magnitude_of(__m512 x, __m512i random) const {
    return _mm512_madd_epi16(_mm512_castps_si512(sum_(x, random)), halves_);
  }
  HWY_INLINE __m512i codes_of(__m512 x, __m512i random_x, __m512 y, __m512i random_y) const {
    const __m512i both = interleave_halves(magnitude_of(x, random_x), magnitude_of(y, random_y));
    const __m512i signs = select(0xFFFF0000, _mm512_castps_si512(x), _mm512_srli_epi32(_mm512_castps_si512(y), 16));
    return halves_in_order(select(0x80008000, signs, _mm512_sub_epi16(both, offset_)));
  }

  const encode_plan& plan_;
  bool infinities_are_rare_;
  rounded_sum<Mode> sum_;
  __m512i halves_, offset_;
};

/// Whether these encoders do what the plan says: zeros have signs.
HWY_INLINE bool rounds_by_sum(const encode_plan& plan) {
  // To nearest, infinities that large numbers do not overflow to are too unusual for code of their own.
  const bool is_directed_or_odd = plan.how != decision::ties_to_even && plan.how != decision::ties_to_away;
  const bool sums_are_normal =
      static_cast<int>(std::max(plan.clamp[0], plan.clamp[1]) >> 23) + 24 - plan.fraction_bits < 255;
  return (plan.path == encode_path::aligned || plan.adds_draws) && !plan.zero_is_unsigned && sums_are_normal &&
         (plan.special_from > float_infinity || is_directed_or_odd);
}
template <class Code>
HWY_INLINE bool encodes_blocks(const encode_plan& plan) {
  if constexpr (sizeof(Code) == 1) return rounds_by_sum(plan) && plan.magnitude_bits == 7;
  if constexpr (sizeof(Code) == 2) return rounds_by_sum(plan) && plan.magnitude_bits == 15 && plan.fraction_bits >= 7;
  return false;
}

template <class Code, rounding Mode>
using encode_block_of = std::conditional_t<sizeof(Code) == 1, encode_bytes<Mode>, encode_halves<Mode>>;

/// Calls use(encoder) with the plan's encoder; encodes_blocks is true and the mode not stochastic.
template <class Code, class Use>
HWY_INLINE void with_block_encoder(const encode_plan& plan, const Use& use) {
  switch (plan.how) {
    case decision::ties_to_even: return use(encode_block_of<Code, rounding::ties_to_even>(plan));
    case decision::ties_to_away: return use(encode_block_of<Code, rounding::ties_to_away>(plan));
    case decision::to_odd: return use(encode_block_of<Code, rounding::to_odd>(plan));
    case decision::directed:
    case decision::stochastic: break;
  }
  if (plan.rounds_away[0]) return use(encode_block_of<Code, rounding::upward>(plan));
  if (plan.rounds_away[1]) return use(encode_block_of<Code, rounding::downward>(plan));
  use(encode_block_of<Code, rounding::toward_zero>(plan));
}

}  // namespace assay::bulk::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif
