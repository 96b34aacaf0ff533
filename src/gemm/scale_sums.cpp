// See scale_sums.hpp.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "gemm/scale_sums.cpp"
#include "../targets.hpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <cmath>

#include "scale_sums.hpp"

HWY_BEFORE_NAMESPACE();
namespace assay::gemm_kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// `vector` takes d, b and y as vectors, `one` as numbers.
template <class Vector, class One>
HWY_INLINE void for_each_sum(const float* HWY_RESTRICT d, const float* HWY_RESTRICT b, std::size_t count,
                             float* HWY_RESTRICT y, const Vector& vector, const One& one) {
  const hn::ScalableTag<float> tag;
  constexpr std::size_t lanes = hn::MaxLanes(tag);
  std::size_t j = 0;
  for (; j + lanes <= count; j += lanes) {
    hn::StoreU(vector(hn::LoadU(tag, d + j), hn::LoadU(tag, b + j), hn::LoadU(tag, y + j)), tag, y + j);
  }
  for (; j < count; ++j) y[j] = one(d[j], b[j], y[j]);
}

void add_scaled_here(block_scale_order order, const float* d, float a, const float* b, std::size_t count, float* y) {
  const hn::ScalableTag<float> tag;
  using V = hn::Vec<decltype(tag)>;
  const V scale = hn::Set(tag, a);
  switch (order) {
    case block_scale_order::one_by_one:
      return for_each_sum(
          d, b, count, y,
          [&](V part, V by, V sum) HWY_ATTR { return hn::Add(sum, hn::Mul(hn::Mul(part, scale), by)); },
          [&](float part, float by, float sum) { return sum + (part * a) * by; });
    case block_scale_order::scale_first:
      return for_each_sum(
          d, b, count, y,
          [&](V part, V by, V sum) HWY_ATTR { return hn::Add(sum, hn::Mul(part, hn::Mul(scale, by))); },
          [&](float part, float by, float sum) { return sum + part * (a * by); });
    case block_scale_order::fused: break;
  }
  const auto one = [&](float part, float by, float sum) { return std::fma(part * a, by, sum); };
#if HWY_TARGET == HWY_EMU128 || HWY_TARGET == HWY_SCALAR
  for (std::size_t j = 0; j < count; ++j) y[j] = one(d[j], b[j], y[j]);  // MulAdd rounds twice there
#else
  for_each_sum(
      d, b, count, y, [&](V part, V by, V sum) HWY_ATTR { return hn::MulAdd(hn::Mul(part, scale), by, sum); }, one);
#endif
}

}  // namespace assay::gemm_kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace assay::gemm_kernels {
HWY_EXPORT(add_scaled_here);
void add_scaled(block_scale_order order, const float* d, float a, const float* b, std::size_t count, float* y) {
  HWY_DYNAMIC_DISPATCH(add_scaled_here)(order, d, a, b, count, y);
}
}  // namespace assay::gemm_kernels
#endif
