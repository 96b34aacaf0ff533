// A second oracle: MPFR's own rounding modes under the format's exponent range, with mpfr_subnormalize. It knows the
// four modes that MPFR has, and to_odd by truncation and the ternary value; IEEE overflow; subnormals kept.
#pragma once

#include <support/mpfr_oracle.hpp>

namespace oracle {

/// Puts MPFR's exponent range to a format's and back again.
class exponent_range {
 public:
  exponent_range(mpfr_exp_t least, mpfr_exp_t greatest) : emin_(mpfr_get_emin()), emax_(mpfr_get_emax()) {
    mpfr_set_emin(least);
    mpfr_set_emax(greatest);
  }
  ~exponent_range() {
    mpfr_set_emin(emin_);
    mpfr_set_emax(emax_);
  }
  exponent_range(const exponent_range&) = delete;
  exponent_range& operator=(const exponent_range&) = delete;

 private:
  mpfr_exp_t emin_, emax_;
};

inline bool has_native_mode(rounding mode) { return mode != rounding::ties_to_away && mode != rounding::stochastic; }

/// The code that `operation(target, mode)`, an MPFR function giving its ternary value, comes to in a signed format
/// with at least one fraction bit. Its operands must be exact; its result must not be NaN.
template <class Operation>
std::uint64_t native_code(const limits& l, rounding mode, Operation operation) {
  const bool odd = mode == rounding::to_odd;
  const mpfr_rnd_t rnd = mode == rounding::ties_to_even ? MPFR_RNDN
                         : mode == rounding::upward     ? MPFR_RNDU
                         : mode == rounding::downward   ? MPFR_RNDD
                                                        : MPFR_RNDZ;
  const int t = l.f.fraction_bits;
  real x(t + 1);
  int ternary = 0;
  bool overflows = false;
  {
    // MPFR counts exponents from 1/2. One binade more than the format's last shows what lies beyond its largest number.
    const auto top_field = static_cast<int>(l.top >> t);
    const exponent_range range(l.emin - t + 1, top_field - l.f.bias + 2);
    ternary = operation(x.get(), rnd);
    ternary = mpfr_check_range(x, ternary, rnd);
    ternary = mpfr_subnormalize(x, ternary, rnd);
    if (mpfr_zero_p(x.get())) {
      if (odd && ternary != 0) return (mpfr_signbit(x.get()) ? l.sign : 0) | 1;
      return mpfr_signbit(x.get()) && l.has_negative_zero ? l.sign : 0;
    }
    overflows = mpfr_inf_p(x.get()) != 0;
    if (overflows && ternary == 0 && l.has_infinity) return (mpfr_signbit(x.get()) ? l.sign : 0) | (l.largest + 1);
  }
  if (odd && ternary != 0 && !overflows) {
    // Below the normal range the last digit is not the last of the precision.
    const auto leading = mpfr_get_exp(x.get()) - 1;
    real gap(2), digits(64);
    mpfr_set_ui_2exp(gap, 1, (leading < l.emin ? l.emin : leading) - t, MPFR_RNDN);
    mpfr_div(digits, x, gap, MPFR_RNDN);
    if (mpfr_get_si(digits, MPFR_RNDN) % 2 == 0) {
      mpfr_setsign(gap, gap, mpfr_signbit(x.get()), MPFR_RNDN);
      mpfr_add(x, x, gap, MPFR_RNDN);
    }
  }
  const bool negative = mpfr_signbit(x.get()) != 0;
  const std::uint64_t sign = negative ? l.sign : 0;
  real bound(t + 1);
  value_of(l.largest, l, bound);
  if (overflows || mpfr_cmpabs(x, bound) > 0) {
    const bool inward = rnd == MPFR_RNDZ || (rnd == MPFR_RNDU && negative) || (rnd == MPFR_RNDD && !negative);
    if (inward) return sign | l.largest;
    if (l.has_infinity) return sign | (l.largest + 1);
    if (!l.has_nan) return sign | l.largest;
    return l.nan() | (l.has_signed_nan ? sign : 0);
  }
  // Binary search for the code of this value: codes grow with the magnitude.
  std::uint64_t low = 0, high = l.largest;
  while (low < high) {
    const std::uint64_t middle = low + (high - low + 1) / 2;
    value_of(middle, l, bound);
    if (mpfr_cmpabs(bound, x) <= 0) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return sign | low;
}

}  // namespace oracle
