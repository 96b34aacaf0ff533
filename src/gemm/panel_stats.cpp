// One pass over a panel, in plain loops that vectorise.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "gemm/panel_stats.cpp"
#include "../targets.hpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <bit>
#include <cmath>
#include <cstdint>

#include "panel_stats.hpp"

HWY_BEFORE_NAMESPACE();
namespace assay::gemm_kernels::HWY_NAMESPACE {

/// Largest magnitude; smallest magnitude of a lowest set bit, which is what is lost when that bit is cleared; as bits,
/// which are ordered as the magnitudes are.
template <class Lane, class Bits>
panel_stats scan(const Lane* x, std::size_t count) {
  constexpr int fraction_bits = sizeof(Lane) == 4 ? 23 : 52;
  constexpr Bits sign = Bits{1} << (8 * sizeof(Lane) - 1), fraction = (Bits{1} << fraction_bits) - 1;
  constexpr Bits infinity = static_cast<Bits>(~sign) & static_cast<Bits>(~fraction);
  Bits largest = 0, lowest = infinity, special = 0, negative_zero = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Bits bits = std::bit_cast<Bits>(x[i]), magnitude = bits & static_cast<Bits>(~sign);
    const bool finite = magnitude < infinity;
    const Bits value = finite ? magnitude : Bits{0};
    const Bits cleared = (value & fraction) != 0 ? value & (value - 1) : Bits{0};
    const Bits low = std::bit_cast<Bits>(std::bit_cast<Lane>(value) - std::bit_cast<Lane>(cleared));
    largest = value > largest ? value : largest;
    lowest = value != 0 && low < lowest ? low : lowest;
    special |= finite ? Bits{0} : Bits{1};
    negative_zero |= bits == sign ? Bits{1} : Bits{0};
  }
  panel_stats s;
  s.special = special != 0;
  s.negative_zero = negative_zero != 0;
  if (largest != 0) {
    s.below = std::ilogb(std::bit_cast<Lane>(largest)) + 1;
    s.lowest_bit = std::ilogb(std::bit_cast<Lane>(lowest));
  }
  return s;
}

panel_stats scan_floats(const float* x, std::size_t count) { return scan<float, std::uint32_t>(x, count); }
panel_stats scan_doubles(const double* x, std::size_t count) { return scan<double, std::uint64_t>(x, count); }

}  // namespace assay::gemm_kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace assay::gemm_kernels {
HWY_EXPORT(scan_floats);
HWY_EXPORT(scan_doubles);

panel_stats stats_of(const float* x, std::size_t count) { return HWY_DYNAMIC_DISPATCH(scan_floats)(x, count); }
panel_stats stats_of(const double* x, std::size_t count) { return HWY_DYNAMIC_DISPATCH(scan_doubles)(x, count); }
}  // namespace assay::gemm_kernels
#endif
