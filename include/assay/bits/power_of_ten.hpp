// Powers of ten to 128 bits: enough to decide almost every question about decimals, without large integers.
#pragma once

#include <assay/bits/shift.hpp>

namespace assay {

/// significand * 2^exponent, with bit 127 of the significand set.
struct binary_power {
  uint128 significand = uint128{1} << 127;
  std::int64_t exponent = -127;
};

/// The upper half of a 256-bit product.
constexpr uint128 multiply_high(uint128 a, uint128 b) {
  const std::uint64_t a1 = static_cast<std::uint64_t>(a >> 64), a0 = static_cast<std::uint64_t>(a);
  const std::uint64_t b1 = static_cast<std::uint64_t>(b >> 64), b0 = static_cast<std::uint64_t>(b);
  const uint128 middle = (uint128{a0} * b0 >> 64) + static_cast<std::uint64_t>(uint128{a1} * b0) +
                         static_cast<std::uint64_t>(uint128{a0} * b1);
  return uint128{a1} * b1 + (uint128{a1} * b0 >> 64) + (uint128{a0} * b1 >> 64) + (middle >> 64);
}

/// The product, rounded down: the relative error grows by less than 2^-126.
constexpr binary_power operator*(binary_power a, binary_power b) {
  const uint128 high = multiply_high(a.significand, b.significand);
  const std::int64_t exponent = a.exponent + b.exponent + 128;
  if (high >> 127 != 0) return {high, exponent};
  return {high << 1, exponent - 1};
}

/// 10^n, exact for n from 0 to 55, else rounded down: too small by a factor of less than 1 + 2^-104 for |n| up to 2^20.
/// (A tenth is off by half a unit of 2^-126. Squaring doubles the error and adds a unit, the factor for an odd n adds
/// one and a half: at most 2.5 |n| units.)
constexpr binary_power power_of_ten(std::int64_t n) {
  const std::uint64_t magnitude = static_cast<std::uint64_t>(n < 0 ? -n : n);
  const binary_power base = n < 0 ? binary_power{~uint128{0} / 10 * 8 + 4, -131}  // 0.1 = 0.8 * 2^-3
                                  : binary_power{uint128{10} << 124, -124};
  binary_power power;
  for (int bit = bit_width(magnitude) - 1; bit >= 0; --bit) {
    power = power * power;
    if ((magnitude >> bit & 1) != 0) power = power * base;
  }
  return power;
}

}  // namespace assay
