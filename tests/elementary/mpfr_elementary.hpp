// The elementary functions by MPFR: computed once to 128 digits with the side on which the true value lies, then
// rounded by the oracle into as many formats and policies as a test asks for.
//
// MPFR rounds its own functions correctly. sigmoid, silu and gelu, which it lacks, are enclosed by directed roundings
// at growing precision until both ends agree on 128 digits (Ziv's strategy). That ends, since their values at dyadic
// numbers other than 0 are irrational.
#pragma once

#include <assay/number/elementary.hpp>
#include <support/mpfr_operations.hpp>

namespace oracle {

class elementary_outcome {
 public:
  static constexpr mpfr_prec_t digits = 128;

  real value{digits};
  int ternary = 0;
  exceptions raised = exceptions::none;

  void compute(assay::elementary f, const operand& x) {
    raised = exceptions::none;
    ternary = 0;
    if (x.is_nan()) {
      mpfr_set_nan(value);
      if (x.is_signalling()) raised = exceptions::invalid;
      return;
    }
    mpfr_clear_flags();
    apply(f, x.value);
    if (mpfr_nan_p(value.get())) raised = exceptions::invalid;
    if (mpfr_divby0_p()) raised = exceptions::divide_by_zero;
    bound();
  }

  void place(rounder& into) { at_ = into.place(value, ternary); }
  /// After place.
  rounded finish(const rounder& into, const conversion& how, std::uint32_t random = 0) const {
    rounded r = into.finish(at_, how, random);
    r.raised = r.raised | raised;
    return r;
  }

 private:
  void apply(assay::elementary f, mpfr_srcptr x) {
    constexpr mpfr_rnd_t z = MPFR_RNDZ;
    switch (f) {
      case assay::elementary::exp: ternary = mpfr_exp(value, x, z); return;
      case assay::elementary::exp2: ternary = mpfr_exp2(value, x, z); return;
      case assay::elementary::expm1: ternary = mpfr_expm1(value, x, z); return;
      case assay::elementary::log: ternary = mpfr_log(value, x, z); return;
      case assay::elementary::log2: ternary = mpfr_log2(value, x, z); return;
      case assay::elementary::log1p: ternary = mpfr_log1p(value, x, z); return;
      case assay::elementary::tanh: ternary = mpfr_tanh(value, x, z); return;
      case assay::elementary::erf: ternary = mpfr_erf(value, x, z); return;
      case assay::elementary::rsqrt:
        ternary = mpfr_rec_sqrt(value, x, z);
        // MPFR gives +inf for -0, IEEE 754-2019 (9.2.1) -inf.
        if (mpfr_zero_p(x)) mpfr_setsign(value, value, mpfr_signbit(x), z);
        return;
      case assay::elementary::reciprocal: ternary = mpfr_ui_div(value, 1, x, z); return;
      case assay::elementary::sigmoid:
      case assay::elementary::gelu:
      case assay::elementary::silu: activation(f, x); return;
    }
  }

  /// Exponents beyond every format (and near the ends of MPFR's own range, 2^(+-2^30)) become +-limit. MPFR rounded
  /// toward zero, so its overflow shows as its largest number and its underflow as a zero that is not exact.
  static constexpr int limit = 1 << 26;
  void bound() {
    const bool negative = mpfr_signbit(value.get()) != 0;
    if (mpfr_zero_p(value.get()) && ternary != 0) {
      mpfr_set_ui_2exp(value, 1, -limit, MPFR_RNDN);
    } else if (mpfr_regular_p(value.get()) && mpfr_get_exp(value) > limit) {
      mpfr_set_ui_2exp(value, 1, limit, MPFR_RNDN);
    } else if (mpfr_regular_p(value.get()) && mpfr_get_exp(value) < -limit) {
      mpfr_set_ui_2exp(value, 1, -limit, MPFR_RNDN);
    } else {
      return;
    }
    if (negative) mpfr_neg(value, value, MPFR_RNDN);
  }

  /// f(x) = factor * s(x), where s is sigmoid or the normal distribution function Phi, factor 1 or x.
  void activation(assay::elementary f, mpfr_srcptr x) {
    const bool is_sigmoid = f == assay::elementary::sigmoid;
    const bool is_gelu = f == assay::elementary::gelu;
    const bool negative = mpfr_signbit(x) != 0;
    if (mpfr_zero_p(x)) {
      if (is_sigmoid)
        mpfr_set_ui_2exp(value, 1, -1, MPFR_RNDN);
      else
        mpfr_set(value, x, MPFR_RNDN);
      return;
    }
    if (mpfr_inf_p(x)) {  // the limits
      if (is_sigmoid)
        mpfr_set_ui(value, negative ? 0 : 1, MPFR_RNDN);
      else if (negative)
        mpfr_set_zero(value, -1);
      else
        mpfr_set(value, x, MPFR_RNDN);
      return;
    }
    if (mpfr_get_exp(x) <
        -400) {  // f(0) + f'(0) x, and what follows is positive: x^2 / 4, x^2 / sqrt(2 pi); or it is x / 4
      if (is_sigmoid)
        mpfr_set_ui_2exp(value, 1, -1, MPFR_RNDN);
      else
        mpfr_div_2ui(value, x, 1, MPFR_RNDN);
      ternary = is_sigmoid && negative ? 1 : -1;
      return;
    }
    if (mpfr_cmp_ui(x, is_gelu ? 14 : 100) > 0) {  // 1 - s(x) < 2^-140
      if (is_sigmoid)
        mpfr_set_ui(value, 1, MPFR_RNDN);
      else
        mpfr_set(value, x, MPFR_RNDN);
      ternary = 1;
      return;
    }
    if (mpfr_cmp_si_2exp(x, -1, is_gelu ? 14 : 27) < 0) {  // s(x) < 2^-limit
      mpfr_set_si_2exp(value, is_sigmoid ? 1 : -1, -limit, MPFR_RNDN);
      ternary = is_sigmoid ? -1 : 1;
      return;
    }
    for (mpfr_prec_t precision = digits + 32;; precision *= 2) {
      real low(precision), high(precision);
      if (is_gelu && mpfr_cmp_si(x, -17) < 0)
        phi_tail(x, low, high);
      else if (is_gelu)
        phi(x, low, high, precision);
      else
        logistic(x, low, high, precision);
      if (!is_sigmoid) {
        mpfr_mul(low, low, x, negative ? MPFR_RNDU : MPFR_RNDD);
        mpfr_mul(high, high, x, negative ? MPFR_RNDD : MPFR_RNDU);
      }
      // The true value is strictly between the ends, and truncation moves it toward zero.
      real end(digits);
      mpfr_set(value, low, MPFR_RNDZ);
      mpfr_set(end, high, MPFR_RNDZ);
      const bool high_is_short = mpfr_cmp(end, high) == 0;  // then the numbers below it truncate to another
      if (mpfr_equal_p(value, end) && !high_is_short) {
        ternary = mpfr_sgn(value.get()) > 0 ? -1 : 1;
        return;
      }
      if (precision > 40000) throw std::logic_error("oracle: an activation function stays undecided");
    }
  }

  static void logistic(mpfr_srcptr x, mpfr_ptr low, mpfr_ptr high, mpfr_prec_t precision) {
    real minus_x(64), power(precision);
    mpfr_neg(minus_x, x, MPFR_RNDN);
    for (const bool is_low : {true, false}) {
      const mpfr_ptr out = is_low ? low : high;
      mpfr_exp(power, minus_x, is_low ? MPFR_RNDU : MPFR_RNDD);
      mpfr_add_ui(power, power, 1, is_low ? MPFR_RNDU : MPFR_RNDD);
      mpfr_ui_div(out, 1, power, is_low ? MPFR_RNDD : MPFR_RNDU);
    }
  }

  /// Phi(x) = erfc(-x / sqrt(2)) / 2, which grows with x.
  static void phi(mpfr_srcptr x, mpfr_ptr low, mpfr_ptr high, mpfr_prec_t precision) {
    real argument(precision), half(precision + 64);
    for (const bool is_low : {true, false}) {
      const mpfr_ptr out = is_low ? low : high;
      mpfr_mul(half, x, x, MPFR_RNDN);  // exact: x has few digits
      mpfr_div_2ui(half, half, 1, MPFR_RNDN);
      // |argument| rounded so that -x / sqrt(2) is too large for the low end, too small for the high one.
      const bool negative = mpfr_signbit(x) != 0;
      mpfr_sqrt(argument, half, is_low == negative ? MPFR_RNDU : MPFR_RNDD);
      if (!negative) mpfr_neg(argument, argument, MPFR_RNDN);
      mpfr_erfc(out, argument, is_low ? MPFR_RNDD : MPFR_RNDU);
      mpfr_div_2ui(out, out, 1, MPFR_RNDN);
    }
  }

  /// Phi(x) for x < -17, where MPFR's erfc needs x^2 digits: e^(-x^2 / 2) / (|x| sqrt(2 pi)) (1 - 1 / x^2 + 3 / x^4 -
  /// 15 / x^6 + ...). The error of a partial sum is below the next term, which falls below 2^-200.
  static void phi_tail(mpfr_srcptr x, mpfr_ptr low, mpfr_ptr high) {
    constexpr mpfr_prec_t precision = 320;
    real square(precision), term(precision), sum(precision), factor(precision);
    mpfr_mul(square, x, x, MPFR_RNDN);  // exact
    mpfr_set_ui(term, 1, MPFR_RNDN);
    mpfr_set_ui(sum, 1, MPFR_RNDN);
    for (unsigned long n = 1; mpfr_get_exp(term) > -200; ++n) {
      mpfr_mul_ui(term, term, 2 * n - 1, MPFR_RNDN);
      mpfr_div(term, term, square, MPFR_RNDN);
      (n % 2 == 1 ? mpfr_sub : mpfr_add)(sum, sum, term, MPFR_RNDN);
    }
    for (const bool is_low : {true, false}) {
      const mpfr_rnd_t out = is_low ? MPFR_RNDD : MPFR_RNDU, in = is_low ? MPFR_RNDU : MPFR_RNDD;
      const mpfr_ptr end = is_low ? low : high;
      mpfr_set_prec(end, precision);
      mpfr_set_ui_2exp(end, 1, -198, MPFR_RNDN);  // covers the next term and the roundings of the sum
      (is_low ? mpfr_sub : mpfr_add)(end, sum, end, out);
      mpfr_div_si(factor, square, -2, MPFR_RNDN);
      mpfr_exp(factor, factor, out);
      mpfr_mul(end, end, factor, out);
      mpfr_const_pi(factor, in);
      mpfr_mul_2ui(factor, factor, 1, in);
      mpfr_mul(factor, factor, square, in);
      mpfr_sqrt(factor, factor, in);
      mpfr_div(end, end, factor, out);
    }
  }

  placement at_;
};

}  // namespace oracle
