// See integer_tile.hpp.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "gemm/integer_tile.cpp"
#include "../targets.hpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "integer_tile.hpp"

HWY_BEFORE_NAMESPACE();
namespace assay::gemm_kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
inline constexpr std::size_t integer_rows = 14;
#elif HWY_TARGET == HWY_NEON
inline constexpr std::size_t integer_rows = 8;
#else
inline constexpr std::size_t integer_rows = 6;
#endif

/// sum + a.lower * b.lower + a.upper * b.upper in every lane, modulo 2^32.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V add_pair_products(D d, V a, V b, V sum) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_EMU128 && HWY_TARGET != HWY_SCALAR
  const hn::Repartition<std::int16_t, D> halves;
  V unused = hn::Zero(d);  // on x86 neighbouring products meet, and nothing is left for a second sum
  return hn::ReorderWidenMulAccumulate(d, hn::BitCast(halves, a), hn::BitCast(halves, b), sum, unused);
#else
  const hn::RebindToUnsigned<D> u;
  const auto product = [&](V x, V y) HWY_ATTR { return hn::BitCast(u, hn::Mul(x, y)); };
  const auto lower = product(hn::ShiftRight<16>(hn::ShiftLeft<16>(a)), hn::ShiftRight<16>(hn::ShiftLeft<16>(b)));
  const auto upper = product(hn::ShiftRight<16>(a), hn::ShiftRight<16>(b));
  return hn::BitCast(d, hn::Add(hn::Add(hn::BitCast(u, sum), lower), upper));
#endif
}

void integer_tile(const std::int32_t* HWY_RESTRICT a, const std::int32_t* HWY_RESTRICT b, k_walk k,
                  std::int32_t* HWY_RESTRICT sums) {
  const hn::ScalableTag<std::int32_t> d;
  using V = hn::Vec<decltype(d)>;
  constexpr std::size_t lanes = hn::MaxLanes(d), columns = 2 * lanes;
  V s[integer_rows][2];
  HWY_UNROLL(16)
  for (std::size_t r = 0; r < integer_rows; ++r) {
    s[r][0] = hn::Load(d, sums + r * columns);
    s[r][1] = hn::Load(d, sums + r * columns + lanes);
  }
  a += k.first / 2 * integer_rows;
  b += k.first / 2 * columns;
  for (std::size_t pair = 0; pair < (k.count + 1) / 2; ++pair) {
    const V b0 = hn::Load(d, b), b1 = hn::Load(d, b + lanes);
    HWY_UNROLL(16)
    for (std::size_t r = 0; r < integer_rows; ++r) {
      const V x = hn::Set(d, a[r]);
      s[r][0] = add_pair_products(d, x, b0, s[r][0]);
      s[r][1] = add_pair_products(d, x, b1, s[r][1]);
    }
    a += integer_rows;
    b += columns;
  }
  HWY_UNROLL(16)
  for (std::size_t r = 0; r < integer_rows; ++r) {
    hn::Store(s[r][0], d, sums + r * columns);
    hn::Store(s[r][1], d, sums + r * columns + lanes);
  }
}

const integer_tiles& integer_kernels_here() {
  static constexpr integer_tiles all{integer_rows, 2 * hn::MaxLanes(hn::ScalableTag<std::int32_t>()), integer_tile};
  return all;
}

}  // namespace assay::gemm_kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace assay::gemm_kernels {
HWY_EXPORT(integer_kernels_here);
const integer_tiles& integer_kernels() { return HWY_DYNAMIC_DISPATCH(integer_kernels_here)(); }
}  // namespace assay::gemm_kernels
#endif
