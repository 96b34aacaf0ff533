// See amd_tile.hpp for why each step is exact.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "gemm/amd_tile.cpp"
#include "targets.hpp"

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "amd_tile.hpp"
#include "unit-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace assay::gemm_kernels::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR
const amd_tiles& amd_kernels_here() {
  static constexpr amd_tiles none{nullptr, nullptr, nullptr, nullptr};
  return none;
}
#else

HWY_INLINE hn::Vec<doubles> low_half(hn::Vec<floats> x) {
  return hn::PromoteTo(doubles(), hn::LowerHalf(half_floats(), x));
}
HWY_INLINE hn::Vec<doubles> high_half(hn::Vec<floats> x) {
  return hn::PromoteTo(doubles(), hn::UpperHalf(half_floats(), x));
}
HWY_INLINE hn::Vec<floats> rounded_halves(hn::Vec<doubles> low, hn::Vec<doubles> high) {
  return hn::Combine(floats(), hn::DemoteTo(half_floats(), high), hn::DemoteTo(half_floats(), low));
}

/// Products that are aligned together: all of a group, or those of even or of odd index.
struct aligned_products {
  hn::Vec<ints> exponent;  ///< the largest, biased
  hn::Vec<ints> total;     ///< in units of 2^(exponent - 127 - 24)
};

inline constexpr int late_fraction_bits = 24, late_sum_bits = 31;

/// CDNA3. Every `Stride`th product is aligned with its like; the addend comes last.
template <std::size_t Stride>
struct late_group {
  HWY_INLINE void operator()(unit_panel a, unit_panel b, std::size_t count, float* HWY_RESTRICT c) const {
    constexpr std::size_t lanes = hn::MaxLanes(floats());
    const shorts i16;
    const ints i32;
    for (std::size_t r = 0; r < unit_rows; ++r) {
      hn::Vec<shorts> largest[Stride];
      for (std::size_t s = 0; s < Stride; ++s) {
        largest[s] = hn::Set(i16, unit_lowest_exponent);
        for (std::size_t k = s; k < count; k += Stride) {
          const auto e =
              hn::Add(hn::Set(i16, a.exponents[k * unit_rows + r]), hn::Load(i16, b.exponents + k * unit_columns));
          largest[s] = hn::Max(largest[s], e);
        }
      }
      for (std::size_t h = 0; h < 2; ++h) {
        aligned_products sums[Stride];
        for (std::size_t s = 0; s < Stride; ++s) {
          const auto half =
              h == 0 ? hn::LowerHalf(half_shorts(), largest[s]) : hn::UpperHalf(half_shorts(), largest[s]);
          sums[s].exponent = hn::Add(hn::PromoteTo(i32, half), hn::Set(i32, 127));
          const auto scale = power_of_two(hn::Sub(hn::Set(i32, 254 + late_fraction_bits), sums[s].exponent));
          sums[s].total = hn::Zero(i32);
          for (std::size_t k = s; k < count; k += Stride) {
            const auto x = hn::Set(floats(), a.values[k * unit_rows + r]);
            const auto y = hn::Load(floats(), b.values + k * unit_columns + h * lanes);
            sums[s].total = hn::Add(sums[s].total, cut(hn::Mul(hn::Mul(x, y), scale)));
          }
        }
        float* const to = c + r * unit_columns + h * lanes;
        hn::Store(with_addend(joined(sums), hn::Load(floats(), to)), floats(), to);
      }
    }
  }

 private:
  /// Shifts of two's complement floor, as the unit does.
  static HWY_INLINE aligned_products joined(const aligned_products* sums) {
    if constexpr (Stride == 1) {
      return sums[0];
    } else {
      const ints i32;
      const auto most = hn::Set(i32, 31), exponent = hn::Max(sums[0].exponent, sums[1].exponent);
      const auto even = hn::Shr(sums[0].total, hn::Min(hn::Sub(exponent, sums[0].exponent), most));
      const auto odd = hn::Shr(sums[1].total, hn::Min(hn::Sub(exponent, sums[1].exponent), most));
      return {exponent, hn::Add(even, odd)};
    }
  }

  static HWY_INLINE hn::Vec<floats> with_addend(const aligned_products& sum, hn::Vec<floats> c) {
    const ints i32;
    const doubles d;
    const auto own = biased_exponent(c), e = hn::Max(sum.exponent, own);
    // Beyond 60 places a sum of 32 bits is floored to 0 or -1 all the same.
    const auto fall = hn::Min(hn::Sub(e, sum.exponent), hn::Set(i32, 60));
    const auto sum_scale = power_of_two(hn::Sub(hn::Set(i32, 127 + late_sum_bits - late_fraction_bits), fall));
    const auto c_scale = power_of_two(hn::Sub(hn::Set(i32, 254 + late_fraction_bits), e));
    const auto unit = power_of_two(hn::Sub(e, hn::Set(i32, late_fraction_bits)));
    if constexpr (Stride == 2) {
      const auto counts = hn::Gt(own, hn::Sub(e, hn::Set(i32, late_fraction_bits + 2)));
      c = hn::IfThenElseZero(hn::RebindMask(floats(), counts), c);
    }
    const auto coarser = hn::Set(d, static_cast<double>(1 << (late_sum_bits - late_fraction_bits)));
    const auto finer = hn::Set(d, 1.0 / (1 << (late_sum_bits - late_fraction_bits)));
    const auto result = [&](auto total, auto scale, auto addend, auto scale_of_c, auto last_place) HWY_ATTR {
      const auto products = hn::Floor(hn::Mul(total, scale));
      const auto kept = hn::Floor(hn::Mul(addend, scale_of_c));
      return hn::Mul(hn::Add(products, hn::Mul(kept, coarser)), hn::Mul(last_place, finer));
    };
    return rounded_halves(result(hn::PromoteTo(d, hn::LowerHalf(half_ints(), sum.total)), low_half(sum_scale),
                                 low_half(c), low_half(c_scale), low_half(unit)),
                          result(hn::PromoteTo(d, hn::UpperHalf(half_ints(), sum.total)), high_half(sum_scale),
                                 high_half(c), high_half(c_scale), high_half(unit)));
  }
};

/// CDNA2: products in pairs, the pairs' sums in pairs, then c; products that are missing are +0.
template <std::size_t Group>
HWY_INLINE hn::Vec<floats> pair_sum(const hn::Vec<floats>* products) {
  if constexpr (Group == 1)
    return products[0];
  else
    return hn::Add(pair_sum<Group / 2>(products), pair_sum<Group / 2>(products + Group / 2));
}

struct pairs_group {
  std::size_t group;

  HWY_INLINE void operator()(unit_panel a, unit_panel b, std::size_t count, float* HWY_RESTRICT c) const {
    constexpr std::size_t lanes = hn::MaxLanes(floats());
    for (std::size_t r = 0; r < unit_rows; ++r) {
      for (std::size_t h = 0; h < 2; ++h) {
        hn::Vec<floats> products[4];
        for (std::size_t k = 0; k < 4; ++k) {
          products[k] = hn::Zero(floats());
          if (k >= count) continue;
          const auto y = hn::Load(floats(), b.values + k * unit_columns + h * lanes);
          products[k] = hn::Mul(hn::Set(floats(), a.values[k * unit_rows + r]), y);
        }
        float* const to = c + r * unit_columns + h * lanes;
        const auto sum = group == 4 ? pair_sum<4>(products) : pair_sum<2>(products);
        hn::Store(hn::Add(hn::Load(floats(), to), sum), floats(), to);
      }
    }
  }
};

/// CDNA1: c and the group's products, exactly, rounded once.
struct exact_group {
  HWY_INLINE void operator()(unit_panel a, unit_panel b, std::size_t count, float* HWY_RESTRICT c) const {
    constexpr std::size_t lanes = hn::MaxLanes(floats());
    for (std::size_t r = 0; r < unit_rows; ++r) {
      for (std::size_t h = 0; h < 2; ++h) {
        // All zeros negative make the sum -0: it starts with a product.
        const auto product = [&](std::size_t k) HWY_ATTR {
          const auto y = hn::Load(floats(), b.values + k * unit_columns + h * lanes);
          return hn::Mul(hn::Set(floats(), a.values[k * unit_rows + r]), y);
        };
        auto first = product(0);
        auto low = low_half(first), high = high_half(first);
        for (std::size_t k = 1; k < count; ++k) {
          const auto p = product(k);
          low = hn::Add(low, low_half(p));
          high = hn::Add(high, high_half(p));
        }
        float* const to = c + r * unit_columns + h * lanes;
        const auto addend = hn::Load(floats(), to);
        hn::Store(rounded_halves(sum_to_odd(low, low_half(addend)), sum_to_odd(high, high_half(addend))), floats(), to);
      }
    }
  }

 private:
  /// As in rounded_tile.cpp: an inexact even sum moves one step towards the error that two-sum gives.
  static HWY_INLINE hn::Vec<doubles> sum_to_odd(hn::Vec<doubles> p, hn::Vec<doubles> s) {
    const doubles d;
    const hn::RebindToSigned<doubles> bits;
    const auto sum = hn::Add(p, s), s_part = hn::Sub(sum, p);
    const auto error = hn::Add(hn::Sub(p, hn::Sub(sum, s_part)), hn::Sub(s, s_part));
    const auto inexact = hn::VecFromMask(bits, hn::RebindMask(bits, hn::Gt(hn::Abs(error), hn::Zero(d))));
    const auto sum_bits = hn::BitCast(bits, sum), one = hn::Set(bits, 1);
    const auto even = hn::And(inexact, hn::AndNot(sum_bits, one));
    const auto inward = hn::BitCast(bits, hn::Xor(sum, error));  // negative: the error points towards zero
    const auto step = hn::Or(hn::BroadcastSignBit(inward), one);
    return hn::BitCast(d, hn::IfThenElse(hn::Eq(even, one), hn::Add(sum_bits, step), sum_bits));
  }
};

template <class Group>
HWY_INLINE void amd_tile(const Group& add_group, std::size_t group, unit_panel a, unit_panel b, k_walk k, tile_use use,
                         float* HWY_RESTRICT sums) {
  HWY_ALIGN float own[unit_rows * unit_columns];
  float* const run = use == tile_use::join ? own : sums;
  if (use != tile_use::resume) clear_tile(run);
  for (std::size_t done = 0; done < k.count; done += group) {
    const std::size_t at = k.first + done, count = k.count - done < group ? k.count - done : group;
    add_group({a.values + at * unit_rows, a.exponents + at * unit_rows},
              {b.values + at * unit_columns, b.exponents + at * unit_columns}, count, run);
  }
  if (use != tile_use::join) return;
  for (std::size_t i = 0; i < unit_rows * unit_columns; i += hn::MaxLanes(floats())) {
    hn::Store(hn::Add(hn::Load(floats(), sums + i), hn::Load(floats(), own + i)), floats(), sums + i);
  }
}

void late_tile(const unit_rule& rule, unit_panel a, unit_panel b, k_walk k, tile_use use, float* sums) {
  amd_tile(late_group<1>(), static_cast<std::size_t>(rule.group), a, b, k, use, sums);
}
void even_odd_tile(const unit_rule& rule, unit_panel a, unit_panel b, k_walk k, tile_use use, float* sums) {
  amd_tile(late_group<2>(), static_cast<std::size_t>(rule.group), a, b, k, use, sums);
}
void pairs_tile(const unit_rule& rule, unit_panel a, unit_panel b, k_walk k, tile_use use, float* sums) {
  const auto group = static_cast<std::size_t>(rule.group);
  amd_tile(pairs_group{group}, group, a, b, k, use, sums);
}
void exact_tile(const unit_rule& rule, unit_panel a, unit_panel b, k_walk k, tile_use use, float* sums) {
  amd_tile(exact_group(), static_cast<std::size_t>(rule.group), a, b, k, use, sums);
}

const amd_tiles& amd_kernels_here() {
  static constexpr amd_tiles all{late_tile, even_odd_tile, pairs_tile, exact_tile};
  return all;
}

#endif  // HWY_TARGET != HWY_SCALAR

}  // namespace assay::gemm_kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace assay::gemm_kernels {
HWY_EXPORT(amd_kernels_here);
const amd_tiles& amd_kernels() { return HWY_DYNAMIC_DISPATCH(amd_kernels_here)(); }
}  // namespace assay::gemm_kernels
#endif
