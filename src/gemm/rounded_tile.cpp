// See rounded_tile.hpp for why each step is exact.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "gemm/rounded_tile.cpp"
#include "../targets.hpp"

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "rounded_tile.hpp"

HWY_BEFORE_NAMESPACE();
namespace assay::gemm_kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

inline constexpr std::size_t rounded_rows = 4, rounded_vectors = 2;

/// What rounds every value alike, be it a product or a sum.
template <class Rounding>
struct alike : Rounding {
  using V = typename Rounding::V;
  HWY_INLINE explicit alike(const rounding_rule<hn::TFromD<typename Rounding::D>>& rule) : Rounding(rule) {}
  HWY_INLINE V product(V x) const { return (*this)(x); }
  HWY_INLINE V sum(V x) const { return (*this)(x); }
};

/// Rounds lanes by adding and subtracting 1.5 * 2^(e + dropped_bits), whose last place is that of the small format in
/// the binade e of the lane (or in the lowest normal one). 1.5, so that the sum stays in its binade for both signs.
template <class Lane>
struct by_magic_number {
  using D = hn::ScalableTag<Lane>;
  using V = hn::Vec<D>;
  using Bits = hn::RebindToUnsigned<D>;
  using U = hwy::MakeUnsigned<Lane>;
  static constexpr int fraction_bits = sizeof(Lane) == 4 ? 23 : 52;

  V exponent_mask, min_normal, largest, beyond;
  hn::Vec<Bits> lift;

  HWY_INLINE explicit by_magic_number(const rounding_rule<Lane>& rule) {
    const D d;
    const Bits bits;
    constexpr U exponents = (~U{0} >> 1) & ~((U{1} << fraction_bits) - 1);
    exponent_mask = hn::BitCast(d, hn::Set(bits, exponents));
    min_normal = hn::Set(d, rule.min_normal);
    largest = hn::Set(d, rule.largest);
    beyond = hn::Set(d, rule.beyond);
    lift = hn::Set(bits, (static_cast<U>(rule.dropped_bits) << fraction_bits) | (U{1} << (fraction_bits - 1)));
  }

  /// Infinities and NaNs come out as they went in: the magic number is then some finite number.
  HWY_INLINE V operator()(V x) const {
    const D d;
    const V binade = hn::Max(hn::And(x, exponent_mask), min_normal);
    const V magic = hn::BitCast(d, hn::Add(hn::BitCast(Bits(), binade), lift));
    V r = hn::Sub(hn::Add(x, magic), magic);
    r = hn::IfThenElse(hn::Gt(hn::Abs(r), largest), beyond, r);
    return hn::CopySign(r, x);
  }
};

/// The same for finite values that stay below the largest, with one instruction less: the magic number is a factor
/// times the lane's power of two, exact like the product, so that a fused operation or two make no difference.
///
/// A sum of two of the small format's numbers is a multiple of its smallest number: below the lowest normal number it
/// is left alone, where its own last place is finer than the format's too. Its power of two then takes the lane's sign
/// along and needs no 1.5. So do products if all of them are such multiples: `Clamped` says that they may be others.
/// Zeros lose their sign unless it is kept.
template <class Lane, bool Clamped>
struct by_factor {
  using D = hn::ScalableTag<Lane>;
  using V = hn::Vec<D>;
  using Bits = hn::RebindToUnsigned<D>;
  using U = hwy::MakeUnsigned<Lane>;
  static constexpr int fraction_bits = sizeof(Lane) == 4 ? 23 : 52;
  static constexpr U fraction = (U{1} << fraction_bits) - 1;

  V magnitude_power, signed_power, min_normal, clamped_factor, factor;

  HWY_INLINE explicit by_factor(const rounding_rule<Lane>& rule) {
    const D d;
    magnitude_power = hn::BitCast(d, hn::Set(Bits(), static_cast<U>((~U{0} >> 1) & ~fraction)));
    signed_power = hn::BitCast(d, hn::Set(Bits(), static_cast<U>(~fraction)));
    min_normal = hn::Set(d, rule.min_normal);
    const auto power = static_cast<Lane>(std::uint64_t{1} << rule.dropped_bits);
    factor = hn::Set(d, power);
    clamped_factor = hn::Set(d, static_cast<Lane>(1.5) * power);
  }

  HWY_INLINE V product(V x) const {
    if constexpr (!Clamped) return sum(x);
    const V power = hn::Max(hn::And(x, magnitude_power), min_normal);
    return hn::NegMulAdd(power, clamped_factor, hn::MulAdd(power, clamped_factor, x));
  }
  HWY_INLINE V sum(V x) const {
    const V power = hn::And(x, signed_power);
    return hn::NegMulAdd(power, factor, hn::MulAdd(power, factor, x));
  }
};

/// Sums of unrounded products, which may be any numbers.
template <class Lane>
struct by_clamped_factor : by_factor<Lane, true> {
  using V = typename by_factor<Lane, true>::V;
  HWY_INLINE explicit by_clamped_factor(const rounding_rule<Lane>& rule) : by_factor<Lane, true>(rule) {}
  HWY_INLINE V sum(V x) const { return hn::CopySign(this->product(x), x); }
};

/// Rounds formats with binary32's exponents in integer arithmetic: half of the last place less one, plus the last kept
/// bit, carries into the kept bits exactly when they must go up. Zeros keep their sign, overflows become infinities.
struct by_carry {
  using D = hn::ScalableTag<float>;
  using V = hn::Vec<D>;
  using Bits = hn::RebindToUnsigned<D>;

  hn::Vec<Bits> below_half, one, kept;
  int dropped_bits;

  HWY_INLINE explicit by_carry(const rounding_rule<float>& rule) {
    const Bits bits;
    below_half = hn::Set(bits, (1u << (rule.dropped_bits - 1)) - 1);
    one = hn::Set(bits, 1u);
    kept = hn::Set(bits, ~((1u << rule.dropped_bits) - 1));
    dropped_bits = rule.dropped_bits;
  }

  HWY_INLINE V operator()(V x) const {
    const hn::Vec<Bits> u = hn::BitCast(Bits(), x);
    const hn::Vec<Bits> last = hn::And(hn::ShiftRightSame(u, dropped_bits), one);
    return hn::BitCast(D(), hn::And(hn::Add(hn::Add(u, below_half), last), kept));
  }
};

struct separately {
  template <class D, class Round, class V>
  static HWY_INLINE V apply(D, const Round& round, V a, V b, V s) {
    return round.sum(hn::Add(s, round.product(hn::Mul(a, b))));
  }
};

/// a * b is exact in binary64, so one rounding is the sum's, with MulAdd or without.
struct fused {
  template <class D, class Round, class V>
  static HWY_INLINE V apply(D, const Round& round, V a, V b, V s) {
    return round.sum(hn::MulAdd(a, b, s));
  }
};

/// The same with the sum forced to odd: if it is inexact and its last bit is 0, it moves one step towards the error
/// that two-sum gives, which sets that bit.
struct fused_odd {
  template <class D, class Round, class V>
  static HWY_INLINE V apply(D d, const Round& round, V a, V b, V s) {
    const hn::RebindToSigned<D> bits;
    const V p = hn::Mul(a, b), sum = hn::Add(p, s);
    const V s_part = hn::Sub(sum, p);
    const V error = hn::Add(hn::Sub(p, hn::Sub(sum, s_part)), hn::Sub(s, s_part));
    const auto inexact = hn::VecFromMask(bits, hn::RebindMask(bits, hn::Gt(hn::Abs(error), hn::Zero(d))));
    const auto sum_bits = hn::BitCast(bits, sum), one = hn::Set(bits, 1);
    const auto inward = hn::BitCast(bits, hn::Xor(sum, error));  // negative: the error points towards zero
    const auto step = hn::Or(hn::BroadcastSignBit(inward), one);
    const auto even = hn::Sub(hn::And(sum_bits, one), one);  // all ones where the last bit is 0
    const V odd = hn::BitCast(d, hn::Add(sum_bits, hn::And(hn::And(step, inexact), even)));
    return round.sum(odd);
  }
};

template <class Lane, class Operation, class Round>
void rounded_tile(const rounding_rule<Lane>& rule, const Lane* HWY_RESTRICT a, const Lane* HWY_RESTRICT b, k_walk k,
                  tile_use use, Lane* HWY_RESTRICT sums) {
  const hn::ScalableTag<Lane> d;
  using V = hn::Vec<decltype(d)>;
  constexpr std::size_t lanes = hn::MaxLanes(d), columns = rounded_vectors * lanes;
  const Round round(rule);
  V s[rounded_rows][rounded_vectors];
  HWY_UNROLL(8)
  for (std::size_t r = 0; r < rounded_rows; ++r) {
    s[r][0] = use == tile_use::resume ? hn::Load(d, sums + r * columns) : hn::Zero(d);
    s[r][1] = use == tile_use::resume ? hn::Load(d, sums + r * columns + lanes) : hn::Zero(d);
  }
  a += k.first * rounded_rows;
  b += k.first * columns;
  for (std::size_t i = 0; i < k.count; ++i) {
    const V b0 = hn::Load(d, b), b1 = hn::Load(d, b + lanes);
    HWY_UNROLL(8)
    for (std::size_t r = 0; r < rounded_rows; ++r) {
      const V x = hn::Set(d, a[r]);
      s[r][0] = Operation::apply(d, round, x, b0, s[r][0]);
      s[r][1] = Operation::apply(d, round, x, b1, s[r][1]);
    }
    a += rounded_rows;
    b += columns;
  }
  HWY_UNROLL(8)
  for (std::size_t r = 0; r < rounded_rows; ++r) {
    Lane* const to = sums + r * columns;
    if (use == tile_use::join) {
      s[r][0] = round.sum(hn::Add(hn::Load(d, to), s[r][0]));
      s[r][1] = round.sum(hn::Add(hn::Load(d, to + lanes), s[r][1]));
    }
    hn::Store(s[r][0], d, to);
    hn::Store(s[r][1], d, to + lanes);
  }
}

template <class Lane, class Round>
void rounded_merge_tiles(const rounding_rule<Lane>& rule, Lane* HWY_RESTRICT into, const Lane* HWY_RESTRICT from) {
  const hn::ScalableTag<Lane> d;
  const Round round(rule);
  for (std::size_t i = 0; i < rounded_rows * rounded_vectors * hn::MaxLanes(d); i += hn::MaxLanes(d)) {
    hn::Store(round.sum(hn::Add(hn::Load(d, into + i), hn::Load(d, from + i))), d, into + i);
  }
}

const rounded_tiles& rounded_kernels_here() {
  using any_float = alike<by_magic_number<float>>;
  using any_double = alike<by_magic_number<double>>;
  using any_bfloat = alike<by_carry>;
  static constexpr rounded_tiles all{
      rounded_rows,
      rounded_vectors * hn::MaxLanes(hn::ScalableTag<float>()),
      rounded_vectors * hn::MaxLanes(hn::ScalableTag<double>()),
      rounded_tile<float, separately, by_factor<float, true>>,
      rounded_tile<float, separately, any_float>,
      rounded_tile<float, separately, any_bfloat>,
      rounded_tile<float, separately, by_factor<float, false>>,
      rounded_tile<double, separately, by_factor<double, true>>,
      rounded_tile<double, separately, any_double>,
      // A tiny negative product added to zero gives -0 here, so that the sign must be kept.
      rounded_tile<double, fused, by_clamped_factor<double>>,
      rounded_tile<double, fused, any_double>,
      rounded_tile<double, fused_odd, any_double>,
      rounded_merge_tiles<float, any_float>,
      rounded_merge_tiles<float, any_bfloat>,
      rounded_merge_tiles<double, any_double>,
  };
  return all;
}

}  // namespace assay::gemm_kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace assay::gemm_kernels {
HWY_EXPORT(rounded_kernels_here);
const rounded_tiles& rounded_kernels() { return HWY_DYNAMIC_DISPATCH(rounded_kernels_here)(); }
}  // namespace assay::gemm_kernels
#endif
