// Integers from real numbers by MPFR alone: rounding, saturation and wrap-around.
#pragma once

#include <mpfr.h>

#include <assay/format/decode.hpp>
#include <assay/number/integer.hpp>
#include <random>

namespace assay_test {

class big_float {
 public:
  explicit big_float(mpfr_prec_t precision = 2500) { mpfr_init2(value_, precision); }
  big_float(const big_float&) = delete;
  big_float& operator=(const big_float&) = delete;
  ~big_float() { mpfr_clear(value_); }
  operator mpfr_ptr() { return value_; }

 private:
  mpfr_t value_;
};

inline void set(mpfr_ptr out, assay::encoded x) {
  const auto v = assay::decode(x.code, x.in);
  if (v.is_nan()) mpfr_set_nan(out);
  if (v.is_infinite()) mpfr_set_inf(out, v.negative ? -1 : 1);
  if (v.is_finite()) {
    mpfr_set_ui_2exp(out, v.significand, v.exponent, MPFR_RNDN);
    if (v.negative) mpfr_neg(out, out, MPFR_RNDN);
  }
}

/// x = round(x); `more` tells that x stands for a value a little larger in magnitude than it says.
inline void round(mpfr_ptr x, assay::rounding mode, bool more = false) {
  using assay::rounding;
  const bool negative = mpfr_signbit(x) != 0;
  big_float floor, twice;
  mpfr_abs(x, x, MPFR_RNDN);
  mpfr_floor(floor, x);
  mpfr_sub(twice, x, floor, MPFR_RNDN);
  mpfr_mul_2ui(twice, twice, 1, MPFR_RNDN);
  const bool exact = mpfr_zero_p(static_cast<mpfr_ptr>(twice)) && !more;
  const int half = mpfr_cmp_ui(twice, 1) != 0 ? mpfr_cmp_ui(twice, 1) : more ? 1 : 0;
  mpfr_div_2ui(twice, floor, 1, MPFR_RNDN);
  const bool odd = !mpfr_integer_p(twice);
  bool up = false;
  switch (mode) {
    case rounding::ties_to_even: up = half > 0 || (half == 0 && odd); break;
    case rounding::ties_to_away: up = half >= 0; break;
    case rounding::upward: up = !negative; break;
    case rounding::downward: up = negative; break;
    case rounding::to_odd: up = !odd; break;
    case rounding::toward_zero:
    case rounding::stochastic: break;
  }
  mpfr_add_ui(x, floor, up && !exact ? 1 : 0, MPFR_RNDN);
  if (negative) mpfr_neg(x, x, MPFR_RNDN);
}

/// An integer of any size, fitted into a format.
inline std::int64_t fit(mpfr_ptr x, assay::integer_format f, assay::integer_overflow on_overflow) {
  if (mpfr_inf_p(x) || on_overflow == assay::integer_overflow::saturate) {
    if (mpfr_cmp_si(x, f.min()) < 0) return f.min();
    if (mpfr_cmp_si(x, f.max()) > 0) return f.max();
    return mpfr_get_si(x, MPFR_RNDN);
  }
  if (mpfr_cmp_si(x, f.min()) >= 0 && mpfr_cmp_si(x, f.max()) <= 0) return mpfr_get_si(x, MPFR_RNDN);
  big_float modulus, residue;
  mpfr_set_ui_2exp(modulus, 1, f.bits, MPFR_RNDN);
  mpfr_fmod(residue, x, modulus, MPFR_RNDN);
  if (mpfr_cmp_si(residue, f.is_signed ? -f.max() - 1 : 0) < 0) mpfr_add(residue, residue, modulus, MPFR_RNDN);
  if (mpfr_cmp_si(residue, f.max()) > 0) mpfr_sub(residue, residue, modulus, MPFR_RNDN);
  return mpfr_cmp_si(residue, f.min()) < 0 ? f.min() : mpfr_get_si(residue, MPFR_RNDN);
}

inline constexpr std::array deterministic_modes{assay::rounding::ties_to_even, assay::rounding::ties_to_away,
                                                assay::rounding::toward_zero,  assay::rounding::upward,
                                                assay::rounding::downward,     assay::rounding::to_odd};

}  // namespace assay_test
