// Vectors of doubles, and rounding to odd: an inexact result gets its last bit set, so that a later rounding to at
// least two digits fewer sees on which side of every boundary the exact value lies (Boldo and Melquiond).
// Included once per instruction set.
#if defined(ASSAY_BULK_DOUBLES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ASSAY_BULK_DOUBLES_INL
#undef ASSAY_BULK_DOUBLES_INL
#else
#define ASSAY_BULK_DOUBLES_INL
#endif

#include <hwy/highway.h>

#include "lanes-inl.hpp"

#if ASSAY_BULK_HAS_KERNELS
HWY_BEFORE_NAMESPACE();
namespace assay::bulk::HWY_NAMESPACE {

using doubles = hn::RepartitionToWide<floats>;
using double_words = hn::RebindToUnsigned<doubles>;
using double_vector = hn::Vec<doubles>;
using half_floats = hn::Rebind<float, doubles>;

/// A nearest result of any float type, given a number of the sign of (exact - nearest), zero or NaN when it is exact.
/// A nearest result that is too large in magnitude steps back; then bit 0 is set. A result that was odd already ends
/// where it was.
template <class D>
HWY_INLINE hn::Vec<D> to_odd(D d, hn::Vec<D> nearest, hn::Vec<D> error) {
  const hn::RebindToUnsigned<D> bits;
  constexpr int sign_bit = 8 * sizeof(hn::TFromD<D>) - 1;
  const auto inexact_mask = hn::RebindMask(bits, hn::Lt(hn::Zero(d), hn::Abs(error)));
  const auto inexact = hn::And(hn::VecFromMask(bits, inexact_mask), hn::Set(bits, 1));
  const auto opposed = hn::ShiftRight<sign_bit>(hn::BitCast(bits, hn::Xor(nearest, error)));
  const auto truncated = hn::Sub(hn::BitCast(bits, nearest), hn::And(opposed, inexact));
  return hn::BitCast(d, hn::Or(truncated, inexact));
}

/// a + b rounded to odd. The error of a nearest sum is itself a float: Knuth's TwoSum finds it, with no condition on
/// the operands but that nothing overflows.
template <class D>
HWY_INLINE hn::Vec<D> add_to_odd(D d, hn::Vec<D> a, hn::Vec<D> b) {
  const auto sum = hn::Add(a, b);
  const auto b_taken = hn::Sub(sum, a);
  const auto error = hn::Add(hn::Sub(a, hn::Sub(sum, b_taken)), hn::Sub(b, b_taken));
  return to_odd(d, sum, error);
}

HWY_INLINE hn::Vec<half_floats> half_to_odd(double_vector x) {
  const half_floats d;
  const auto nearest = hn::DemoteTo(d, x);
  // The difference need not be a double, nor a float: its sign must survive, so it is the sign of a comparison.
  const double_vector back = hn::PromoteTo(doubles(), nearest);
  const double_vector one = hn::Set(doubles(), 1.0);
  const double_vector up = hn::IfThenElseZero(hn::Lt(back, x), one);
  const double_vector error = hn::IfThenElse(hn::Lt(x, back), hn::Neg(one), up);
  return to_odd(d, nearest, hn::DemoteTo(d, error));
}

/// Finite doubles beyond binary32's range become its largest number, which is odd.
HWY_INLINE float_vector float_to_odd(double_vector low, double_vector high) {
  return hn::Combine(floats(), half_to_odd(high), half_to_odd(low));
}

}  // namespace assay::bulk::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif
