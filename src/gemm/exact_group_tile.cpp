// See exact_group_tile.hpp for why each step is exact.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "gemm/exact_group_tile.cpp"
#include "../targets.hpp"

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <bit>

#include "exact_group_tile.hpp"

HWY_BEFORE_NAMESPACE();
namespace assay::gemm_kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using lanes = hn::ScalableTag<double>;
using V = hn::Vec<lanes>;
using bits = hn::RebindToSigned<lanes>;

inline constexpr std::size_t group_rows = 4, group_vectors = 2, vector_lanes = hn::MaxLanes(lanes());
inline constexpr std::size_t group_columns = group_vectors * vector_lanes, group_tile = group_rows * group_columns;

/// a + b forced to odd. An exact zero is -0 only if both are.
HWY_INLINE V sum_to_odd(V a, V b) {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
  // Of the sums rounded down and up, equal if exact, the one whose last bit is set.
  const __m512d below = _mm512_add_round_pd(a.raw, b.raw, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
  const __mmask8 even = _mm512_testn_epi64_mask(_mm512_castpd_si512(below), _mm512_set1_epi64(1));
  return V{_mm512_mask_add_round_pd(below, even, a.raw, b.raw, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC)};
#else
  // As in rounded_tile.cpp: an inexact even sum moves one step towards the error that two-sum gives.
  const V sum = hn::Add(a, b), b_part = hn::Sub(sum, a);
  const V error = hn::Add(hn::Sub(a, hn::Sub(sum, b_part)), hn::Sub(b, b_part));
  const auto inexact = hn::VecFromMask(bits(), hn::RebindMask(bits(), hn::Gt(hn::Abs(error), hn::Zero(lanes()))));
  const auto sum_bits = hn::BitCast(bits(), sum), one = hn::Set(bits(), 1);
  const auto even = hn::And(inexact, hn::AndNot(sum_bits, one));
  const auto inward = hn::BitCast(bits(), hn::Xor(sum, error));  // negative: the error points towards zero
  const auto step = hn::Or(hn::BroadcastSignBit(inward), one);
  return hn::BitCast(lanes(), hn::IfThenElse(hn::Eq(even, one), hn::Add(sum_bits, step), sum_bits));
#endif
}

/// x rounded to 24 digits by adding and subtracting 2^29 times its power of two. -0 becomes +0.
HWY_INLINE V to_single(V x) {
  const V power = hn::And(x, hn::BitCast(lanes(), hn::Set(bits(), static_cast<std::int64_t>(0xfffull << 52))));
  const V factor = hn::Set(lanes(), 0x1p29);
  return hn::NegMulAdd(power, factor, hn::MulAdd(power, factor, x));
}

/// A group whose products have an exact sum in binary64; c is not -0.
HWY_INLINE void near_group(const double* HWY_RESTRICT a, const double* HWY_RESTRICT b, std::size_t count,
                           double* HWY_RESTRICT c) {
  V s[group_rows][group_vectors];
  {
    const V y0 = hn::Load(lanes(), b), y1 = hn::Load(lanes(), b + vector_lanes);
    HWY_UNROLL(4)
    for (std::size_t r = 0; r < group_rows; ++r) {
      const V x = hn::Set(lanes(), a[r]);
      s[r][0] = hn::Mul(x, y0);
      s[r][1] = hn::Mul(x, y1);
    }
  }
  for (std::size_t k = 1; k < count; ++k) {
    a += group_rows;
    b += group_columns;
    const V y0 = hn::Load(lanes(), b), y1 = hn::Load(lanes(), b + vector_lanes);
    HWY_UNROLL(4)
    for (std::size_t r = 0; r < group_rows; ++r) {
      const V x = hn::Set(lanes(), a[r]);
      s[r][0] = hn::MulAdd(x, y0, s[r][0]);
      s[r][1] = hn::MulAdd(x, y1, s[r][1]);
    }
  }
  HWY_UNROLL(4)
  for (std::size_t r = 0; r < group_rows; ++r) {
    double* const to = c + r * group_columns;
    hn::Store(to_single(sum_to_odd(s[r][0], hn::Load(lanes(), to))), lanes(), to);
    hn::Store(to_single(sum_to_odd(s[r][1], hn::Load(lanes(), to + vector_lanes))), lanes(), to + vector_lanes);
  }
}

/// Any group of products below 2^below.
void wide_group(int below, const double* HWY_RESTRICT a, const double* HWY_RESTRICT b, std::size_t count,
                double* HWY_RESTRICT c) {
  const V magic =
      hn::Set(lanes(), std::bit_cast<double>((static_cast<std::uint64_t>(std::max(below, -300) + 4 + 1023) << 52) |
                                             (std::uint64_t{1} << 51)));
  for (std::size_t r = 0; r < group_rows; ++r) {
    for (std::size_t v = 0; v < group_columns; v += vector_lanes) {
      double* const to = c + r * group_columns + v;
      const V addend = hn::Load(lanes(), to);
      V high = hn::Zero(lanes()), low = high, any = addend, all = addend;
      for (std::size_t k = 0; k < count; ++k) {
        const V p = hn::Mul(hn::Set(lanes(), a[k * group_rows + r]), hn::Load(lanes(), b + k * group_columns + v));
        const V upper = hn::Sub(hn::Add(p, magic), magic);
        high = hn::Add(high, upper);
        low = hn::Add(low, hn::Sub(p, upper));
        any = hn::Or(any, p);
        all = hn::And(all, p);
      }
      const V s = hn::Add(high, low), rest = hn::Sub(low, hn::Sub(s, high));
      const V t = hn::Add(s, addend), part = hn::Sub(t, s);
      const V u = hn::Add(hn::Sub(s, hn::Sub(t, part)), hn::Sub(addend, part));
      const V sum = to_single(sum_to_odd(t, sum_to_odd(u, rest)));
      // Zeros of one sign, the same bits everywhere, keep it.
      const auto alike = hn::MaskFromVec(
          hn::BitCast(lanes(), hn::VecFromMask(bits(), hn::Eq(hn::BitCast(bits(), any), hn::BitCast(bits(), all)))));
      const auto keeps = hn::And(alike, hn::Eq(sum, hn::Zero(lanes())));
      hn::Store(hn::IfThenElse(keeps, addend, sum), lanes(), to);
    }
  }
}

void merge(double* HWY_RESTRICT into, const double* HWY_RESTRICT from) {
  // Rounding to 53 digits first is harmless: 53 >= 2 * 24 + 2.
  for (std::size_t i = 0; i < group_tile; i += vector_lanes) {
    const V sum = hn::Add(hn::Load(lanes(), into + i), hn::Load(lanes(), from + i));
    hn::Store(hn::CopySign(to_single(sum), sum), lanes(), into + i);
  }
}

void add(std::size_t group, bool signed_zeros, exact_group_panel a, exact_group_panel b, k_walk k, tile_use use,
         double* HWY_RESTRICT sums) {
  HWY_ALIGN double own[group_tile];
  double* const run = use == tile_use::join ? own : sums;
  if (use != tile_use::resume) std::fill_n(run, group_tile, 0.0);
  for (std::size_t done = 0; done < k.count; done += group) {
    const std::size_t at = k.first + done, count = std::min(group, k.count - done);
    const group_range x = a.ranges[at], y = b.ranges[at];
    const int below = x.below + y.below, lowest = x.lowest_bit + y.lowest_bit;
    if (HWY_LIKELY(!signed_zeros && below + 2 - lowest <= 53)) {
      near_group(a.values + at * group_rows, b.values + at * group_columns, count, run);
    } else {
      wide_group(below, a.values + at * group_rows, b.values + at * group_columns, count, run);
    }
  }
  if (use == tile_use::join) merge(sums, own);
}

void find_ranges(const double* HWY_RESTRICT x, std::size_t width, std::size_t length, std::size_t group,
                 group_range* HWY_RESTRICT to) {
  constexpr std::uint64_t fraction = (std::uint64_t{1} << 52) - 1;
  constexpr std::int16_t none = 4000;
  for (std::size_t k = 0; k < length; ++k) {
    // The lowest set bit is what is lost when it is cleared; bits are ordered as magnitudes are.
    std::uint64_t largest = 0, lowest = std::uint64_t{0x7ff} << 52;
    for (std::size_t i = 0; i < width; ++i) {
      const std::uint64_t magnitude = std::bit_cast<std::uint64_t>(x[k * width + i]) & ~(std::uint64_t{1} << 63);
      const std::uint64_t cleared = (magnitude & fraction) != 0 ? magnitude & (magnitude - 1) : 0;
      const auto low = std::bit_cast<std::uint64_t>(std::bit_cast<double>(magnitude) - std::bit_cast<double>(cleared));
      largest = magnitude > largest ? magnitude : largest;
      lowest = magnitude != 0 && low < lowest ? low : lowest;
    }
    to[k] = largest == 0 ? group_range{-none, none}
                         : group_range{static_cast<std::int16_t>(static_cast<int>(largest >> 52) - 1022),
                                       static_cast<std::int16_t>(static_cast<int>(lowest >> 52) - 1023)};
  }
  for (std::size_t k = 0; k < length; ++k) {
    for (std::size_t next = k + 1; next < std::min(length, k + group); ++next) {
      to[k].below = std::max(to[k].below, to[next].below);
      to[k].lowest_bit = std::min(to[k].lowest_bit, to[next].lowest_bit);
    }
  }
}

const exact_group_tiles& exact_group_kernels_here() {
  static constexpr exact_group_tiles all{group_rows, group_columns, add, merge, find_ranges};
  return all;
}

}  // namespace assay::gemm_kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace assay::gemm_kernels {
HWY_EXPORT(exact_group_kernels_here);
const exact_group_tiles& exact_group_kernels() { return HWY_DYNAMIC_DISPATCH(exact_group_kernels_here)(); }
}  // namespace assay::gemm_kernels
#endif
