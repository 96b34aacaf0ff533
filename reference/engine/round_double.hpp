// Rounding of a finite binary64 number into a format: the truth's own, on the number's bits.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <span>

#include <assay/format/format.hpp>
#include <assay/rounding/conversion.hpp>

namespace assay::reference {

/// Rounds into one format under one policy; what can be known beforehand is.
class double_rounder {
 public:
  double_rounder(format to, conversion how);

  /// x is finite, of any sign; a zero gives the zero of its sign.
  std::uint64_t operator()(double x) const {
    const double magnitude = std::abs(x);
    if (magnitude >= simple_.first && magnitude < simple_.end) [[likely]]
      return simple_.code(x);
    return round_any(x);
  }

  static constexpr std::uint64_t no_code = ~std::uint64_t{0};
  /// Balls one by one: the code that all of a ball rounds to, or no_code where that is not as simple as can be. Says
  /// whether there is such a place.
  bool round_balls(std::span<const double> values, std::span<const double> radii, std::span<std::uint64_t> codes) const;

 private:
  /// Where a code is a stretch of binary64's bits, and rounding carries from fraction to exponent by itself.
  struct stretch {
    double first = 0, end = 0;  ///< magnitudes from first on and below end; none by default
    int dropped = 0, sign_place = 0;
    /// Added below the stretch: to positive numbers, what negative ones differ by, and what odd codes differ by.
    std::uint64_t add = 0, if_negative = 0, if_odd = 0;
    std::uint64_t rebias = 0;

    std::uint64_t code(double x) const {
      const auto bits = std::bit_cast<std::uint64_t>(x);
      const std::uint64_t negative = bits >> 63, magnitude = bits << 1 >> 1, odd = magnitude >> dropped & 1;
      const std::uint64_t increment = add + (if_negative & -negative) + (if_odd & -odd);
      return (((magnitude + increment) >> dropped) - rebias) | negative << sign_place;
    }
  };
  std::uint64_t round_any(double x) const;

  format to_;
  conversion how_;
  stretch simple_;
};

}  // namespace assay::reference
