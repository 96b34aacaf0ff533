// See unit_tile.hpp for why each step is exact.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "gemm/unit_tile.cpp"
#include "../targets.hpp"

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <bit>

#include "unit-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace assay::gemm_kernels::HWY_NAMESPACE {

// Without vectors there is no fast path.
#if HWY_TARGET == HWY_SCALAR
const unit_tiles& unit_kernels_here() {
  static constexpr unit_tiles none{1, 1, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr};
  return none;
}
#else

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
inline constexpr int to_zero = _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC;
inline constexpr int downward = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC;
inline constexpr int upward = _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC;
#endif

/// The result of a group: `total` in units of `unit`, cut toward zero.
template <bool IsShort>
struct to_float {
  hn::Vec<longs> kept;
  hn::Vec<words> kept_short;
  explicit HWY_INLINE to_float(const unit_rule& rule)
      : kept(hn::Set(longs(), ~((std::uint64_t{1} << (52 - rule.kept_fraction_bits)) - 1))),
        kept_short(hn::Set(words(), ~((std::uint32_t{1} << (23 - rule.kept_fraction_bits)) - 1))) {}

  /// A zero or subnormal addend counts as 2^-127 at most, below the lowest exponent that is used.
  HWY_INLINE hn::Vec<shorts> addend_exponents(hn::Vec<floats> c, hn::Vec<floats> d) const {
    return exponent_fields(c, d);
  }

  HWY_INLINE hn::Vec<floats> operator()(hn::Vec<ints> total, hn::Vec<floats> unit, hn::Vec<floats> c) const {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
    (void)c;
    hn::Vec<floats> x{_mm512_cvt_roundepi32_ps(total.raw, to_zero)};
    if constexpr (IsShort) x = hn::BitCast(floats(), hn::And(hn::BitCast(words(), x), kept_short));
    return hn::Mul(x, unit);
#else
    return (*this)(low_half(total), high_half(total), unit, c);
#endif
  }

  /// Cutting a binary64 number's fraction rounds toward zero; the demotion and the scaling are exact then.
  HWY_INLINE hn::Vec<floats> operator()(hn::Vec<doubles> low, hn::Vec<doubles> high, hn::Vec<floats> unit,
                                        hn::Vec<floats>) const {
    const auto cut_off = [&](hn::Vec<doubles> x)
                             HWY_ATTR { return hn::BitCast(doubles(), hn::And(hn::BitCast(longs(), x), kept)); };
    return hn::Mul(rounded_halves(cut_off(low), cut_off(high)), unit);
  }

  HWY_INLINE hn::Vec<floats> ordinary_add(hn::Vec<floats> x, hn::Vec<floats> y) const { return hn::Add(x, y); }
};

/// binary16 results in binary32 lanes, ties to even, by a magic number as in rounded_tile.cpp or by conversion.
struct to_half {
  static constexpr double largest = 65504, min_normal = 0x1p-14;
  explicit HWY_INLINE to_half(const unit_rule&) {}

  /// A subnormal addend's is that of the smallest normal number.
  HWY_INLINE hn::Vec<shorts> addend_exponents(hn::Vec<floats> c, hn::Vec<floats> d) const {
    const auto e = exponent_fields(c, d);
    return hn::IfThenElseZero(hn::Ne(e, hn::Zero(shorts())), hn::Max(e, hn::Set(shorts(), exponent_field(127 - 14))));
  }

  HWY_INLINE hn::Vec<floats> operator()(hn::Vec<ints> total, hn::Vec<floats> unit, hn::Vec<floats> c) const {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
    // To odd first: of the floats below and above, equal if exact, the one whose last bit is set.
    const __m512 below = _mm512_cvt_roundepi32_ps(total.raw, downward);
    const __mmask16 even = _mm512_testn_epi32_mask(_mm512_castps_si512(below), _mm512_set1_epi32(1));
    const hn::Vec<floats> odd{_mm512_mask_cvt_roundepi32_ps(below, even, total.raw, upward)};
    return kept_if_infinite(c, converted(hn::Mul(odd, unit)));
#else
    return (*this)(low_half(total), high_half(total), unit, c);
#endif
  }

  HWY_INLINE hn::Vec<floats> operator()(hn::Vec<doubles> low, hn::Vec<doubles> high, hn::Vec<floats> unit,
                                        hn::Vec<floats> c) const {
    return kept_if_infinite(
        c, rounded_halves(rounded(hn::Mul(low, low_half(unit))), rounded(hn::Mul(high, high_half(unit)))));
  }

  /// Rounding to 24 digits first is harmless: 24 >= 2 * 11 + 2.
  HWY_INLINE hn::Vec<floats> ordinary_add(hn::Vec<floats> x, hn::Vec<floats> y) const {
    const auto sum = hn::Add(x, y);
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
    return converted(sum);
#else
    return rounded_halves(rounded(low_half(sum)), rounded(high_half(sum)));
#endif
  }

 private:
  /// The products are finite here.
  static HWY_INLINE hn::Vec<floats> kept_if_infinite(hn::Vec<floats> c, hn::Vec<floats> result) {
    return hn::IfThenElse(hn::Gt(hn::Abs(c), hn::Set(floats(), 65504.0f)), c, result);
  }

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
  static HWY_INLINE hn::Vec<floats> converted(hn::Vec<floats> x) {
    return hn::Vec<floats>{_mm512_cvtph_ps(_mm512_cvtps_ph(x.raw, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC))};
  }
#endif

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
};

/// One fused addition for a tile: `count` products from pointers a and b on, c in and out.
template <class Result>
HWY_INLINE void fused_addition(const unit_rule& rule, const Result& result, unit_panel a, unit_panel b,
                               std::size_t count, float* HWY_RESTRICT c) {
  const floats f;
  constexpr std::size_t lanes = hn::MaxLanes(floats());
  const std::size_t chunk = std::size_t{1} << (29 - rule.fraction_bits);
  for (std::size_t r = 0; r < unit_rows; ++r) {
    float* const to = c + r * unit_columns;
    const both<hn::Vec<floats>> addend{hn::Load(f, to), hn::Load(f, to + lanes)};
    const auto exponent =
        hn::Max(largest_exponent(a, b, r, 0, count, 1), result.addend_exponents(addend.first, addend.second));
    // Up to 2^(279 - 27): the difference fits though its first number does not.
    const auto scale = powers(hn::Sub(hn::Set(shorts(), exponent_field(254 + rule.fraction_bits)), exponent));
    const both<hn::Vec<ints>> aligned_addend{cut(hn::Mul(addend.first, scale.first)),
                                              cut(hn::Mul(addend.second, scale.second))};
    if (2 * count <= chunk) {  // the addend's integer fits beside the products
      const auto sum = cut_products(a, b, r, 0, count, 1, scale);
      hn::Store(result(hn::Add(sum.first, aligned_addend.first), inverse(scale.first), addend.first), f, to);
      hn::Store(result(hn::Add(sum.second, aligned_addend.second), inverse(scale.second), addend.second), f,
                to + lanes);
      continue;
    }
    auto low = low_half(aligned_addend.first), high = high_half(aligned_addend.first);
    auto second_low = low_half(aligned_addend.second), second_high = high_half(aligned_addend.second);
    for (std::size_t first = 0; first < count; first += chunk) {
      const auto sum = cut_products(a, b, r, first, count - first < chunk ? count : first + chunk, 1, scale);
      low = hn::Add(low, low_half(sum.first));
      high = hn::Add(high, high_half(sum.first));
      second_low = hn::Add(second_low, low_half(sum.second));
      second_high = hn::Add(second_high, high_half(sum.second));
    }
    hn::Store(result(low, high, inverse(scale.first), addend.first), f, to);
    hn::Store(result(second_low, second_high, inverse(scale.second), addend.second), f, to + lanes);
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
                   {b.values + at * unit_columns, b.exponents + at * (unit_columns / 2)}, count,
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

void read(const unit_reading& how, float* HWY_RESTRICT values, std::size_t width, std::size_t length,
          std::uint32_t* HWY_RESTRICT exponents) {
  const std::uint32_t kept = how.cuts_to_tf32 ? ~0x1fffu : ~0u;
  const std::int32_t flushed_below = how.flushes_subnormals ? how.min_exponent + 127 : 0;
  const std::int32_t least = how.min_exponent + 127, bias = how.is_left ? 0 : 127;
  const auto read_one = [&](float& x) HWY_ATTR {
    std::uint32_t bits = std::bit_cast<std::uint32_t>(x) & kept;
    const auto own = static_cast<std::int32_t>(bits >> 23 & 255);
    bits = own < flushed_below ? 0 : bits;
    x = std::bit_cast<float>(bits);
    const std::int32_t field = ((own < least ? least : own) - bias) * 128;
    return static_cast<std::uint32_t>((bits & 0x7fffffffu) == 0 ? std::int32_t{zero_exponent} : field) & 0xffffu;
  };
  if (how.is_left) {
    for (std::size_t i = 0; i < width * length; ++i) exponents[i] = read_one(values[i]) * 0x10001u;
    return;
  }
  const std::size_t half = width / 2;
  for (std::size_t k = 0; k < length; ++k) {
    float* HWY_RESTRICT const row = values + k * width;
    for (std::size_t i = 0; i < half; ++i) {
      const std::uint32_t second = read_one(row[half + i]);
      exponents[k * half + i] = read_one(row[i]) | second << 16;
    }
  }
}

const unit_tiles& unit_kernels_here() {
  static constexpr unit_tiles all{unit_rows,
                                  unit_columns,
                                  unit_tile<to_float<false>>,
                                  unit_tile<to_float<true>>,
                                  unit_tile<to_half>,
                                  merge_tiles<to_float<false>>,
                                  merge_tiles<to_half>,
                                  read};
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
