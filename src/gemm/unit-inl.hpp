// What the kernels of matrix units share: the shape of their tiles and small helpers. Included once per instruction
// set.
#if defined(ASSAY_GEMM_UNIT_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ASSAY_GEMM_UNIT_INL
#undef ASSAY_GEMM_UNIT_INL
#else
#define ASSAY_GEMM_UNIT_INL
#endif

#include <cstddef>
#include <cstdint>

#include "../targets.hpp"

#include <hwy/highway.h>

#include "unit_tile.hpp"

#if HWY_TARGET != HWY_SCALAR
HWY_BEFORE_NAMESPACE();
namespace assay::gemm_kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

inline constexpr std::size_t unit_rows = 4;

using floats = hn::ScalableTag<float>;
using ints = hn::RebindToSigned<floats>;
using shorts = hn::Repartition<std::int16_t, floats>;
using words = hn::RebindToUnsigned<floats>;
using doubles = hn::Repartition<double, floats>;
using half_floats = hn::Half<floats>;
using half_ints = hn::Half<ints>;
using longs = hn::RebindToUnsigned<doubles>;

inline constexpr std::size_t unit_columns = hn::MaxLanes(shorts());

/// Truncation of |x| < 2^31, without the care for other values that Highway's ConvertTo takes.
HWY_INLINE hn::Vec<ints> cut(hn::Vec<floats> x) {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
  return hn::Vec<ints>{_mm512_cvttps_epi32(x.raw)};
#elif HWY_TARGET == HWY_AVX2
  return hn::Vec<ints>{_mm256_cvttps_epi32(x.raw)};
#else
  return hn::ConvertTo(ints(), x);
#endif
}

/// Two vectors of 32 bits beside the one of 16 bits that serves both: each word of that has a lane of the first in its
/// lower half, one of the second in its upper half.
template <class V>
struct both {
  V first, second;
};

/// A panel's exponents in 16-bit lanes: a row of B's, or one of A's in all lanes.
HWY_INLINE hn::Vec<shorts> exponents_at(const std::uint32_t* HWY_RESTRICT b) {
  return hn::BitCast(shorts(), hn::Load(words(), b));
}
HWY_INLINE hn::Vec<shorts> exponent_everywhere(std::uint32_t a) { return hn::BitCast(shorts(), hn::Set(words(), a)); }

/// The largest exponent of every `stride`th product of row r from `first` on, as a field, at least the lowest.
HWY_INLINE hn::Vec<shorts> largest_exponent(unit_panel a, unit_panel b, std::size_t r, std::size_t first,
                                            std::size_t count, std::size_t stride) {
  auto largest = hn::Set(shorts(), exponent_field(unit_lowest_exponent + 127));
  for (std::size_t k = first; k < count; k += stride) {
    const auto row = exponents_at(b.exponents + k * (unit_columns / 2));
    largest = hn::Max(largest, hn::SaturatedAdd(exponent_everywhere(a.exponents[k * unit_rows + r]), row));
  }
  return largest;
}

/// Fields of 16 bits moved to where floats have their exponents: floats of 2^(exponent - 127), or integers.
HWY_INLINE both<hn::Vec<ints>> in_place(hn::Vec<shorts> fields) {
  const auto x = hn::BitCast(ints(), fields);
  return {hn::ShiftLeft<16>(x), hn::And(x, hn::Set(ints(), static_cast<std::int32_t>(0xffff0000)))};
}
HWY_INLINE both<hn::Vec<floats>> powers(hn::Vec<shorts> fields) {
  const auto x = in_place(fields);
  return {hn::BitCast(floats(), x.first), hn::BitCast(floats(), x.second)};
}

/// The exponent fields of two vectors of floats, 0 for zeros and subnormals.
HWY_INLINE hn::Vec<shorts> exponent_fields(hn::Vec<floats> first, hn::Vec<floats> second) {
  const auto low = hn::ShiftRight<16>(hn::BitCast(words(), first));
  const auto merged = hn::OrAnd(low, hn::BitCast(words(), second), hn::Set(words(), 0xffff0000u));
  return hn::And(hn::BitCast(shorts(), merged), hn::Set(shorts(), exponent_field(255)));
}

/// 2^-x of powers of two that are not at the ends of the range.
HWY_INLINE hn::Vec<floats> inverse(hn::Vec<floats> power) {
  return hn::BitCast(floats(), hn::Sub(hn::Set(ints(), 254 << 23), hn::BitCast(ints(), power)));
}

/// Products of row r, every `stride`th from `first` on, times the scales, cut and added.
HWY_INLINE both<hn::Vec<ints>> cut_products(unit_panel a, unit_panel b, std::size_t r, std::size_t first,
                                            std::size_t count, std::size_t stride, both<hn::Vec<floats>> scale) {
  constexpr std::size_t lanes = hn::MaxLanes(floats());
  both<hn::Vec<ints>> sum{hn::Zero(ints()), hn::Zero(ints())};
  for (std::size_t k = first; k < count; k += stride) {
    const auto x = hn::Set(floats(), a.values[k * unit_rows + r]);
    const float* const y = b.values + k * unit_columns;
    sum.first = hn::Add(sum.first, cut(hn::Mul(hn::Mul(x, hn::Load(floats(), y)), scale.first)));
    sum.second = hn::Add(sum.second, cut(hn::Mul(hn::Mul(x, hn::Load(floats(), y + lanes)), scale.second)));
  }
  return sum;
}

HWY_INLINE hn::Vec<doubles> low_half(hn::Vec<ints> x) {
  return hn::PromoteTo(doubles(), hn::LowerHalf(half_ints(), x));
}
HWY_INLINE hn::Vec<doubles> high_half(hn::Vec<ints> x) {
  return hn::PromoteTo(doubles(), hn::UpperHalf(half_ints(), x));
}
HWY_INLINE hn::Vec<doubles> low_half(hn::Vec<floats> x) {
  return hn::PromoteTo(doubles(), hn::LowerHalf(half_floats(), x));
}
HWY_INLINE hn::Vec<doubles> high_half(hn::Vec<floats> x) {
  return hn::PromoteTo(doubles(), hn::UpperHalf(half_floats(), x));
}
HWY_INLINE hn::Vec<floats> rounded_halves(hn::Vec<doubles> low, hn::Vec<doubles> high) {
  return hn::Combine(floats(), hn::DemoteTo(half_floats(), high), hn::DemoteTo(half_floats(), low));
}

HWY_INLINE void clear_tile(float* tile) {
  for (std::size_t i = 0; i < unit_rows * unit_columns; ++i) tile[i] = 0;
}

}  // namespace assay::gemm_kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // HWY_TARGET != HWY_SCALAR
#endif  // include guard
