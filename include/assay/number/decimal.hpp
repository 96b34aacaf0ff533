// From decimal digits to a binary significand with a sticky bit, which round_to_format then rounds once.
#pragma once

#include <optional>

#include <assay/bits/natural.hpp>
#include <assay/bits/power_of_ten.hpp>
#include <assay/bits/unpacked.hpp>

namespace assay::detail {

/// A positive value whose exponent has yet to be fitted into an int. 87 bits or more, or exact: enough for 53 digits,
/// 32 random bits and two guard bits.
struct wide_value {
  uint128 significand = 0;
  std::int64_t exponent = 0;

  constexpr std::int64_t leading_exponent() const { return exponent + bit_width(significand) - 1; }
};

/// The leading 126 bits of n * 2^exponent, the last of them sticky.
constexpr wide_value leading_bits(const natural& n, std::int64_t exponent) {
  const std::int64_t surplus = n.bit_width() - 126;
  const std::int64_t lowest = surplus > 0 ? surplus : 0;
  const uint128 kept = uint128{n.bits_from(lowest + 64)} << 64 | n.bits_from(lowest);
  return {kept | static_cast<uint128>(n.any_bit_below(lowest)), exponent + lowest};
}

inline constexpr int small_power = 27;  // 5^27 < 2^63

constexpr std::uint64_t small_power_of_five(std::int64_t n) {
  std::uint64_t power = 1;
  for (; n > 0; --n) power *= 5;
  return power;
}

/// digits * 10^exponent over words, for exponents from -small_power to small_power.
constexpr wide_value scale_by_small_power(std::uint64_t digits, std::int64_t exponent) {
  if (exponent >= 0) return {uint128{digits} * small_power_of_five(exponent), exponent};
  // 128 bits over 63 or fewer give a quotient of 65 or more; the remainder gives 40 further bits.
  constexpr int more = 40;
  const std::uint64_t divisor = small_power_of_five(-exponent);
  const int shift = 128 - bit_width(digits);
  const uint128 dividend = uint128{digits} << shift;
  uint128 quotient = dividend / divisor, rest = dividend % divisor;
  std::int64_t scale = exponent - shift;
  if (bit_width(quotient) + more + 1 <= 128) {
    quotient = quotient << more | (rest << more) / divisor;
    rest = (rest << more) % divisor;
    scale -= more;
  }
  if (bit_width(quotient) < 128) return {quotient << 1 | static_cast<uint128>(rest != 0), scale - 1};
  return {quotient | static_cast<uint128>(rest != 0), scale};
}

/// digits * 10^exponent, or a little more if the digits go on, when 128 bits tell its 90 leading bits and that
/// something follows them: all but one in thousands, and values that those bits hold exactly.
constexpr std::optional<wide_value> scale_by_rounded_power(uint128 digits, std::int64_t exponent) {
  if (exponent < -(1 << 20) || exponent > 1 << 20) return std::nullopt;
  const int shift = 128 - bit_width(digits);
  const binary_power product = binary_power{digits << shift, -shift} * power_of_ten(exponent);
  // From below: the power by 2^-104 of it, the product by 2^-126, the digits, where there are more than 38, by 2^-122;
  // in all by less than 2^-103 of the product, or 2^25 units of its significand.
  constexpr int dropped = 38;
  constexpr uint128 error = uint128{1} << 25;
  const uint128 tail = product.significand & low_bits<uint128>(dropped);
  if (tail == 0 || tail + error > low_bits<uint128>(dropped)) return std::nullopt;
  return wide_value{product.significand >> dropped << 1 | 1, product.exponent + dropped - 1};
}

/// digits * 10^exponent, for any digits but zero.
constexpr wide_value scale_by_power_of_ten(natural digits, std::int64_t exponent) {
  if (exponent >= 0) return leading_bits(digits * power_of_five(exponent), exponent);
  // Aligned so that the quotient has 122 or 123 bits: two steps of 62 bits give it.
  natural divisor = power_of_five(-exponent);
  const std::int64_t shift = divisor.bit_width() + 122 - digits.bit_width();
  if (shift >= 0) {
    digits <<= shift;
  } else {
    divisor <<= -shift;
  }
  natural high_divisor = divisor;
  high_divisor <<= 62;
  const uint128 high = digits.divide_by(high_divisor);
  const uint128 quotient = high << 62 | digits.divide_by(divisor);
  return {quotient << 1 | static_cast<uint128>(!digits.is_zero()), exponent - shift - 1};
}

/// Bounds of log2(10^n), wrong by less than 2 + |n| / 1000 (log2(10) = 3.3219...).
constexpr std::int64_t log2_of_power_of_ten_below(std::int64_t n) {
  return 3 * n + n * (n >= 0 ? 321 : 322) / 1000 - 1;
}
constexpr std::int64_t log2_of_power_of_ten_above(std::int64_t n) {
  return 3 * n + n * (n >= 0 ? 322 : 321) / 1000 + 1;
}

}  // namespace assay::detail
