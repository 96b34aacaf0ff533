// Sums kept in binary32 or binary64, one rounding an operation: the plain GEMM micro-kernel, which reorders nothing.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "gemm/float_tile.cpp"
#include "../targets.hpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <cmath>

#include "tile.hpp"

HWY_BEFORE_NAMESPACE();
namespace assay::gemm_kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// As many sums as the registers hold beside one row of B and a broadcast of A.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
inline constexpr std::size_t tile_rows = 14;
#elif HWY_TARGET == HWY_NEON
inline constexpr std::size_t tile_rows = 8;
#else
inline constexpr std::size_t tile_rows = 6;
#endif
inline constexpr std::size_t tile_vectors = 2;

#if HWY_TARGET == HWY_EMU128 || HWY_TARGET == HWY_SCALAR
inline constexpr bool has_fused_multiply_add = false;
#else
inline constexpr bool has_fused_multiply_add = true;
#endif

/// a * b + c, rounded once. Where Highway's MulAdd rounds twice the C library's fma is slow and right.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V fused_multiply_add(D d, V a, V b, V c) {
  if constexpr (has_fused_multiply_add) {
    return hn::MulAdd(a, b, c);
  } else {
    using Lane = hn::TFromD<D>;
    HWY_ALIGN Lane x[hn::MaxLanes(D())], y[hn::MaxLanes(D())], z[hn::MaxLanes(D())];
    hn::Store(a, d, x);
    hn::Store(b, d, y);
    hn::Store(c, d, z);
    for (std::size_t i = 0; i < hn::MaxLanes(D()); ++i) z[i] = std::fma(x[i], y[i], z[i]);
    return hn::Load(d, z);
  }
}

template <class Lane, bool Fused>
void tile(const Lane* HWY_RESTRICT a, const Lane* HWY_RESTRICT b, k_walk k, tile_use use, Lane* HWY_RESTRICT sums) {
  const hn::ScalableTag<Lane> d;
  using V = hn::Vec<decltype(d)>;
  constexpr std::size_t lanes = hn::MaxLanes(d), columns = tile_vectors * lanes;
  V s[tile_rows][tile_vectors];
  HWY_UNROLL(16)
  for (std::size_t r = 0; r < tile_rows; ++r) {
    s[r][0] = use == tile_use::resume ? hn::Load(d, sums + r * columns) : hn::Zero(d);
    s[r][1] = use == tile_use::resume ? hn::Load(d, sums + r * columns + lanes) : hn::Zero(d);
  }
  a += k.first * tile_rows;
  b += k.first * columns;
  for (std::size_t i = 0; i < k.count; ++i) {
    const V b0 = hn::Load(d, b), b1 = hn::Load(d, b + lanes);
    HWY_UNROLL(16)
    for (std::size_t r = 0; r < tile_rows; ++r) {
      const V x = hn::Set(d, a[r]);
      if constexpr (Fused) {
        s[r][0] = fused_multiply_add(d, x, b0, s[r][0]);
        s[r][1] = fused_multiply_add(d, x, b1, s[r][1]);
      } else {
        s[r][0] = hn::Add(s[r][0], hn::Mul(x, b0));
        s[r][1] = hn::Add(s[r][1], hn::Mul(x, b1));
      }
    }
    a += tile_rows;
    b += columns;
  }
  HWY_UNROLL(16)
  for (std::size_t r = 0; r < tile_rows; ++r) {
    Lane* const to = sums + r * columns;
    if (use == tile_use::join) {
      s[r][0] = hn::Add(hn::Load(d, to), s[r][0]);
      s[r][1] = hn::Add(hn::Load(d, to + lanes), s[r][1]);
    }
    hn::Store(s[r][0], d, to);
    hn::Store(s[r][1], d, to + lanes);
  }
}

template <class Lane>
void merge_tiles(Lane* HWY_RESTRICT into, const Lane* HWY_RESTRICT from) {
  const hn::ScalableTag<Lane> d;
  for (std::size_t i = 0; i < tile_rows * tile_vectors * hn::MaxLanes(d); i += hn::MaxLanes(d)) {
    hn::Store(hn::Add(hn::Load(d, into + i), hn::Load(d, from + i)), d, into + i);
  }
}

template <class Lane>
constexpr float_tiles<Lane> kernels() {
  return {tile_rows, tile_vectors * hn::MaxLanes(hn::ScalableTag<Lane>()), tile<Lane, true>, tile<Lane, false>,
          merge_tiles<Lane>};
}

const float_tiles<float>& float_kernels_here() {
  static constexpr float_tiles<float> all = kernels<float>();
  return all;
}
const float_tiles<double>& double_kernels_here() {
  static constexpr float_tiles<double> all = kernels<double>();
  return all;
}

}  // namespace assay::gemm_kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace assay::gemm_kernels {
HWY_EXPORT(float_kernels_here);
HWY_EXPORT(double_kernels_here);

const float_tiles<float>& float_kernels() { return HWY_DYNAMIC_DISPATCH(float_kernels_here)(); }
const float_tiles<double>& double_kernels() { return HWY_DYNAMIC_DISPATCH(double_kernels_here)(); }
}  // namespace assay::gemm_kernels
#endif
