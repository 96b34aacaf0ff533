// Affine quantisation: real = (integer - zero_point) * scale, as ONNX QuantizeLinear and DequantizeLinear define it.
#pragma once

#include <assay/number/integer.hpp>

namespace assay {

/// How x / scale is computed before it is rounded to an integer: frameworks differ, and so do their results.
enum class quotient : std::uint8_t {
  exact,       ///< over the reals: the only rounding is that to an integer
  rounded,     ///< rounded to the compute format first, ties to even (ONNX Runtime: x / scale in float)
  reciprocal,  ///< x times a rounded 1 / scale, rounded again (FBGEMM and PyTorch, in float)
};

struct affine {
  encoded scale = encode(1.0f);  ///< any format; frameworks want it positive, and nothing here needs it to be
  std::int64_t zero_point = 0;   ///< the integer that stands for zero
  quotient by = quotient::exact;
  format compute = binary32;  ///< of the rounded forms
};

namespace detail {

/// Rounds a / b to an integer once; both finite, b not zero. However large the quotient is, its low bits are right.
constexpr whole_number divide_to_whole(unpacked<std::uint64_t> a, unpacked<std::uint64_t> b, conversion how,
                                       std::uint32_t random) {
  if (a.is_zero()) return {};
  const unpacked<uint128> q = divide_exact(widen<uint128>(a), widen<uint128>(b)).value;
  // The quotient has 115 bits or more, the last one sticky: below 2^67 at least 48 of them are behind the point.
  if (q.leading_exponent() <= 66) return round_to_whole(q, how, random);
  // Long division for the integer quotient's low 64 bits and 39 bits behind the point, for 32 random bits and a tie.
  constexpr int behind = 40;
  const uint128 divisor = b.significand;
  uint128 rest = a.significand % divisor;
  uint128 low = a.significand / divisor;
  for (int left = a.exponent - b.exponent; left > 0;) {
    const int step = left < 64 ? left : 64;
    low = (low << step) + (rest << step) / divisor;
    rest = (rest << step) % divisor;
    left -= step;
  }
  const uint128 fraction = (rest << (behind - 1)) / divisor;
  const bool sticky = (rest << (behind - 1)) % divisor != 0;
  const uint128 significand = uint128{static_cast<std::uint64_t>(low)} << behind | fraction << 1 | uint128{sticky};
  const auto r = round_significand(significand, behind, q.negative, how, random);
  return {r.kept, q.negative, true, r.inexact};
}

}  // namespace detail

/// The integer round(x / scale) + zero_point of f. Out of range raises invalid, and saturates or wraps after the zero
/// point is added. An infinite quotient (a zero scale gives one) saturates under either policy; NaN, also of 0 / 0,
/// gives the integer nearest zero_point, which stands for zero; both raise invalid.
constexpr rounded_integer<std::int64_t> quantise(encoded x, const affine& map, integer_format f,
                                                 integer_conversion how = {}, std::uint32_t random = 0) {
  const conversion real = how.real();
  const conversion intermediate{.on_subnormal = how.on_subnormal};
  // In the exact form x and scale stay as they are; in the others the quotient is one number, over a scale of one.
  encoded over = map.scale;
  if (map.by == quotient::rounded) {
    x = {divide(x, map.scale, map.compute, intermediate).code, map.compute};
    over = encode(1.0f);
  } else if (map.by == quotient::reciprocal) {
    const encoded inverse{divide(encode(1.0f), map.scale, map.compute, intermediate).code, map.compute};
    x = {multiply(x, inverse, map.compute, intermediate).code, map.compute};
    over = encode(1.0f);
  }
  const auto a = detail::operand<std::uint64_t>(x, real), b = detail::operand<std::uint64_t>(over, real);
  const auto special = divide_exact(widen<uint128>(a), widen<uint128>(b)).value;
  if (special.is_nan()) {
    const auto zero = detail::fit(int128{map.zero_point}, f, integer_overflow::saturate, exceptions::invalid);
    return {zero.value, exceptions::invalid};
  }
  if (special.is_infinite()) return {special.negative ? f.min() : f.max(), exceptions::invalid};
  if (special.is_zero()) return detail::fit(detail::whole_number{}, map.zero_point, f, how.on_overflow);
  return detail::fit(detail::divide_to_whole(a, b, real, random), map.zero_point, f, how.on_overflow);
}

/// (q - zero_point) * scale, rounded once into `out`; a zero is +0 (times the scale's sign).
constexpr rounded dequantise(std::int64_t q, const affine& map, format out, conversion how = {},
                             std::uint32_t random = 0) {
  const int128 difference = int128{q} - map.zero_point;
  const bool negative = difference < 0;
  const auto magnitude = static_cast<uint128>(negative ? -difference : difference);
  const unpacked<uint128> integer =
      difference == 0 ? make_zero<uint128>(false) : unpacked<uint128>{value_class::finite, negative, 0, magnitude};
  // 65 bits times 53 fit 128.
  return detail::finish(multiply_exact(integer, detail::operand<uint128>(map.scale, how)), out, how, random);
}

}  // namespace assay
