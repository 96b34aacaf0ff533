#include "output_rule.hpp"

#include <algorithm>
#include <stdexcept>

namespace assay::reference {

namespace {

conversion deterministic(conversion how) {
  if (how.mode == rounding::stochastic) {
    throw std::invalid_argument("the truth has no random bits: stochastic rounding has no single right result");
  }
  return how;
}

}  // namespace

output_rule::output_rule(format to, conversion how)
    : to_(to), how_(deterministic(how)), round_(to, how), beside_zero_{code_beside(0, 1), code_beside(0, -1)} {}

std::uint64_t output_rule::code_of(special_value s) const {
  return s.kind == value_class::zero ? zero(s.negative) : special_into(s.kind, s.negative, to_, how_);
}

// An end of zero takes the sign of what lies beside it. Should the value be zero itself, its own sign must agree.
std::optional<std::uint64_t> output_rule::decide_at_zero(ball::bounds_pair b, sign_knowledge sign) const {
  if (b.lower == 0 && b.upper == 0) return zero(sign.zero_is_negative);
  if (b.lower < 0 && b.upper > 0) return std::nullopt;
  const bool negative = b.lower < 0;
  const std::uint64_t code = round_(negative ? b.lower : b.upper);
  if (negative != sign.zero_is_negative || code != zero(negative)) return std::nullopt;
  return code;
}

// An end at zero or beyond it stands for numbers as small as can be.
std::optional<std::uint64_t> output_rule::decide_strictly(ball::bounds_pair b, bool negative) const {
  if (negative) b = {-b.upper, -b.lower};
  if (!(b.upper - b.lower < std::numeric_limits<double>::infinity()) || b.upper <= 0) return std::nullopt;
  const std::uint64_t high = round_(negative ? -b.upper : b.upper);
  const std::uint64_t low = b.lower <= 0 ? beside_zero_[negative ? 1 : 0] : round_(negative ? -b.lower : b.lower);
  return low == high ? std::optional(low) : std::nullopt;
}

std::optional<std::uint64_t> output_rule::decide(const interval& y, sign_knowledge sign) const {
  if (mpfi_nan_p(y.get()) || (mpfr_inf_p(y.lower()) != 0 && mpfr_inf_p(y.upper()) != 0)) return std::nullopt;
  if (sign.strict != 0) {
    const bool negative = sign.strict < 0;
    const auto code_at = [&](mpfr_srcptr end) {
      if (mpfr_sgn(end) * sign.strict <= 0) return beside_zero_[negative ? 1 : 0];
      return code_at_end(end, negative);
    };
    const std::uint64_t code = code_at(y.lower());
    return code == code_at(y.upper()) ? std::optional(code) : std::nullopt;
  }
  const int low = sign.nonnegative ? std::max(mpfr_sgn(y.lower()), 0) : mpfr_sgn(y.lower()), high = mpfr_sgn(y.upper());
  if (low == 0 && high == 0) return zero(sign.zero_is_negative);
  if (low < 0 && high > 0) return std::nullopt;
  const auto code_at = [&](mpfr_srcptr end, int end_sign) {
    return end_sign == 0 ? zero(low < 0) : code_at_end(end, end_sign < 0);
  };
  const std::uint64_t code = code_at(y.lower(), low);
  if (code != code_at(y.upper(), high)) return std::nullopt;
  if (low * high == 0 && (low < 0) != sign.zero_is_negative) return std::nullopt;
  return code;
}

std::uint64_t output_rule::code_beyond(int side, sign_knowledge sign) const {
  constexpr int beyond_any_format = 1 << 28;
  return side == 0 ? zero(sign.zero_is_negative) : encode_rounded(1, beyond_any_format, side < 0, to_, how_);
}

std::uint64_t output_rule::code_at_end(mpfr_srcptr end, bool negative) const {
  return mpfr_inf_p(end) != 0 ? code_beyond(negative ? -1 : 1, {}) : round_into(end, to_, how_);
}

std::optional<boundary> output_rule::boundary_in(const interval& y) const {
  if (mpfi_nan_p(y.get()) || mpfi_inf_p(y.get())) return std::nullopt;
  real middle(mpfi_get_prec(y.get()) + 1);
  mpfi_mid(middle.get(), y.get());
  // Every boundary is a multiple of half a unit in the last place.
  const int step = ulp_exponent(middle.get(), to_) - 1;
  real candidate(64);
  mpfr_mul_2si(middle.get(), middle.get(), -step, MPFR_RNDN);
  mpfr_rint(candidate.get(), middle.get(), MPFR_RNDN);
  if (mpfr_regular_p(candidate.get()) != 0 && mpfr_get_exp(candidate.get()) > 62) return std::nullopt;
  const rational t = rational(mpfr_get_sj(candidate.get(), MPFR_RNDN));
  mpfr_mul_2si(candidate.get(), candidate.get(), step, MPFR_RNDN);
  if (mpfi_cmp_fr(y.get(), candidate.get()) != 0) return std::nullopt;  // nonzero: the interval lies to one side
  // The next boundary is this step away, or half of it below a power of two.
  mpfi_diam_abs(candidate.get(), y.get());
  const bool alone = mpfr_cmp_ui_2exp(candidate.get(), 1, step - 1) < 0;
  const rational scale = boost::multiprecision::mpz_int(1) << std::abs(step);
  return boundary{step < 0 ? t / scale : t * scale, alone};
}

std::uint64_t output_rule::code_of_boundary(const rational& t, sign_knowledge sign) const {
  if (t == 0) return zero(sign.zero_is_negative);
  real exact(64);
  mpfr_set_q(exact.get(), t.backend().data(), MPFR_RNDN);
  return round_into(exact.get(), to_, how_);
}

// A boundary has at most 54 digits: with 128, the next number lies on the same side of every other.
std::uint64_t output_rule::code_beside(const rational& t, int side) const {
  const widest_exponents range;
  real near(128);
  mpfr_set_q(near.get(), t.backend().data(), MPFR_RNDN);
  if (side > 0) {
    mpfr_nextabove(near.get());
  } else {
    mpfr_nextbelow(near.get());
  }
  return round_into(near.get(), to_, how_);
}

}  // namespace assay::reference
