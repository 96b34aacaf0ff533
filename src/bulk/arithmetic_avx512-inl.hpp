// What AVX-512 adds to arithmetic: additions rounded to odd by the processor, and 8-bit codes decoded by table.
// Included once per instruction set.
#if defined(ASSAY_BULK_ARITHMETIC_AVX512_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ASSAY_BULK_ARITHMETIC_AVX512_INL
#undef ASSAY_BULK_ARITHMETIC_AVX512_INL
#else
#define ASSAY_BULK_ARITHMETIC_AVX512_INL
#endif

#include <hwy/highway.h>

#include "decode-inl.hpp"
#include "encode_avx512-inl.hpp"
#include "kernels.hpp"

#if ASSAY_BULK_AVX512
HWY_BEFORE_NAMESPACE();
namespace assay::bulk::HWY_NAMESPACE {

/// a * b + c rounded to odd: of the two neighbours, the odd one. When they are one number, zero has the sign of upward.
HWY_INLINE float_vector fused_to_odd(float_vector a, float_vector b, float_vector c) {
  const __m512 down = fused_sum<rounding::downward>(a.raw, b.raw, c.raw);
  const __m512 up = fused_sum<rounding::upward>(a.raw, b.raw, c.raw);
  const __mmask16 down_is_odd = _mm512_test_epi32_mask(_mm512_castps_si512(down), _mm512_set1_epi32(1));
  return float_vector{_mm512_mask_blend_ps(down_is_odd, up, down)};
}

#if HWY_TARGET <= HWY_AVX3_DL
/// Codes of a sign and 7 bits, whose values need no more than the upper half of a float: a table of each of its bytes.
/// The elements come in the order `unpacked`.
class decode_table {
 public:
  explicit HWY_INLINE decode_table(const value_table& table)
      : upper_{_mm512_load_si512(table.upper), _mm512_load_si512(table.upper + 64)},
        lower_{_mm512_load_si512(table.lower), _mm512_load_si512(table.lower + 64)} {}

  HWY_INLINE float_block operator()(const std::uint8_t* from) const {
    const __m512i codes = _mm512_loadu_si512(from);
    const __m512i lower = _mm512_permutex2var_epi8(lower_[0], codes, lower_[1]);
    const __m512i upper = select(0x80808080, codes, _mm512_permutex2var_epi8(upper_[0], codes, upper_[1]));
    const __m512i first = _mm512_unpacklo_epi8(lower, upper), second = _mm512_unpackhi_epi8(lower, upper);
    return {{even(first), odd(first), even(second), odd(second)}};
  }

 private:
  static HWY_INLINE float_vector even(__m512i x) { return float_vector{_mm512_castsi512_ps(_mm512_slli_epi32(x, 16))}; }
  static HWY_INLINE float_vector odd(__m512i x) {
    return float_vector{_mm512_castsi512_ps(_mm512_and_si512(x, _mm512_set1_epi32(static_cast<int>(0xFFFF0000))))};
  }

  __m512i upper_[2], lower_[2];
};

/// Arithmetic on bytes: decoded by table, computed in binary32, encoded once.
template <operation Op, bool SumsRoundOnce>
struct byte_kernel {
  encode_bytes<rounding::ties_to_even, element_order::unpacked> encode;

  HWY_INLINE byte_codes operator()(const float_block& a, const float_block& b, const float_block& c) const {
    float_block x;
    for (std::size_t j = 0; j < 4; ++j) {
      if constexpr (Op == operation::add) x.v[j] = hn::Add(a.v[j], b.v[j]);
      if constexpr (Op == operation::subtract) x.v[j] = hn::Sub(a.v[j], b.v[j]);
      if constexpr (Op == operation::multiply) x.v[j] = hn::Mul(a.v[j], b.v[j]);
      if constexpr (Op == operation::fma) {
        x.v[j] = SumsRoundOnce ? hn::MulAdd(a.v[j], b.v[j], c.v[j]) : fused_to_odd(a.v[j], b.v[j], c.v[j]);
      }
    }
    const word_vector zero = hn::Zero(words());
    return encode(x, {{zero, zero, zero, zero}});
  }
};

template <operation Op, bool SumsRoundOnce>
void compute_bytes(const arithmetic_plan& plan, const std::uint8_t* a, const std::uint8_t* b, const std::uint8_t* c,
                   std::uint8_t* out, std::size_t n) {
  const byte_kernel<Op, SumsRoundOnce> kernel{
      encode_bytes<rounding::ties_to_even, element_order::unpacked>(plan.encode)};
  const decode_table table(plan.values);
  if constexpr (Op == operation::add || Op == operation::subtract) {
    for_each_block(
        n,
        [table, kernel](std::uint8_t* to, const std::uint8_t* from_a, const std::uint8_t* from_b) ASSAY_BULK_INLINE {
          const float_block x = table(from_a);
          store_codes(kernel(x, table(from_b), x), to);
        },
        out, a, b);
  } else {
    const decode_table scaled(plan.scaled_values);
    if constexpr (Op == operation::multiply) {
      for_each_block(
          n,
          [table, scaled, kernel](std::uint8_t* to, const std::uint8_t* from_a, const std::uint8_t* from_b)
              ASSAY_BULK_INLINE {
                const float_block x = scaled(from_a);
                store_codes(kernel(x, table(from_b), x), to);
              },
          out, a, b);
    } else {
      for_each_block(
          n,
          [table, scaled, kernel](std::uint8_t* to, const std::uint8_t* from_a, const std::uint8_t* from_b,
                                  const std::uint8_t* from_c)
              ASSAY_BULK_INLINE { store_codes(kernel(scaled(from_a), table(from_b), table(from_c)), to); },
          out, a, b, c);
    }
  }
}

/// Whether compute_bytes does what the plan says, on the paths half and narrow.
HWY_INLINE bool computes_bytes(const arithmetic_plan& plan) {
  return encodes_blocks<std::uint8_t>(plan.encode) && plan.decode.magnitude_bits == 7 && plan.decode.sign_mask == 0x80;
}
#endif

}  // namespace assay::bulk::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif
