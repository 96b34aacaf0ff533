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

#include "targets.hpp"

#include <hwy/highway.h>

#include "unit_tile.hpp"

#if HWY_TARGET != HWY_SCALAR
HWY_BEFORE_NAMESPACE();
namespace assay::gemm_kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL || HWY_TARGET == HWY_NEON
inline constexpr std::size_t unit_rows = 4;
#else
inline constexpr std::size_t unit_rows = 2;
#endif

using floats = hn::ScalableTag<float>;
using ints = hn::RebindToSigned<floats>;
using shorts = hn::Repartition<std::int16_t, floats>;
using half_shorts = hn::Half<shorts>;
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

/// 2^(biased - 127), for biased in 1..254.
HWY_INLINE hn::Vec<floats> power_of_two(hn::Vec<ints> biased) {
  return hn::BitCast(floats(), hn::ShiftLeft<23>(biased));
}

/// Exponents are biased by 127 from here on, as in a float's code.
HWY_INLINE hn::Vec<ints> biased_exponent(hn::Vec<floats> x) {
  return hn::And(hn::ShiftRight<23>(hn::BitCast(ints(), x)), hn::Set(ints(), 255));
}

HWY_INLINE void clear_tile(float* tile) {
  for (std::size_t i = 0; i < unit_rows * unit_columns; ++i) tile[i] = 0;
}

}  // namespace assay::gemm_kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // HWY_TARGET != HWY_SCALAR
#endif  // include guard
