// See amd_tile.hpp for why each step is exact.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "gemm/amd_tile.cpp"
#include "../targets.hpp"

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "amd_tile.hpp"
#include "unit-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace assay::gemm_kernels::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR
const amd_tiles& amd_kernels_here() {
  static constexpr amd_tiles none{nullptr, nullptr, nullptr};
  return none;
}
#else

inline constexpr int late_fraction_bits = 24, late_sum_bits = 31;

/// What products add up to: integers in units of 2^(exponent - 127 - 24).
struct late_sum {
  hn::Vec<shorts> exponent;  ///< as fields
  both<hn::Vec<ints>> total;
};

/// Every `stride`th product from `first` on.
HWY_INLINE late_sum products_of(unit_panel a, unit_panel b, std::size_t r, std::size_t first, std::size_t count,
                                std::size_t stride) {
  const auto exponent = largest_exponent(a, b, r, first, count, stride);
  const auto scale = powers(hn::Sub(hn::Set(shorts(), exponent_field(254 + late_fraction_bits)), exponent));
  return {exponent, cut_products(a, b, r, first, count, stride, scale)};
}

/// How far x lies below y, in binades, at most `most`.
HWY_INLINE both<hn::Vec<ints>> falls(hn::Vec<shorts> y, hn::Vec<shorts> x, int most) {
  const auto fall = hn::Min(hn::ShiftRight<7>(hn::Sub(y, x)), hn::Set(shorts(), static_cast<std::int16_t>(most)));
  const auto pair = hn::BitCast(words(), fall);
  return {hn::BitCast(ints(), hn::And(pair, hn::Set(words(), 0xffffu))), hn::BitCast(ints(), hn::ShiftRight<16>(pair))};
}

/// Sums of products of even and of odd index. Shifts of two's complement floor, as the unit does.
HWY_INLINE late_sum joined(const late_sum& even, const late_sum& odd) {
  const auto exponent = hn::Max(even.exponent, odd.exponent);
  const auto even_fall = falls(exponent, even.exponent, 31), odd_fall = falls(exponent, odd.exponent, 31);
  return {exponent,
          {hn::Add(hn::Shr(even.total.first, even_fall.first), hn::Shr(odd.total.first, odd_fall.first)),
           hn::Add(hn::Shr(even.total.second, even_fall.second), hn::Shr(odd.total.second, odd_fall.second))}};
}

/// total and c floored below `exponent` (in place), added, rounded once.
HWY_INLINE hn::Vec<floats> late_result(hn::Vec<ints> total, hn::Vec<ints> fall, hn::Vec<ints> exponent,
                                       hn::Vec<floats> c) {
  const doubles d;
  const auto place = [](int e) HWY_ATTR { return hn::Set(ints(), e * (1 << 23)); };
  const auto as_power = [](hn::Vec<ints> x) HWY_ATTR { return hn::BitCast(floats(), x); };
  const auto sum_scale = as_power(hn::Sub(place(127 + late_sum_bits - late_fraction_bits), hn::ShiftLeft<23>(fall)));
  const auto c_scale = as_power(hn::Sub(place(127 + late_fraction_bits), hn::Sub(exponent, place(127))));
  const auto unit = as_power(hn::Sub(exponent, place(late_fraction_bits)));
  const auto coarser = hn::Set(d, static_cast<double>(1 << (late_sum_bits - late_fraction_bits)));
  const auto finer = hn::Set(d, 1.0 / (1 << (late_sum_bits - late_fraction_bits)));
  const auto result = [&](auto sum, auto scale, auto addend, auto scale_of_c, auto last_place) HWY_ATTR {
    const auto products = hn::Floor(hn::Mul(sum, scale));
    const auto kept = hn::Floor(hn::Mul(addend, scale_of_c));
    return hn::Mul(hn::Add(products, hn::Mul(kept, coarser)), hn::Mul(last_place, finer));
  };
  return rounded_halves(
      result(low_half(total), low_half(sum_scale), low_half(c), low_half(c_scale), low_half(unit)),
      result(high_half(total), high_half(sum_scale), high_half(c), high_half(c_scale), high_half(unit)));
}

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
/// The same where the sum falls by at most 7 places, so that its 31 bits hold it: an integer of 38 bits in units of
/// 2^(exponent - 31), whose lower 14 bits and upper 24 are exact floats. Their sum is the one rounding.
HWY_INLINE hn::Vec<floats> near_late_result(hn::Vec<ints> total, hn::Vec<ints> fall, hn::Vec<ints> exponent,
                                            hn::Vec<floats> c) {
  constexpr int finer = late_sum_bits - late_fraction_bits;
  const auto place = [](int e) HWY_ATTR { return hn::Set(ints(), e * (1 << 23)); };
  const auto c_scale = hn::BitCast(
      floats(), hn::Sub(hn::Set(words(), (254u + late_fraction_bits) << 23), hn::BitCast(words(), exponent)));
  // Downward in the product too: a negative addend far below must not become zero.
  constexpr int downward = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC;
  const hn::Vec<ints> kept{_mm512_cvt_roundps_epi32(_mm512_mul_round_ps(c.raw, c_scale.raw, downward), downward)};
  const auto upper = hn::Add(kept, hn::Shr(total, fall));
  const auto lower = hn::Add(hn::ShiftLeft<finer>(kept), hn::Shl(total, hn::Sub(hn::Set(ints(), finer), fall)));
  const auto low = hn::ConvertTo(floats(), hn::And(lower, hn::Set(ints(), (1 << 2 * finer) - 1)));
  const auto high = hn::ConvertTo(floats(), hn::And(upper, hn::Set(ints(), ~((1 << finer) - 1))));
  const auto unit = hn::BitCast(floats(), hn::Sub(exponent, place(late_fraction_bits)));
  return hn::Mul(hn::MulAdd(low, hn::Set(floats(), 1.0f / (1 << finer)), high), unit);
}
#endif

/// CDNA3. With `EvenOdd` products of even and of odd index are aligned with their like; the addend comes last.
template <bool EvenOdd>
struct late_group {
  HWY_INLINE void operator()(unit_panel a, unit_panel b, std::size_t count, float* HWY_RESTRICT c) const {
    const floats f;
    constexpr std::size_t lanes = hn::MaxLanes(floats());
    for (std::size_t r = 0; r < unit_rows; ++r) {
      const late_sum sum = products_in(a, b, r, count);
      float* const to = c + r * unit_columns;
      both<hn::Vec<floats>> addend{hn::Load(f, to), hn::Load(f, to + lanes)};
      const auto own = exponent_fields(addend.first, addend.second), exponent = hn::Max(sum.exponent, own);
      const auto places = in_place(exponent);
      if constexpr (EvenOdd) {  // an addend more than 25 places below is not there
        const auto below = hn::Sub(exponent, hn::Set(shorts(), exponent_field(late_fraction_bits + 2)));
        const auto counts = in_place(hn::VecFromMask(shorts(), hn::Gt(own, below)));
        addend.first = hn::And(addend.first, hn::BitCast(f, hn::BroadcastSignBit(counts.first)));
        addend.second = hn::And(addend.second, hn::BitCast(f, hn::BroadcastSignBit(counts.second)));
      }
      // Beyond 60 places a sum of 32 bits is floored to 0 or -1 all the same.
      const auto fall = falls(exponent, sum.exponent, 60);
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
      const auto most = hn::Add(sum.exponent, hn::Set(shorts(), exponent_field(late_sum_bits - late_fraction_bits)));
      if (HWY_LIKELY(hn::AllFalse(shorts(), hn::Gt(own, most)))) {
        hn::Store(near_late_result(sum.total.first, fall.first, places.first, addend.first), f, to);
        hn::Store(near_late_result(sum.total.second, fall.second, places.second, addend.second), f, to + lanes);
        continue;
      }
#endif
      hn::Store(late_result(sum.total.first, fall.first, places.first, addend.first), f, to);
      hn::Store(late_result(sum.total.second, fall.second, places.second, addend.second), f, to + lanes);
    }
  }

 private:
  static HWY_INLINE late_sum products_in(unit_panel a, unit_panel b, std::size_t r, std::size_t count) {
    if constexpr (EvenOdd) {
      return joined(products_of(a, b, r, 0, count, 2), products_of(a, b, r, 1, count, 2));
    } else {
      return products_of(a, b, r, 0, count, 1);
    }
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

template <class Group>
HWY_INLINE void amd_tile(const Group& add_group, std::size_t group, unit_panel a, unit_panel b, k_walk k, tile_use use,
                         float* HWY_RESTRICT sums) {
  HWY_ALIGN float own[unit_rows * unit_columns];
  float* const run = use == tile_use::join ? own : sums;
  if (use != tile_use::resume) clear_tile(run);
  for (std::size_t done = 0; done < k.count; done += group) {
    const std::size_t at = k.first + done, count = k.count - done < group ? k.count - done : group;
    add_group({a.values + at * unit_rows, a.exponents + at * unit_rows},
              {b.values + at * unit_columns, b.exponents + at * (unit_columns / 2)}, count, run);
  }
  if (use != tile_use::join) return;
  for (std::size_t i = 0; i < unit_rows * unit_columns; i += hn::MaxLanes(floats())) {
    hn::Store(hn::Add(hn::Load(floats(), sums + i), hn::Load(floats(), own + i)), floats(), sums + i);
  }
}

void late_tile(const unit_rule& rule, unit_panel a, unit_panel b, k_walk k, tile_use use, float* sums) {
  amd_tile(late_group<false>(), static_cast<std::size_t>(rule.group), a, b, k, use, sums);
}
void even_odd_tile(const unit_rule& rule, unit_panel a, unit_panel b, k_walk k, tile_use use, float* sums) {
  amd_tile(late_group<true>(), static_cast<std::size_t>(rule.group), a, b, k, use, sums);
}
void pairs_tile(const unit_rule& rule, unit_panel a, unit_panel b, k_walk k, tile_use use, float* sums) {
  const auto group = static_cast<std::size_t>(rule.group);
  amd_tile(pairs_group{group}, group, a, b, k, use, sums);
}
const amd_tiles& amd_kernels_here() {
  static constexpr amd_tiles all{late_tile, even_odd_tile, pairs_tile};
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
