// Rounding of a finite binary64 number into a format: the truth's own, on the number's bits.
#pragma once

#include <bit>
#include <cstdint>

#include <assay/format/format.hpp>
#include <assay/rounding/conversion.hpp>

namespace assay::reference {

/// Rounds into one format under one policy; what can be known beforehand is.
class double_rounder {
 public:
  double_rounder(format to, conversion how);

  /// x is finite, of any sign; a zero gives the zero of its sign.
  std::uint64_t operator()(double x) const {
    const auto bits = std::bit_cast<std::uint64_t>(x);
    const std::uint64_t magnitude = bits & ~sign_bit;
    if (nearest_even_ && magnitude - first_simple_ < simple_count_) [[likely]] {
      // The code is a stretch of binary64's bits: rounding carries from fraction to exponent by itself.
      const std::uint64_t kept_odd = magnitude >> dropped_ & 1;
      const std::uint64_t code = ((magnitude + half_below_ + kept_odd) >> dropped_) - rebias_;
      return code | (bits >> 63 << to_.magnitude_bits());
    }
    return round_any(x);
  }

 private:
  static constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63;
  std::uint64_t round_any(double x) const;

  format to_;
  conversion how_;
  bool nearest_even_;
  int dropped_ = 0;
  std::uint64_t half_below_ = 0, rebias_ = 0, first_simple_ = 0, simple_count_ = 0;
};

}  // namespace assay::reference
