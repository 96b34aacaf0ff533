// Sums of products of doubles without a rounding: a number wide enough for all of them, in digits of 32 bits that are
// carried only now and then.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>

#include "dyadic.hpp"

namespace assay::reference {

class exact_sum {
 public:
  /// Adds the sum of a_i b_i, all finite; fewer than 2^28 products in all.
  void add_products(std::span<const double> a, std::span<const double> b);
  dyadic value() const;

 private:
  // A product of two doubles is a multiple of 2^-2148 below 2^2048; 32 more digits' bits are for carries.
  static constexpr int lowest_bit = -2148, digit_bits = 32;
  static constexpr std::size_t digit_count = (2048 + 2148) / digit_bits + 3;

  std::array<std::int64_t, digit_count> digits_{};
};

}  // namespace assay::reference
