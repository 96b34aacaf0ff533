// Codes to floats, one block at a time: the paths of decode_plan. Included once per instruction set.
#if defined(ASSAY_BULK_DECODE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ASSAY_BULK_DECODE_INL
#undef ASSAY_BULK_DECODE_INL
#else
#define ASSAY_BULK_DECODE_INL
#endif

#include <hwy/highway.h>

#include "lanes-inl.hpp"
#include "plan.hpp"

#if ASSAY_BULK_HAS_KERNELS
HWY_BEFORE_NAMESPACE();
namespace assay::bulk::HWY_NAMESPACE {

/// binary32's exponents, infinities and NaNs: a shift. Arithmetic need not quieten the NaNs it reads.
template <bool QuietNans = true>
class decode_shifted {
 public:
  explicit HWY_INLINE decode_shifted(const decode_plan& plan) : shift_(plan.shift) {}

  template <class Code>
  HWY_INLINE float_block operator()(const Code* from) const {
    const word_block codes = load_codes(from);
    float_block x;
    for (std::size_t j = 0; j < 4; ++j) x.v[j] = value(codes.v[j]);
    return x;
  }

  HWY_INLINE float_vector value(word_vector code) const {
    word_vector bits = shift_.left(code);
    if constexpr (QuietNans) {
      const integer_mask is_nan = hn::Gt(signed_of(hn::And(bits, set(0x7FFFFFFF))), set_signed(0x7F800000));
      bits = hn::Or(bits, hn::And(mask_bits(is_nan), set(0x00400000)));
    }
    return float_of(bits);
  }

 private:
  shift_count shift_;
};

/// Any format that fits binary32.
class decode_general {
 public:
  explicit HWY_INLINE decode_general(const decode_plan& plan)
      : shift_(plan.shift),
        sign_shift_(31 - plan.magnitude_bits),
        has_infinity_(plan.has_infinity),
        magnitude_mask_(set(plan.magnitude_mask)),
        sign_mask_(set(plan.sign_mask)),
        offset_(set(plan.offset)),
        min_normal_(set_signed(plan.min_normal)),
        subnormal_ulp_(hn::Set(floats(), plan.subnormal_ulp)),
        special_mask_(set(plan.special_mask)),
        special_value_(set(plan.special_value)),
        nan_sign_(set(plan.nan_is_signed ? 0x80000000 : 0)) {}

  template <class Code>
  HWY_INLINE float_block operator()(const Code* from) const {
    const word_block codes = load_codes(from);
    float_block x;
    for (std::size_t j = 0; j < 4; ++j) x.v[j] = value(codes.v[j]);
    return x;
  }

  HWY_INLINE float_vector value(word_vector code) const {
    const words d;
    const word_vector magnitude = hn::And(code, magnitude_mask_);
    const word_vector sign = sign_shift_.left(hn::And(code, sign_mask_));
    const word_vector shifted = shift_.left(magnitude);
    const word_vector normal = hn::Add(shifted, offset_);
    // A subnormal is a count of smallest steps.
    const word_vector subnormal = bits_of(hn::Mul(hn::ConvertTo(floats(), signed_of(magnitude)), subnormal_ulp_));
    const integer_mask is_subnormal = hn::Lt(signed_of(magnitude), min_normal_);
    word_vector bits = hn::Or(hn::IfThenElse(hn::RebindMask(d, is_subnormal), subnormal, normal), sign);
    const auto special = hn::Eq(hn::And(code, special_mask_), special_value_);
    if (HWY_UNLIKELY(!hn::AllFalse(d, special))) {
      word_vector value = hn::Or(set(0x7FC00000), hn::And(sign, nan_sign_));
      if (has_infinity_) {
        const word_vector infinity = hn::Or(hn::Or(shifted, set(0x7F800000)), sign);
        const auto is_infinity = hn::Eq(magnitude, special_value_);
        value = hn::IfThenElse(is_infinity, infinity, hn::Or(infinity, set(0x00400000)));
      }
      bits = hn::IfThenElse(special, value, bits);
    }
    return float_of(bits);
  }

 private:
  shift_count shift_, sign_shift_;
  bool has_infinity_;
  word_vector magnitude_mask_, sign_mask_, offset_;
  integer_vector min_normal_;
  float_vector subnormal_ulp_;
  word_vector special_mask_, special_value_, nan_sign_;
};

#if ASSAY_BULK_F16C
/// Formats whose bits, moved up, are binary16's but for a scale: the processor's conversion then does all the work,
/// and a 16-bit lane is half the price of a 32-bit one. Without Scaled the values stay binary16's.
template <bool Scaled = true>
class decode_binary16 {
  using halves = hn::Repartition<std::uint16_t, words>;

 public:
  explicit HWY_INLINE decode_binary16(const decode_plan& plan)
      : up_(plan.shift - 13),
        sign_up_(15 - plan.magnitude_bits),
        as_is_(plan.magnitude_bits == 15),
        sign_tops_byte_(plan.magnitude_bits == 7),
        specials_agree_(plan.half_specials_agree),
        magnitude_mask_(set_halves(plan.magnitude_mask << up_)),
        sign_mask_(set_halves(0x8000)),
        special_mask_(set_halves(moved(plan, plan.special_mask))),
        special_value_(set_halves(moved(plan, plan.special_value))),
        special_keep_(set_halves(plan.half_special_keep)),
        special_or_(set_halves(plan.half_special_or)),
        scale_(hn::Set(floats(), plan.half_scale)) {}

  template <class Code>
  HWY_INLINE float_block operator()(const Code* from) const {
    const halves d;
    float_block x;
    for (std::size_t j = 0; j < 4; j += 2) {
      hn::Vec<halves> code;
      if constexpr (sizeof(Code) == 2) {
        code = hn::LoadU(d, from + j * lanes);
      } else {  // sign extended: then one shift moves a byte's sign and magnitude up together
        const hn::RebindToSigned<halves> d_signed;
        const hn::Rebind<std::int8_t, halves> d_byte;
        const auto bytes = hn::LoadU(d_byte, reinterpret_cast<const std::int8_t*>(from) + j * lanes);
        code = hn::BitCast(d, hn::PromoteTo(d_signed, bytes));
      }
      const auto half = hn::BitCast(hn::Repartition<hwy::float16_t, words>(), as_binary16<sizeof(Code) == 1>(code));
      const hn::Half<decltype(hn::Repartition<hwy::float16_t, words>())> d_half;
      x.v[j] = scaled(hn::PromoteTo(floats(), hn::LowerHalf(d_half, half)));
      x.v[j + 1] = scaled(hn::PromoteTo(floats(), hn::UpperHalf(d_half, half)));
    }
    return x;
  }

 private:
  static HWY_INLINE hn::Vec<halves> set_halves(std::uint32_t x) {
    return hn::Set(halves(), static_cast<std::uint16_t>(x));
  }
  /// A mask of a code's bits, where binary16 has them.
  static std::uint32_t moved(const decode_plan& plan, std::uint32_t bits) {
    return (bits & plan.magnitude_mask) << (plan.shift - 13) | ((bits & plan.sign_mask) << (15 - plan.magnitude_bits));
  }

  template <bool FromBytes>
  HWY_INLINE hn::Vec<halves> as_binary16(hn::Vec<halves> code) const {
    if (as_is_) return code;
    const auto up = hn::ShiftLeftSame(code, up_);
    hn::Vec<halves> half;
    if (FromBytes && sign_tops_byte_) {
      half = hn::And(up, hn::Or(magnitude_mask_, sign_mask_));
    } else {
      half = hn::Or(hn::And(up, magnitude_mask_), hn::And(hn::ShiftLeftSame(code, sign_up_), sign_mask_));
    }
    if (specials_agree_) return half;
    const auto special = hn::Eq(hn::And(half, special_mask_), special_value_);
    return hn::IfThenElse(special, hn::Or(hn::And(half, special_keep_), special_or_), half);
  }
  HWY_INLINE float_vector scaled(float_vector x) const {
    if constexpr (Scaled) return hn::Mul(x, scale_);
    return x;
  }

  int up_, sign_up_;
  bool as_is_, sign_tops_byte_, specials_agree_;
  hn::Vec<halves> magnitude_mask_, sign_mask_, special_mask_, special_value_, special_keep_, special_or_;
  float_vector scale_;
};
#endif

/// Calls use(decoder) with the plan's fastest exact decoder. Codes of two bytes or less may go through binary16.
template <class Code, class Use>
HWY_INLINE void with_decoder(const decode_plan& plan, const Use& use) {
  if (plan.path == decode_path::shifted) return use(decode_shifted<>(plan));
#if ASSAY_BULK_F16C
  if constexpr (sizeof(Code) <= 2) {
    if (plan.through_binary16) {
      return plan.half_scale == 1.0F ? use(decode_binary16<false>(plan)) : use(decode_binary16<true>(plan));
    }
  }
#endif
  use(decode_general(plan));
}

}  // namespace assay::bulk::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif
