// Arithmetic kernels, compiled once per instruction set: decode, one operation in a wider format, encode.
#include "kernels.hpp"
#include "targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bulk/arithmetic_kernels.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "arithmetic_avx512-inl.hpp"
#include "decode-inl.hpp"
#include "doubles-inl.hpp"
#include "encode-inl.hpp"
#include "pairs-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace assay::bulk::HWY_NAMESPACE {
namespace {

#if ASSAY_BULK_HAS_KERNELS
template <operation Op, class Decoder, class Kernel, class Code>
void compute_all(const Decoder& decoder, const Kernel& kernel, const Code* a, const Code* b, const Code* c, Code* out,
                 std::size_t n) {
  if constexpr (Op == operation::fma) {
    for_each_block(
        n,
        [decoder, kernel](Code* to, const Code* from_a, const Code* from_b, const Code* from_c)
            HWY_ATTR { store_codes(kernel(decoder(from_a), decoder(from_b), decoder(from_c)), to); },
        out, a, b, c);
  } else {
    for_each_block(
        n,
        [decoder, kernel](Code* to, const Code* from_a, const Code* from_b) ASSAY_BULK_INLINE {
          const float_block x = decoder(from_a);
          store_codes(kernel(x, decoder(from_b), x), to);
        },
        out, a, b);
  }
}

/// operation(a, b, c) on each of four vectors.
template <class Operation>
HWY_INLINE float_block on_each(const float_block& a, const float_block& b, const float_block& c,
                               const Operation& operation_of) {
  float_block result;
  for (std::size_t j = 0; j < 4; ++j) result.v[j] = operation_of(a.v[j], b.v[j], c.v[j]);
  return result;
}

HWY_INLINE word_block no_words() {
  const word_vector zero = hn::Zero(words());
  return {{zero, zero, zero, zero}};
}

/// Formats of at most 11 digits whose products are exact in binary32. Its 24 digits make a second rounding of a sum
/// harmless (2 p + 2 suffice: Figueroa), not of a fused operation, whose sum is therefore rounded to odd.
template <operation Op, class Encoder>
struct narrow_kernel {
  Encoder encode;
  float_vector product_scale;

  HWY_INLINE auto operator()(const float_block& a, const float_block& b, const float_block& c) const {
    const auto compute_one = [this](float_vector x, float_vector y, float_vector z) ASSAY_BULK_INLINE {
      if constexpr (Op == operation::add) return hn::Add(x, y);
      if constexpr (Op == operation::subtract) return hn::Sub(x, y);
      if constexpr (Op == operation::multiply) return hn::Mul(hn::Mul(x, product_scale), y);
#if ASSAY_BULK_AVX512
      return fused_to_odd(hn::Mul(x, product_scale), y, z);
#else
      return add_to_odd(floats(), hn::Mul(hn::Mul(x, product_scale), y), z);
#endif
    };
    return encode(on_each(a, b, c, compute_one), no_words());
  }
};

/// The exact result of an operation on operands of at most 22 digits, rounded to odd in binary64 and then in binary32.
/// Products have 44 digits, and exponents far inside binary64's range.
template <operation Op>
HWY_INLINE double_vector exact_to_odd(double_vector a, double_vector b, double_vector c, double_vector zero_sign) {
  double_vector product = a;
  if constexpr (Op == operation::multiply) return hn::Mul(a, b);
  if constexpr (Op == operation::add) c = b;
  if constexpr (Op == operation::subtract) c = hn::Neg(b);
  if constexpr (Op == operation::fma) product = hn::Mul(a, b);
  const double_vector sum = add_to_odd(doubles(), product, c);
  // Rounding downward, a zero sum is +0 only when both terms are.
  const double_vector either_sign = hn::And(hn::Or(product, c), zero_sign);
  return hn::Or(sum, hn::IfThenElseZero(hn::Eq(sum, hn::Zero(doubles())), either_sign));
}

template <operation Op>
HWY_INLINE float_vector through_doubles(float_vector a, float_vector b, float_vector c, double_vector zero_sign) {
  const half_floats d;
  const auto low = [](float_vector x)
                       ASSAY_BULK_INLINE { return hn::PromoteTo(doubles(), hn::LowerHalf(half_floats(), x)); };
  const auto high = [](float_vector x)
                        ASSAY_BULK_INLINE { return hn::PromoteTo(doubles(), hn::UpperHalf(half_floats(), x)); };
  return float_to_odd(exact_to_odd<Op>(low(a), low(b), low(c), zero_sign),
                      exact_to_odd<Op>(high(a), high(b), high(c), zero_sign));
}

/// Formats of at most 11 digits with binary32's exponents. Sums are as in narrow_kernel; products may underflow.
template <operation Op, class Encoder>
struct shifted_kernel {
  Encoder encode;
  word_vector subnormal_aligner, sign_mask;

  static constexpr int scale_exponent = 100;

  explicit HWY_INLINE shifted_kernel(const encode_plan& plan)
      : encode(plan),
        subnormal_aligner(set(static_cast<std::uint32_t>(127 - 126 - plan.fraction_bits + scale_exponent + 23) << 23)),
        sign_mask(set(plan.sign_mask)) {}

  HWY_INLINE float_block compute(const float_block& a, const float_block& b, const float_block& c) const {
    const auto compute_one = [this](float_vector x, float_vector y, float_vector z) ASSAY_BULK_INLINE {
      if constexpr (Op == operation::add) return hn::Add(x, y);
      if constexpr (Op == operation::subtract) return hn::Sub(x, y);
      if constexpr (Op == operation::multiply) return hn::Mul(x, y);
      return fused(x, y, z);
    };
    return on_each(a, b, c, compute_one);
  }
  /// The codes of what `compute` gave.
  HWY_INLINE word_block codes_of(const float_block& results, const float_block& a, const float_block& b) const {
    word_block codes = encode(results, no_words());
    if constexpr (Op == operation::multiply) {
      if (HWY_UNLIKELY(any_tiny(results))) {
        for (std::size_t j = 0; j < 4; ++j) codes.v[j] = with_tiny_product(codes.v[j], a.v[j], b.v[j]);
      }
    }
    return codes;
  }
  HWY_INLINE word_block operator()(const float_block& a, const float_block& b, const float_block& c) const {
    return codes_of(compute(a, b, c), a, b);
  }

  /// Whether a product is one of binary32's subnormals. One that is 0 there is 0 here.
  static HWY_INLINE bool any_tiny(const float_block& x) {
#if ASSAY_BULK_AVX512
    constexpr int subnormal = 0x20;
    return (_mm512_fpclass_ps_mask(x.v[0].raw, subnormal) | _mm512_fpclass_ps_mask(x.v[1].raw, subnormal) |
            _mm512_fpclass_ps_mask(x.v[2].raw, subnormal) | _mm512_fpclass_ps_mask(x.v[3].raw, subnormal)) != 0;
#else
    const auto below_zero_is_largest = [](float_vector y)
                                           ASSAY_BULK_INLINE { return hn::Sub(bits_of(hn::Abs(y)), set(1)); };
    const word_vector least = hn::Min(hn::Min(below_zero_is_largest(x.v[0]), below_zero_is_largest(x.v[1])),
                                      hn::Min(below_zero_is_largest(x.v[2]), below_zero_is_largest(x.v[3])));
    return !hn::AllFalse(
        integers(), hn::Lt(signed_of(hn::Xor(least, set(float_sign))), set_signed((float_hidden - 1) ^ float_sign)));
#endif
  }

 private:
  /// Where the product is below the smallest normal number, the smaller factor is scaled up: then nothing that
  /// matters underflows, and adding a number whose last place is the scaled smallest step rounds once.
  HWY_INLINE word_vector with_tiny_product(word_vector code, float_vector a, float_vector b) const {
    const float_vector magnitude_a = hn::Abs(a), magnitude_b = hn::Abs(b);
    const float_vector smaller = hn::Min(magnitude_a, magnitude_b), larger = hn::Max(magnitude_a, magnitude_b);
    const float_vector scaled = hn::Mul(hn::Mul(smaller, hn::Set(floats(), power_of_two(scale_exponent))), larger);
    const word_vector steps = hn::Sub(bits_of(hn::Add(scaled, float_of(subnormal_aligner))), subnormal_aligner);
    const auto tiny = hn::Lt(hn::Abs(hn::Mul(a, b)), hn::Set(floats(), power_of_two(-126)));  // no NaN is
    // The sign of a product is in its code already.
    return hn::IfThenElse(hn::RebindMask(words(), tiny), hn::Or(steps, hn::And(code, sign_mask)), code);
  }

  /// The product is exact unless it underflows, and nothing overflows in the sum, in this range; vectors with a lane
  /// outside it, infinities and NaNs among them, take the longer way.
  HWY_INLINE float_vector fused(float_vector a, float_vector b, float_vector c) const {
#if ASSAY_BULK_AVX512
    return fused_to_odd(a, b, c);
#else
    const floats d;
    const float_vector product = hn::Mul(a, b);
    const float_vector magnitude = hn::Abs(product);
    const auto fits = hn::Lt(hn::Max(magnitude, hn::Abs(c)), hn::Set(d, power_of_two(126)));
    const auto is_zero = hn::Eq(hn::Min(hn::Abs(a), hn::Abs(b)), hn::Zero(d));
    const auto is_exact = hn::Or(is_zero, hn::Gt(magnitude, hn::Set(d, power_of_two(-100))));
    if (HWY_LIKELY(hn::AllTrue(d, hn::And(fits, is_exact)))) return add_to_odd(d, product, c);
    return through_doubles<operation::fma>(a, b, c, hn::Zero(doubles()));
#endif
  }
};

/// shifted_kernel on pairs of upper halves.
template <operation Op>
struct paired_kernel {
  shifted_kernel<Op, encode_shifted<decision::ties_to_even>> whole;

  HWY_INLINE paired_codes operator()(const float_block& a, const float_block& b, const float_block& c) const {
    const float_block results = whole.compute(a, b, c);
    bool is_rare = any_nan(results);
    if constexpr (Op == operation::multiply) is_rare = is_rare || whole.any_tiny(results);
    return HWY_UNLIKELY(is_rare) ? pairs_of(whole.codes_of(results, a, b)) : round_to_pairs(results);
  }
};

template <operation Op>
struct general_kernel {
  encode_any<false> encode;
  double_vector zero_sign;

  HWY_INLINE word_block operator()(const float_block& a, const float_block& b, const float_block& c) const {
    const auto compute_one = [this](float_vector x, float_vector y, float_vector z)
                                 HWY_ATTR { return through_doubles<Op>(x, y, z, zero_sign); };
    return encode(on_each(a, b, c, compute_one), no_words());
  }
};

template <operation Op>
struct binary32_kernel {
  HWY_INLINE word_block operator()(const float_block& a, const float_block& b, const float_block& c) const {
    const auto compute_one = [](float_vector x, float_vector y, float_vector z) ASSAY_BULK_INLINE {
      if constexpr (Op == operation::add) return hn::Add(x, y);
      if constexpr (Op == operation::subtract) return hn::Sub(x, y);
      if constexpr (Op == operation::multiply) return hn::Mul(x, y);
      return hn::MulAdd(x, y, z);
    };
    const float_block result = on_each(a, b, c, compute_one);
    word_block codes;
    for (std::size_t j = 0; j < 4; ++j) {
      const auto is_nan = hn::RebindMask(words(), hn::IsNaN(result.v[j]));
      codes.v[j] = hn::IfThenElse(is_nan, set(0x7FC00000), bits_of(result.v[j]));
    }
    return codes;
  }
};

#if HWY_ARCH_X86 && HWY_TARGET > HWY_AVX2
constexpr bool has_fused = false;
#else
constexpr bool has_fused = true;
#endif

template <operation Op, class Code>
bool compute_codes(const arithmetic_plan& plan, const Code* a, const Code* b, const Code* c, Code* out, std::size_t n) {
  const auto run = [&](const auto& decoder, const auto& kernel) ASSAY_BULK_INLINE {
    compute_all<Op>(decoder, kernel, a, b, c, out, n);
    return true;
  };
  switch (plan.path) {
    case arithmetic_path::half:
    case arithmetic_path::narrow:
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3_DL
      if constexpr (sizeof(Code) == 1) {
        if (computes_bytes(plan)) {
          if (Op == operation::fma && !plan.sums_round_once)
            compute_bytes<Op, false>(plan, a, b, c, out, n);
          else
            compute_bytes<Op, true>(plan, a, b, c, out, n);
          return true;
        }
      }
#endif
      if constexpr (sizeof(Code) <= 2) {
        const auto run_with = [&](const auto& encoder) ASSAY_BULK_INLINE {
          const narrow_kernel<Op, std::decay_t<decltype(encoder)>> kernel{encoder,
                                                                          hn::Set(floats(), plan.product_scale)};
#if ASSAY_BULK_F16C
          if (plan.path == arithmetic_path::half) {
            run(decode_binary16<false>(plan.decode), kernel);
            return;
          }
#endif
          run(decode_general(plan.decode), kernel);
        };
#if ASSAY_BULK_F16C
        if constexpr (sizeof(Code) == 2) {
          if (plan.encode.plain_binary16) {
            run_with(encode_binary16_result());
            return true;
          }
        }
#endif
        with_aligned_ties_to_even<Code>(plan.encode, run_with);
        return true;
      }
      return false;
    case arithmetic_path::shifted:
      if constexpr (sizeof(Code) == 2) {
        if (plan.decode.shift == 16) {
          return run(decode_pairs(),
                     paired_kernel<Op>{shifted_kernel<Op, encode_shifted<decision::ties_to_even>>(plan.encode)});
        }
      }
      if constexpr (sizeof(Code) >= 2) {
        return run(decode_shifted<false>(plan.decode),
                   shifted_kernel<Op, encode_shifted<decision::ties_to_even>>(plan.encode));
      }
      return false;
    case arithmetic_path::general: {
      const double_vector zero_sign = hn::Set(doubles(), plan.zero_sums_are_negative ? -0.0 : 0.0);
      return run(decode_general(plan.decode), general_kernel<Op>{encode_any<false>(plan.encode), zero_sign});
    }
    case arithmetic_path::binary32:
      if constexpr (sizeof(Code) == 4 && (Op != operation::fma || has_fused)) {
        return run(decode_shifted<false>(plan.decode), binary32_kernel<Op>());
      }
      return false;
    case arithmetic_path::scalar: break;
  }
  return false;
}

template <class Code>
bool compute_operation(const arithmetic_plan& plan, operation op, const void* a, const void* b, const void* c,
                       void* out, std::size_t n) {
  const auto *x = static_cast<const Code*>(a), *y = static_cast<const Code*>(b), *z = static_cast<const Code*>(c);
  auto* to = static_cast<Code*>(out);
  switch (op) {
    case operation::add: return compute_codes<operation::add>(plan, x, y, z, to, n);
    case operation::subtract: return compute_codes<operation::subtract>(plan, x, y, z, to, n);
    case operation::multiply: return compute_codes<operation::multiply>(plan, x, y, z, to, n);
    case operation::fma: return compute_codes<operation::fma>(plan, x, y, z, to, n);
  }
  return false;
}

bool compute(const arithmetic_plan& plan, operation op, const void* a, const void* b, const void* c, void* out,
             int bytes, std::size_t n) {
  switch (bytes) {
    case 1: return compute_operation<std::uint8_t>(plan, op, a, b, c, out, n);
    case 2: return compute_operation<std::uint16_t>(plan, op, a, b, c, out, n);
    default: return compute_operation<std::uint32_t>(plan, op, a, b, c, out, n);
  }
}

#else
bool compute(const arithmetic_plan&, operation, const void*, const void*, const void*, void*, int, std::size_t) {
  return false;
}
#endif

}  // namespace
}  // namespace assay::bulk::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace assay::bulk {

HWY_EXPORT(compute);

bool compute(const arithmetic_plan& plan, operation op, const void* a, const void* b, const void* c, void* out,
             int bytes, std::size_t n) {
  return HWY_DYNAMIC_DISPATCH(compute)(plan, op, a, b, c, out, bytes, n);
}

}  // namespace assay::bulk
#endif
