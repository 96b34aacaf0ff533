#include "round_mpfr.hpp"

#include <algorithm>
#include <stdexcept>

namespace assay::reference {
namespace {

/// Rounds x to an integer of at most 54 bits.
void round_to_integer(real& n, const real& x, rounding mode) {
  switch (mode) {
    case rounding::ties_to_even: mpfr_roundeven(n.get(), x.get()); return;
    case rounding::ties_to_away: mpfr_round(n.get(), x.get()); return;
    case rounding::toward_zero: mpfr_trunc(n.get(), x.get()); return;
    case rounding::upward: mpfr_ceil(n.get(), x.get()); return;
    case rounding::downward: mpfr_floor(n.get(), x.get()); return;
    case rounding::to_odd: {
      mpfr_trunc(n.get(), x.get());
      const bool inexact = mpfr_cmp(n.get(), x.get()) != 0;
      if (inexact && mpfr_get_uj(n.get(), MPFR_RNDZ) % 2 == 0) mpfr_add_ui(n.get(), n.get(), 1, MPFR_RNDN);
      return;
    }
    case rounding::stochastic: break;
  }
  throw std::invalid_argument("the truth has no random bits: stochastic rounding has no single right result");
}

/// A finite value beyond the largest finite one.
std::uint64_t overflowed(bool negative, format f, conversion how) {
  const bool toward_finite = how.mode == rounding::toward_zero || how.mode == rounding::to_odd ||
                             (how.mode == rounding::upward && negative) ||
                             (how.mode == rounding::downward && !negative);
  const std::uint64_t sign = negative ? f.sign_mask() : 0;
  switch (how.on_overflow) {
    case overflow::saturate_finite: return sign | f.max_finite_code();
    case overflow::ieee:
      return toward_finite ? sign | f.max_finite_code() : special_into(value_class::infinity, negative, f, how);
    case overflow::to_nan: break;
  }
  if (!f.has_nan()) return sign | f.max_finite_code();
  return f.nan_code() | (f.has_signed_nan() ? sign : 0);
}

}  // namespace

int ulp_exponent(mpfr_srcptr x, format f) {
  if (mpfr_zero_p(x)) return f.min_ulp_exponent();
  // MPFR's exponent belongs to a significand in [1/2, 1), and may exceed an int.
  constexpr mpfr_exp_t far = 1 << 28;
  const auto leading = static_cast<int>(std::clamp(mpfr_get_exp(x) - 1, -far, far));
  return std::max(leading, f.min_exponent()) - f.fraction_bits;
}

std::uint64_t special_into(value_class kind, bool negative, format f, conversion how) {
  const std::uint64_t sign = negative ? f.sign_mask() : 0;
  if (kind == value_class::nan) return f.has_nan() ? f.nan_code() : f.max_finite_code();
  if (negative && !f.is_signed()) return f.nan_code();
  if (how.on_overflow == overflow::saturate_finite) return sign | f.max_finite_code();
  if (f.has_infinity()) return sign | f.infinity_code();
  if (f.has_nan()) return f.nan_code() | (f.has_signed_nan() ? sign : 0);
  return sign | f.max_finite_code();
}

bool may_overflow_at(int ulp, format f) { return ulp + f.fraction_bits > f.max_exponent() + 1; }

std::uint64_t encode_rounded(std::uint64_t significand, int ulp, bool negative, format f, conversion how) {
  const std::uint64_t zero = negative && f.has_negative_zero() ? f.sign_mask() : 0;
  if (significand == 0) return f.has_zero() ? zero : f.min_positive_code();
  if (negative && !f.is_signed()) return f.nan_code();
  if (may_overflow_at(ulp, f)) return overflowed(negative, f, how);
  // Its code: the exponent field, then the fraction.
  const std::uint64_t hidden = std::uint64_t{1} << f.fraction_bits;
  int exponent = ulp + f.fraction_bits;
  if (significand == 2 * hidden) {
    significand = hidden;
    ++exponent;
  }
  if (exponent > f.max_exponent() + 1) return overflowed(negative, f, how);
  const bool subnormal = significand < hidden;
  const auto field = subnormal ? std::uint64_t{0} : static_cast<std::uint64_t>(exponent + f.bias);
  const std::uint64_t magnitude = field << f.fraction_bits | (significand & (hidden - 1));
  if (magnitude > f.max_finite_code()) return overflowed(negative, f, how);
  const bool flush = how.on_subnormal == subnormals::flush_outputs || how.on_subnormal == subnormals::flush_both;
  if (subnormal && flush && f.has_subnormals()) return zero;
  return magnitude | (negative ? f.sign_mask() : 0);
}

std::uint64_t round_into(mpfr_srcptr x, format f, conversion how) {
  const bool negative = mpfr_signbit(x) != 0;
  if (mpfr_zero_p(x)) return encode_rounded(0, f.min_ulp_exponent(), negative, f, how);
  const int ulp = ulp_exponent(x, f);
  if (may_overflow_at(ulp, f)) return encode_rounded(1, ulp, negative, f, how);
  real scaled(mpfr_get_prec(x)), integer(64);
  mpfr_mul_2si(scaled.get(), x, -ulp, MPFR_RNDN);
  if (how.mode != rounding::upward && how.mode != rounding::downward) mpfr_abs(scaled.get(), scaled.get(), MPFR_RNDN);
  round_to_integer(integer, scaled, how.mode);
  mpfr_abs(integer.get(), integer.get(), MPFR_RNDN);
  return encode_rounded(mpfr_get_uj(integer.get(), MPFR_RNDZ), ulp, negative, f, how);
}

}  // namespace assay::reference
