// When is a code proved? What an enclosure says of the rounded value.
#pragma once

#include <optional>

#include "ball.hpp"
#include "interval.hpp"
#include "rational.hpp"
#include "round_double.hpp"
#include "round_mpfr.hpp"

namespace assay::reference {

/// A value that a kernel's table of specials gives without evaluating the formula.
struct special_value {
  value_class kind = value_class::nan;  ///< nan, infinity or zero
  bool negative = false;
};

/// What is known of an element's sign besides its enclosure.
struct sign_knowledge {
  bool nonnegative = false;       ///< the real value is not below zero, whatever its enclosure says
  bool zero_is_negative = false;  ///< an exact zero is stored as -0
  int strict = 0;                 ///< 1: the real value is above zero, -1: below, 0: not known
};

/// A number at which the rounded value may change.
struct boundary {
  rational at;
  bool alone = false;  ///< no other lies within the interval
};

class output_rule {
 public:
  /// Throws std::invalid_argument for stochastic rounding, which has no single right result.
  output_rule(format to, conversion how);

  /// The code that every number from lower to upper rounds to, if it is one. NaN and infinite ends decide nothing.
  std::optional<std::uint64_t> decide(ball::bounds_pair b, sign_knowledge sign) const {
    if (sign.nonnegative && b.lower < 0) b.lower = 0;
    if (sign.strict != 0) return decide_strictly(b, sign.strict < 0);
    if (!(b.upper - b.lower < std::numeric_limits<double>::infinity())) return std::nullopt;
    if (b.lower > 0 || b.upper < 0) [[likely]] {
      const std::uint64_t low = round_(b.lower), high = round_(b.upper);
      return low == high ? std::optional(low) : std::nullopt;
    }
    return decide_at_zero(b, sign);
  }
  std::optional<std::uint64_t> decide(const interval& y, sign_knowledge sign) const;
  /// The codes of many balls at once, no_code for one that is not decided or not simple; whether there is one.
  static constexpr std::uint64_t no_code = double_rounder::no_code;
  bool decide_line(std::span<const double> values, std::span<const double> radii,
                   std::span<std::uint64_t> codes) const {
    return round_.round_balls(values, radii, codes);
  }

  std::uint64_t code_of(special_value s) const;

  /// A boundary within the interval, near its middle: a number with at most one digit more than the format holds.
  std::optional<boundary> boundary_in(const interval& y) const;
  /// The code of such a boundary.
  std::uint64_t code_of_boundary(const rational& t, sign_knowledge sign) const;
  /// The code of numbers above every format's (side 1) or below them (side -1), or of zero.
  std::uint64_t code_beyond(int side, sign_knowledge sign) const;
  /// The code of the numbers just above a boundary (side 1) or just below it (side -1).
  std::uint64_t code_beside(const rational& t, int side) const;

 private:
  std::optional<std::uint64_t> decide_at_zero(ball::bounds_pair b, sign_knowledge sign) const;
  std::optional<std::uint64_t> decide_strictly(ball::bounds_pair b, bool negative) const;
  std::uint64_t code_at_end(mpfr_srcptr end, bool negative) const;
  std::uint64_t zero(bool negative) const { return encode_rounded(0, to_.min_ulp_exponent(), negative, to_, how_); }

  format to_;
  conversion how_;
  double_rounder round_;
  std::uint64_t beside_zero_[2];  ///< the codes of the smallest positive and negative numbers
};

}  // namespace assay::reference
