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
};

class output_rule {
 public:
  /// Throws std::invalid_argument for stochastic rounding, which has no single right result.
  output_rule(format to, conversion how);

  /// The code that every number from lower to upper rounds to, if it is one. NaN and infinite ends decide nothing.
  std::optional<std::uint64_t> decide(ball::bounds_pair b, sign_knowledge sign) const {
    if (sign.nonnegative && b.lower < 0) b.lower = 0;
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

  /// The one number within the interval at which the rounded value may change: a number with at most one digit more
  /// than the format holds. Nothing if there is none, or more than one.
  std::optional<rational> boundary_in(const interval& y) const;
  /// The code of such a boundary.
  std::uint64_t code_of_boundary(const rational& t, sign_knowledge sign) const;

 private:
  std::optional<std::uint64_t> decide_at_zero(ball::bounds_pair b, sign_knowledge sign) const;
  std::uint64_t zero(bool negative) const { return encode_rounded(0, to_.min_ulp_exponent(), negative, to_, how_); }

  format to_;
  conversion how_;
  double_rounder round_;
};

}  // namespace assay::reference
