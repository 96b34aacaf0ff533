// The oracle: what a code means, and what a real number becomes in a format, from the definitions and by MPFR.
//
// It shares no code with the library: of include/assay it uses the plain fields of `format` and `conversion`, the
// enumerations, and the record `rounded`, never a member function or a derived quantity. All its limits are worked
// out again here. MPFR finds where a value lies between its two neighbours; the modes then only say which to take.
// mpfr_native.hpp rounds a second time by MPFR's own modes, exponent range and subnormalisation, and a test holds
// the two against each other.
#pragma once

#include <cstdint>
#include <stdexcept>

#include <assay/format/format.hpp>
#include <assay/rounding/conversion.hpp>
#include <support/real.hpp>

namespace oracle {

using assay::conversion;
using assay::encoding;
using assay::exceptions;
using assay::format;
using assay::rounded;
using assay::rounding;

/// The limits of a format, derived from its fields by the definition of each encoding.
struct limits {
  format f;
  bool has_sign, has_zero, has_negative_zero, has_infinity, has_nan, has_signed_nan;
  std::uint64_t sign;        ///< the sign bit, or 0
  std::uint64_t top;         ///< all magnitude bits set
  std::uint64_t largest;     ///< code of the largest finite number
  std::uint64_t hidden;      ///< 2^fraction_bits: also the code of the smallest normal number, if signed
  int emin;                  ///< exponent of the smallest normal number

  explicit limits(const format& g) : f(g) {
    const bool unsigned_powers = f.nonfinite == encoding::fnu;
    const bool ieee = f.nonfinite == encoding::ieee, fn = f.nonfinite == encoding::fn;
    has_sign = has_zero = !unsigned_powers;
    has_negative_zero = has_sign && f.nonfinite != encoding::fnuz;
    has_infinity = ieee;
    has_nan = ieee ? f.fraction_bits > 0 : f.nonfinite != encoding::finite;
    has_signed_nan = has_nan && (ieee || fn);
    const int bits = f.exponent_bits + f.fraction_bits;
    top = (std::uint64_t{1} << bits) - 1;
    sign = has_sign ? std::uint64_t{1} << bits : 0;
    hidden = std::uint64_t{1} << f.fraction_bits;
    // ieee gives up its whole top binade, fn and fnu the one code of all ones, the others none above.
    largest = ieee ? top - hidden : fn || unsigned_powers ? top - 1 : top;
    emin = (has_sign ? 1 : 0) - f.bias;
  }

  bool is_nan(std::uint64_t code) const {
    switch (f.nonfinite) {
      case encoding::ieee: return (code & top) > largest + 1;
      case encoding::fn: return (code & top) == top;
      case encoding::fnuz: return code == sign;
      case encoding::finite: return false;
      case encoding::fnu: return code == top;
    }
    return false;
  }
  bool is_infinity(std::uint64_t code) const { return has_infinity && (code & top) == largest + 1; }
  std::uint64_t codes() const { return has_sign ? 2 * sign : top + 1; }
  /// The quiet NaN without payload.
  std::uint64_t nan() const {
    if (f.nonfinite == encoding::fnuz) return sign;
    return f.nonfinite == encoding::ieee ? largest + 1 + hidden / 2 : top;
  }
  bool is_subnormal(std::uint64_t code) const {
    return has_sign && !is_nan(code) && (code & top) != 0 && (code & top) < hidden && (code & top) <= largest;
  }
};

/// What MPFR cannot carry of a NaN: sign, quietness and payload. fraction is left-aligned, its top bit the quiet bit.
struct nan_bits {
  bool negative = false;
  std::uint64_t fraction = std::uint64_t{1} << 63;
  bool signalling() const { return fraction >> 63 == 0; }
};

/// Writes what `code` stands for: by definition (-1)^s 2^(E - bias) (1 + T / 2^t), or (-1)^s 2^(1 - bias) T / 2^t when
/// E is 0. Zeros keep their sign.
inline void value_of(std::uint64_t code, const limits& in, mpfr_ptr value) {
  const format& f = in.f;
  const bool negative = (code & in.sign) != 0;
  if (in.is_nan(code)) return mpfr_set_nan(value);
  if (in.is_infinity(code)) return mpfr_set_inf(value, negative ? -1 : 1);
  const std::uint64_t magnitude = code & in.top;
  const auto exponent_field = static_cast<int>(magnitude >> f.fraction_bits);
  const std::uint64_t fraction = magnitude % in.hidden;
  const bool subnormal = in.has_sign && exponent_field == 0;
  const std::uint64_t numerator = subnormal ? fraction : in.hidden + fraction;
  const int exponent = (subnormal ? 1 : exponent_field) - f.bias - f.fraction_bits;
  mpfr_set_ui_2exp(value, numerator, exponent, MPFR_RNDN);
  mpfr_setsign(value, value, negative, MPFR_RNDN);
}
inline real value_of(std::uint64_t code, const format& f) {
  real value(64);
  value_of(code, limits(f), value);
  return value;
}
inline nan_bits nan_of(std::uint64_t code, const limits& in) {
  if (in.f.nonfinite != encoding::ieee) return {in.has_signed_nan && (code & in.sign) != 0};
  return {(code & in.sign) != 0, (code % in.hidden) << (64 - in.f.fraction_bits)};
}

enum class position : std::uint8_t { exact, below_half, half, above_half };

/// Where |x| lies between two neighbouring numbers of p digits.
struct interval {
  std::uint64_t below = 0;  ///< the neighbour below: an integer multiple of the gap
  position where = position::exact;
  std::uint64_t part = 0;  ///< floor(2^32 (|x| - below) / gap)
};

enum class value_kind : std::uint8_t { number, zero, infinity, nan };

/// Everything about x that its rounding into a format can depend on.
struct placement {
  value_kind kind = value_kind::number;
  bool negative = false;
  bool tiny_range = false;        ///< |x| < 2^emin
  bool beyond = false;            ///< |x| is at least 2^(emax + 2): the rest is unset
  std::uint64_t code_below = 0;   ///< magnitude code of the neighbour below, which may exceed the largest; fnu: see finish
  interval grid;                  ///< on the format's own grid, subnormals included
  interval unbounded;             ///< in the tiny range: with p digits and no least exponent
  bool unbounded_top = false;     ///< in the tiny range: the neighbour above (unbounded) is 2^emin
};

/// Rounds real numbers into one format. Not thread-safe: it keeps temporaries. The exponent range must be MPFR's default.
class rounder {
 public:
  explicit rounder(const format& f) : l_(f), scaled_(256), rest_(256) {
    const auto field = static_cast<int>(l_.largest >> f.fraction_bits);
    emax_ = l_.has_sign && field == 0 ? l_.emin - 1 : field - f.bias;
  }

  const limits& in() const { return l_; }

  /// A nonzero ternary says that x was itself rounded (MPFR's sign: positive if x exceeds the true
  /// value) to at least p + 2 digits, p + 34 if the mode is stochastic.
  placement place(mpfr_srcptr x, int ternary = 0) {
    placement result;
    result.negative = mpfr_signbit(x) != 0;
    if (!mpfr_regular_p(x)) {
      result.kind = mpfr_zero_p(x) ? value_kind::zero : mpfr_inf_p(x) ? value_kind::infinity : value_kind::nan;
      return result;
    }
    mpfr_set_prec(scaled_, mpfr_get_prec(x) + 2);
    mpfr_set(scaled_, x, MPFR_RNDN);
    // The true value lies strictly between x and its neighbour; so does this one, two digits below x's last.
    if (ternary < 0) mpfr_nextabove(scaled_);
    if (ternary > 0) mpfr_nextbelow(scaled_);
    mpfr_abs(scaled_, scaled_, MPFR_RNDN);
    const mpfr_exp_t leading = mpfr_get_exp(scaled_) - 1;
    if (leading > emax_ + 1) {
      result.beyond = true;
      return result;
    }
    result.tiny_range = leading < l_.emin;
    const int t = l_.f.fraction_bits;
    const mpfr_exp_t binade = result.tiny_range ? l_.emin : leading;
    if (result.tiny_range) {
      result.unbounded = cut(leading - t);
      result.unbounded_top = leading == l_.emin - 1 && result.unbounded.below == 2 * l_.hidden - 1;
      mpfr_mul_2si(scaled_, scaled_, leading - t, MPFR_RNDN);
    }
    result.grid = cut(binade - t);
    // A normal number's code is its exponent field and its digits without the leading one.
    const std::uint64_t field = static_cast<std::uint64_t>(binade - l_.emin + 1);
    result.code_below = result.tiny_range ? result.grid.below : (field << t) + result.grid.below - l_.hidden;
    return result;
  }

  /// A NaN becomes the canonical one here: see round_nan for those with a history.
  rounded finish(const placement& at, const conversion& how, std::uint32_t random = 0) const {
    if (at.kind == value_kind::nan) return round_nan({});
    if (at.kind == value_kind::zero) {
      if (!l_.has_zero) return {0, exceptions::underflow | exceptions::inexact};
      return {with_sign(0, at.negative), exceptions::none};
    }
    if (at.negative && !l_.has_sign) return {l_.nan(), exceptions::invalid};
    if (at.kind == value_kind::infinity) return overflowed(at.negative, how, true);
    if (at.beyond) return overflowed(at.negative, how, false);
    std::uint64_t code = at.code_below + (goes_up(at.grid, at.negative, how, random) ? 1 : 0);
    // Without a zero, magnitudes count from one: 1 is code 0, and what would be zero becomes the smallest number.
    const bool vanished = !l_.has_zero && code == 0;
    if (!l_.has_zero && !vanished) code -= 1;
    if (code > l_.largest) return overflowed(at.negative, how, false);
    const bool inexact = at.grid.where != position::exact;
    exceptions raised = inexact ? exceptions::inexact : exceptions::none;
    const bool reaches_normal = at.unbounded_top && goes_up(at.unbounded, at.negative, how, random);
    if (vanished || (inexact && at.tiny_range && !reaches_normal)) {
      raised = exceptions::inexact | exceptions::underflow;
    }
    if (flushes_output(how) && l_.is_subnormal(code)) {
      code = 0;
      raised = exceptions::inexact | exceptions::underflow;
    }
    return {with_sign(code, at.negative), raised};
  }

  rounded round(mpfr_srcptr x, int ternary, const conversion& how, std::uint32_t random = 0) {
    return finish(place(x, ternary), how, random);
  }

  /// Conversion of a NaN: sign and leading payload bits kept where there is room, always quiet.
  rounded round_nan(const nan_bits& nan) const {
    if (!l_.has_nan) return {l_.largest, exceptions::invalid};
    std::uint64_t code = l_.nan();
    if (l_.f.nonfinite == encoding::ieee) {
      const std::uint64_t quiet = nan.fraction | std::uint64_t{1} << 63;
      code = l_.largest + 1 + (quiet >> (64 - l_.f.fraction_bits));
    }
    return {code | (nan.negative && l_.has_signed_nan ? l_.sign : 0), exceptions::none};
  }

 private:
  static bool flushes_output(const conversion& how) {
    return how.on_subnormal == assay::subnormals::flush_outputs || how.on_subnormal == assay::subnormals::flush_both;
  }

  std::uint64_t with_sign(std::uint64_t code, bool negative) const {
    return negative && (code != 0 || l_.has_negative_zero) ? code | l_.sign : code;
  }

  /// Divides scaled_ by the gap 2^gap and takes it apart: MPFR's truncation, subtraction and comparison, all exact.
  interval cut(mpfr_exp_t gap) {
    mpfr_mul_2si(scaled_, scaled_, -gap, MPFR_RNDN);
    interval result;
    result.below = mpfr_get_ui(scaled_, MPFR_RNDZ);
    if (mpfr_integer_p(scaled_)) return result;
    mpfr_set_prec(rest_, mpfr_get_prec(scaled_));
    mpfr_frac(rest_, scaled_, MPFR_RNDN);
    const int side = mpfr_cmp_ui_2exp(rest_, 1, -1);
    result.where = side < 0 ? position::below_half : side == 0 ? position::half : position::above_half;
    mpfr_mul_2ui(rest_, rest_, 32, MPFR_RNDN);
    result.part = mpfr_get_ui(rest_, MPFR_RNDZ);
    return result;
  }

  static bool goes_up(const interval& i, bool negative, const conversion& how, std::uint32_t random) {
    if (i.where == position::exact) return false;
    const bool odd_below = i.below % 2 != 0;
    switch (how.mode) {
      case rounding::ties_to_even: return i.where == position::above_half || (i.where == position::half && odd_below);
      case rounding::ties_to_away: return i.where != position::below_half;
      case rounding::toward_zero: return false;
      case rounding::upward: return !negative;
      case rounding::downward: return negative;
      case rounding::to_odd: return !odd_below;
      case rounding::stochastic: {
        const int n = how.random_bits;
        const std::uint64_t words = std::uint64_t{1} << n;
        return (i.part >> (32 - n)) + random % words >= words;
      }
    }
    throw std::logic_error("oracle: unknown rounding mode");
  }

  rounded overflowed(bool negative, const conversion& how, bool from_infinity) const {
    const exceptions both = exceptions::overflow | exceptions::inexact;
    const std::uint64_t sign = negative ? l_.sign : 0;
    const rounded clamped{l_.largest | sign, both};
    const rounded infinity{(l_.largest + 1) | sign, from_infinity ? exceptions::none : both};
    const rounded nan{l_.nan() | (negative && l_.has_signed_nan ? l_.sign : 0), both};
    const rounded without_infinity = l_.has_nan ? nan : clamped;
    const rounding m = how.mode;
    const bool inward = m == rounding::toward_zero || m == rounding::to_odd || (m == rounding::upward && negative) ||
                        (m == rounding::downward && !negative);
    switch (how.on_overflow) {
      case assay::overflow::saturate_finite: return clamped;
      case assay::overflow::to_nan: return from_infinity && l_.has_infinity ? infinity : without_infinity;
      case assay::overflow::ieee: break;
    }
    if (!from_infinity && inward) return clamped;
    return l_.has_infinity ? infinity : without_infinity;
  }

  limits l_;
  int emax_;
  real scaled_, rest_;
};

}  // namespace oracle
