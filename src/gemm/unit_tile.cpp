// See unit_tile.hpp for why each step is exact.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "gemm/unit_tile.cpp"
#include "targets.hpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "unit-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace assay::gemm_kernels::HWY_NAMESPACE {

// Without vectors there is no fast path.
#if HWY_TARGET == HWY_SCALAR
const unit_tiles& unit_kernels_here() {
  static constexpr unit_tiles none{1, 1, nullptr, nullptr, nullptr, nullptr};
  return none;
}
#else

/// The result of a group: `total` in units of 2^(exponent - 127 - F), in two halves.
struct to_float {
  hn::Vec<longs> kept;
  explicit HWY_INLINE to_float(const unit_rule& rule)
      : kept(hn::Set(longs(), ~((std::uint64_t{1} << (52 - rule.kept_fraction_bits)) - 1))) {}

  /// A zero or subnormal addend counts as 2^-127 at most, below the lowest exponent that is used.
  HWY_INLINE hn::Vec<ints> addend_exponent(hn::Vec<floats> c) const { return biased_exponent(c); }

  /// Cutting a binary64 number's fraction rounds toward zero; the demotion and the scaling are exact then.
  HWY_INLINE hn::Vec<floats> operator()(hn::Vec<doubles> low, hn::Vec<doubles> high, hn::Vec<floats> scale,
                                        hn::Vec<floats>) const {
    const auto demoted = [&](hn::Vec<doubles> x) HWY_ATTR {
      return hn::DemoteTo(half_floats(), hn::BitCast(doubles(), hn::And(hn::BitCast(longs(), x), kept)));
    };
    return hn::Mul(hn::Combine(floats(), demoted(high), demoted(low)), scale);
  }

  HWY_INLINE hn::Vec<floats> ordinary_add(hn::Vec<floats> x, hn::Vec<floats> y) const { return hn::Add(x, y); }
};

/// binary16 results in binary32 lanes, ties to even, by a magic number as in rounded_tile.cpp.
struct to_half {
  static constexpr double largest = 65504, min_normal = 0x1p-14;
  explicit HWY_INLINE to_half(const unit_rule&) {}

  HWY_INLINE hn::Vec<ints> addend_exponent(hn::Vec<floats> c) const {
    const hn::Vec<ints> e = hn::Max(biased_exponent(c), hn::Set(ints(), 127 - 14));
    return hn::IfThenElseZero(hn::RebindMask(ints(), hn::Gt(hn::Abs(c), hn::Zero(floats()))), e);
  }

  static HWY_INLINE hn::Vec<doubles> rounded(hn::Vec<doubles> x) {
    const doubles d;
    const auto exponents = hn::BitCast(d, hn::Set(longs(), std::uint64_t{0x7ff} << 52));
    const auto lift = hn::Set(longs(), (std::uint64_t{52 - 10} << 52) | (std::uint64_t{1} << 51));
    const auto binade = hn::Max(hn::And(x, exponents), hn::Set(d, min_normal));
    const auto magic = hn::BitCast(d, hn::Add(hn::BitCast(longs(), binade), lift));
    const auto r = hn::Sub(hn::Add(x, magic), magic);
    const auto infinity = hn::BitCast(d, hn::Set(longs(), std::uint64_t{0x7ff} << 52));
    return hn::CopySign(hn::IfThenElse(hn::Gt(hn::Abs(r), hn::Set(d, largest)), infinity, r), x);
  }

  /// An infinite addend stays: the products are finite here.
  HWY_INLINE hn::Vec<floats> operator()(hn::Vec<doubles> low, hn::Vec<doubles> high, hn::Vec<floats> scale,
                                        hn::Vec<floats> c) const {
    const doubles d;
    const auto scale_low = hn::PromoteTo(d, hn::LowerHalf(half_floats(), scale));
    const auto scale_high = hn::PromoteTo(d, hn::UpperHalf(half_floats(), scale));
    const auto r = hn::Combine(floats(), hn::DemoteTo(half_floats(), rounded(hn::Mul(high, scale_high))),
                               hn::DemoteTo(half_floats(), rounded(hn::Mul(low, scale_low))));
    return hn::IfThenElse(hn::Gt(hn::Abs(c), hn::Set(floats(), 65504.0f)), c, r);
  }

  /// Rounding to 24 digits first is harmless: 24 >= 2 * 11 + 2.
  HWY_INLINE hn::Vec<floats> ordinary_add(hn::Vec<floats> x, hn::Vec<floats> y) const {
    const doubles d;
    const auto sum = hn::Add(x, y);
    const auto low = rounded(hn::PromoteTo(d, hn::LowerHalf(half_floats(), sum)));
    const auto high = rounded(hn::PromoteTo(d, hn::UpperHalf(half_floats(), sum)));
    return hn::Combine(floats(), hn::DemoteTo(half_floats(), high), hn::DemoteTo(half_floats(), low));
  }
};

/// One fused addition for a tile: `count` products from pointers a and b on, c in and out.
template <class Result>
HWY_INLINE void fused_addition(const unit_rule& rule, const Result& result, unit_panel a, unit_panel b, std::size_t count,
                               float* HWY_RESTRICT c) {
  const floats f;
  const ints i32;
  const shorts i16;
  constexpr std::size_t lanes = hn::MaxLanes(floats());

  hn::Vec<shorts> largest[unit_rows];
  HWY_UNROLL(4)
  for (std::size_t r = 0; r < unit_rows; ++r) largest[r] = hn::Set(i16, unit_lowest_exponent);
  for (std::size_t k = 0; k < count; ++k) {
    const auto eb = hn::Load(i16, b.exponents + k * unit_columns);
    HWY_UNROLL(4)
    for (std::size_t r = 0; r < unit_rows; ++r) {
      largest[r] = hn::Max(largest[r], hn::Add(hn::Set(i16, a.exponents[k * unit_rows + r]), eb));
    }
  }

  hn::Vec<floats> scale[unit_rows][2];
  hn::Vec<ints> e[unit_rows][2];
  const auto bias = hn::Set(i32, 127), flip = hn::Set(i32, 254 + rule.fraction_bits);
  HWY_UNROLL(4)
  for (std::size_t r = 0; r < unit_rows; ++r) {
    e[r][0] = hn::Add(hn::PromoteTo(i32, hn::LowerHalf(half_shorts(), largest[r])), bias);
    e[r][1] = hn::Add(hn::PromoteTo(i32, hn::UpperHalf(half_shorts(), largest[r])), bias);
    for (std::size_t h = 0; h < 2; ++h) {
      e[r][h] = hn::Max(e[r][h], result.addend_exponent(hn::Load(f, c + r * unit_columns + h * lanes)));
      scale[r][h] = power_of_two(hn::Sub(flip, e[r][h]));
    }
  }

  const std::size_t chunk = std::size_t{1} << (29 - rule.fraction_bits);
  hn::Vec<ints> sum[unit_rows][2];
  const auto add_products = [&](std::size_t first, std::size_t last) HWY_ATTR {
    HWY_UNROLL(4)
    for (std::size_t r = 0; r < unit_rows; ++r) sum[r][0] = sum[r][1] = hn::Zero(i32);
    for (std::size_t k = first; k < last; ++k) {
      const auto b0 = hn::Load(f, b.values + k * unit_columns), b1 = hn::Load(f, b.values + k * unit_columns + lanes);
      HWY_UNROLL(4)
      for (std::size_t r = 0; r < unit_rows; ++r) {
        const auto x = hn::Set(f, a.values[k * unit_rows + r]);
        sum[r][0] = hn::Add(sum[r][0], cut(hn::Mul(hn::Mul(x, b0), scale[r][0])));
        sum[r][1] = hn::Add(sum[r][1], cut(hn::Mul(hn::Mul(x, b1), scale[r][1])));
      }
    }
  };
  const doubles d;
  if (2 * count <= chunk) {  // the addend's integer fits beside the products
    add_products(0, count);
    HWY_UNROLL(4)
    for (std::size_t r = 0; r < unit_rows; ++r) {
      for (std::size_t h = 0; h < 2; ++h) {
        float* const to = c + r * unit_columns + h * lanes;
        const auto addend = hn::Load(f, to);
        const auto total = hn::Add(sum[r][h], cut(hn::Mul(addend, scale[r][h])));
        const auto low = hn::PromoteTo(d, hn::LowerHalf(half_ints(), total));
        const auto high = hn::PromoteTo(d, hn::UpperHalf(half_ints(), total));
        const auto unit = power_of_two(hn::Sub(e[r][h], hn::Set(i32, rule.fraction_bits)));
        hn::Store(result(low, high, unit, addend), f, to);
      }
    }
    return;
  }
  HWY_ALIGN double totals[unit_rows * unit_columns];
  for (std::size_t first = 0; first < count; first += chunk) {
    add_products(first, count - first < chunk ? count : first + chunk);
    for (std::size_t r = 0; r < unit_rows; ++r) {
      for (std::size_t h = 0; h < 2; ++h) {
        double* const to = totals + r * unit_columns + h * lanes;
        auto low = hn::PromoteTo(d, hn::LowerHalf(half_ints(), sum[r][h]));
        auto high = hn::PromoteTo(d, hn::UpperHalf(half_ints(), sum[r][h]));
        if (first != 0) {
          low = hn::Add(low, hn::Load(d, to));
          high = hn::Add(high, hn::Load(d, to + lanes / 2));
        }
        hn::Store(low, d, to);
        hn::Store(high, d, to + lanes / 2);
      }
    }
  }
  for (std::size_t r = 0; r < unit_rows; ++r) {
    for (std::size_t h = 0; h < 2; ++h) {
      float* const to = c + r * unit_columns + h * lanes;
      const double* const total = totals + r * unit_columns + h * lanes;
      const auto addend = hn::Load(f, to);
      const auto aligned_addend = cut(hn::Mul(addend, scale[r][h]));
      const auto low = hn::Add(hn::Load(d, total), hn::PromoteTo(d, hn::LowerHalf(half_ints(), aligned_addend)));
      const auto high =
          hn::Add(hn::Load(d, total + lanes / 2), hn::PromoteTo(d, hn::UpperHalf(half_ints(), aligned_addend)));
      const auto unit = power_of_two(hn::Sub(e[r][h], hn::Set(i32, rule.fraction_bits)));
      hn::Store(result(low, high, unit, addend), f, to);
    }
  }
}

template <class Result>
HWY_INLINE void add_tile(const Result& result, float* HWY_RESTRICT into, const float* HWY_RESTRICT from) {
  const floats f;
  for (std::size_t i = 0; i < unit_rows * unit_columns; i += hn::MaxLanes(floats())) {
    hn::Store(result.ordinary_add(hn::Load(f, into + i), hn::Load(f, from + i)), f, into + i);
  }
}

template <class Result>
void unit_tile(const unit_rule& rule, unit_panel a, unit_panel b, k_walk k, tile_use use, float* HWY_RESTRICT sums) {
  const Result result(rule);
  HWY_ALIGN float own[unit_rows * unit_columns], pair[unit_rows * unit_columns];
  float* const run = use == tile_use::join ? own : sums;
  if (use != tile_use::resume) clear_tile(run);
  if (rule.addend_after) clear_tile(pair);
  const auto group = static_cast<std::size_t>(rule.group);
  for (std::size_t done = 0; done < k.count; done += group) {
    const std::size_t at = k.first + done, count = k.count - done < group ? k.count - done : group;
    fused_addition(rule, result, {a.values + at * unit_rows, a.exponents + at * unit_rows},
                   {b.values + at * unit_columns, b.exponents + at * unit_columns}, count,
                   rule.addend_after ? pair : run);
    if (rule.addend_after && done / group % 2 == 1) {
      add_tile(result, run, pair);
      clear_tile(pair);
    }
  }
  if (use == tile_use::join) add_tile(result, sums, own);
}

template <class Result>
void merge_tiles(const unit_rule& rule, float* HWY_RESTRICT into, const float* HWY_RESTRICT from) {
  add_tile(Result(rule), into, from);
}

const unit_tiles& unit_kernels_here() {
  static constexpr unit_tiles all{unit_rows,           unit_columns,          unit_tile<to_float>,
                                  unit_tile<to_half>,  merge_tiles<to_float>, merge_tiles<to_half>};
  return all;
}

#endif  // HWY_TARGET != HWY_SCALAR

}  // namespace assay::gemm_kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace assay::gemm_kernels {
HWY_EXPORT(unit_kernels_here);
const unit_tiles& unit_kernels() { return HWY_DYNAMIC_DISPATCH(unit_kernels_here)(); }
}  // namespace assay::gemm_kernels
#endif
