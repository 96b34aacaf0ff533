// Requantisation: an integer sum becomes a small integer again, round(sum * factor) + zero point, clamped. The factor
// is a float, or a fixed-point multiplier, which integer-only hardware wants; the three ways differ in their ties and
// so in their bits. Where each is defined:
//
//   float scale       PyTorch's requantize_from_int and FBGEMM's Requantize with a float multiplier
//   double rounding   gemmlowp's fixedpoint.h, and TensorFlow Lite's MultiplyByQuantizedMultiplier by default
//   single rounding   TensorFlow Lite's MultiplyByQuantizedMultiplier built with TFLITE_SINGLE_ROUNDING
#pragma once

#include <cstdint>
#include <limits>

#include <assay/number/integer.hpp>

namespace assay {

enum class requantiser : std::uint8_t { none, float_scale, double_rounding, single_rounding };

/// The factor multiplier * 2^(shift - 31): a fraction with 31 bits behind the point (Q31), times a power of two.
struct fixed_point_multiplier {
  static constexpr int lowest_shift = -31, highest_shift = 30;

  std::int32_t multiplier = 1 << 30;
  std::int32_t shift = 1;

  constexpr bool operator==(const fixed_point_multiplier&) const = default;
};

/// The multiplier nearest a positive factor, as TensorFlow Lite's QuantizeMultiplier finds it: 2^30 to 2^31 - 1, ties
/// away from zero. Factors below 2^-32, and zero, give a multiplier of zero; those of 2^30 or more the largest there
/// is. The factor must be finite and not negative.
constexpr fixed_point_multiplier fixed_point(double factor) {
  const unpacked<std::uint64_t> v = decode(encode(factor).code, binary64);
  if (v.is_zero()) return {0, 0};
  // factor = significand * 2^exponent; its 31 leading bits, and the next one for the rounding.
  int shift = v.leading_exponent() + 1;
  const int width = bit_width(v.significand);
  std::uint64_t multiplier = width <= 32 ? v.significand << (32 - width) : v.significand >> (width - 32);
  multiplier = (multiplier + 1) >> 1;
  if (multiplier == std::uint64_t{1} << 31) {
    multiplier >>= 1;
    ++shift;
  }
  if (shift < fixed_point_multiplier::lowest_shift) return {0, 0};
  if (shift > fixed_point_multiplier::highest_shift) {
    return {std::numeric_limits<std::int32_t>::max(), fixed_point_multiplier::highest_shift};
  }
  return {static_cast<std::int32_t>(multiplier), shift};
}

/// a * b / 2^31 to the nearest integer, ties upward; the one product that does not fit, of INT32_MIN with itself, gives
/// INT32_MAX. gemmlowp's SaturatingRoundingDoublingHighMul, and the instruction SQRDMULH of Arm.
constexpr std::int32_t saturating_rounding_doubling_high_multiply(std::int32_t a, std::int32_t b) {
  constexpr std::int32_t lowest = std::numeric_limits<std::int32_t>::min();
  if (a == lowest && b == lowest) return std::numeric_limits<std::int32_t>::max();
  return static_cast<std::int32_t>((std::int64_t{a} * b + (std::int64_t{1} << 30)) >> 31);
}

/// x / 2^exponent to the nearest integer, ties away from zero; exponent from 0 to 31. gemmlowp's RoundingDivideByPOT.
constexpr std::int32_t rounding_divide_by_power_of_two(std::int32_t x, int exponent) {
  if (exponent == 0) return x;
  const std::int64_t half = std::int64_t{1} << (exponent - 1);
  return static_cast<std::int32_t>((std::int64_t{x} + half - (x < 0 ? 1 : 0)) >> exponent);
}

/// x times the factor, rounded twice: to 31 bits behind the point, ties upward, then to an integer, ties away from
/// zero. A positive shift multiplies x first, and bits that leave its 32 are lost, as in TensorFlow Lite's code.
constexpr std::int32_t multiply_double_rounding(std::int32_t x, fixed_point_multiplier by) {
  const int left = by.shift > 0 ? by.shift : 0, right = by.shift > 0 ? 0 : -by.shift;
  const auto shifted = static_cast<std::int32_t>(static_cast<std::uint32_t>(x) << left);
  return rounding_divide_by_power_of_two(saturating_rounding_doubling_high_multiply(shifted, by.multiplier), right);
}

/// x times the factor, rounded once to the nearest integer, ties upward. TensorFlow Lite requires that the result fits
/// 32 bits; here it saturates.
constexpr std::int32_t multiply_single_rounding(std::int32_t x, fixed_point_multiplier by) {
  const int right = 31 - by.shift;
  const std::int64_t product = std::int64_t{x} * by.multiplier;  // below 2^63 even with the half added
  const std::int64_t result = (product + (std::int64_t{1} << (right - 1))) >> right;
  constexpr std::int64_t lowest = std::numeric_limits<std::int32_t>::min();
  constexpr std::int64_t highest = std::numeric_limits<std::int32_t>::max();
  return static_cast<std::int32_t>(result < lowest ? lowest : result > highest ? highest : result);
}

/// x times the scale in binary32: x is rounded to binary32 (above 2^24 it may have to be), the product is rounded to
/// binary32, both to nearest, ties to even, and that to an integer by the mode, which is not stochastic. Infinite
/// products, and those beyond 64 bits, saturate. The scale must be finite; in constant expressions, so must the
/// product.
constexpr std::int64_t multiply_by_scale(std::int32_t x, float scale, rounding mode = rounding::ties_to_even) {
  return quantise(static_cast<float>(x) * scale, int64, {mode}).value;
}

/// Where a rescaled sum lands: moved by the zero point and clamped to the output format, and within it to a narrower
/// range if there is one, as an activation that was merged into it leaves.
struct requantised_range {
  std::int32_t zero_point = 0;
  std::int32_t lowest = std::numeric_limits<std::int32_t>::min(), highest = std::numeric_limits<std::int32_t>::max();

  /// The integer of f, which has at most 32 bits; f and the range must have integers in common.
  constexpr std::int32_t place(std::int64_t scaled, integer_format f) const {
    const std::int64_t low = lowest > f.min() ? lowest : f.min(), high = highest < f.max() ? highest : f.max();
    // Beyond 2^40 nothing but the clamp matters, and sums cannot overflow.
    constexpr std::int64_t far = std::int64_t{1} << 40;
    const std::int64_t moved = (scaled < -far ? -far : scaled > far ? far : scaled) + zero_point;
    return static_cast<std::int32_t>(moved < low ? low : moved > high ? high : moved);
  }
};

}  // namespace assay
