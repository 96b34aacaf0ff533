// exp, exp2, expm1.
//
//            NaN    -inf   -0    +0    +inf    elsewhere
//   exp      NaN    +0     1     1     +inf    e^x, irrational
//   exp2     NaN    +0     1     1     +inf    2^x, exact for integers x, else irrational
//   expm1    NaN    -1     -0    +0    +inf    e^x - 1, irrational
#pragma once

#include <assay/number/elementary/fixed.hpp>

namespace assay::detail::evaluation {

/// 2^(whole + fraction / 2^64). With the fraction's leading 4 bits i and the rest r: 2^(i/16) * e^(r ln 2), and
/// r ln 2 < 0.0434 needs the power series up to y^9 / 9! (the next term is below 2^-67).
constexpr scaled exp2_of(int whole, std::uint64_t fraction) {
  // 2^(i / 16) in units of 2^-63, rounded to nearest.
  constexpr std::uint64_t roots[16] = {0x8000000000000000, 0x85aac367cc487b15, 0x8b95c1e3ea8bd6e7, 0x91c3d373ab11c336,
                                       0x9837f0518db8a96f, 0x9ef5326091a111ae, 0xa5fed6a9b15138ea, 0xad583eea42a14ac6,
                                       0xb504f333f9de6484, 0xbd08a39f580c36bf, 0xc5672a115506dadd, 0xce248c151f8480e4,
                                       0xd744fccad69d6af4, 0xe0ccdeec2a94e111, 0xeac0c6e7dd24392f, 0xf5257d152486cc2c};
  constexpr std::uint64_t ln2 = 0xb17217f7d1cf79ac;  // in units of 2^-64
  const std::uint64_t root = roots[fraction >> 60];
  const std::uint64_t y = multiply_high(fraction & low_bits<std::uint64_t>(60), ln2);
  const std::uint64_t tail =
      power_series<0x8000000000000000, 0x2aaaaaaaaaaaaaab, 0x0aaaaaaaaaaaaaab,  // 1/2! ...
                   0x0222222222222222, 0x005b05b05b05b05b, 0x000d00d00d00d00d, 0x0001a01a01a01a02, 0x00002e3bc74aad8e>(
          y);
  const std::uint64_t growth = y + multiply_high(y, multiply_high(y, tail));  // e^y - 1
  return {root + multiply_high(root, growth), whole - 63};
}

/// e^x or e^-x for x = significand * 2^exponent < 2^23, significand < 2^31.
constexpr scaled exp_of(std::uint64_t significand, int exponent, bool negative) {
  // log2(e) in units of 2^-95: the product has at most 127 bits, and 64 good ones below the point.
  constexpr uint128 log2_e = (uint128{0xb8aa3b29} << 64) | 0x5c17f0bbbe87fed0;
  const uint128 product = significand * log2_e;
  const int point = 95 - exponent;
  const int whole = static_cast<int>(shift_right(product, point));
  const auto fraction = static_cast<std::uint64_t>(shift_right(product, point - 64));
  return negative ? exp2_of(-whole - 1, ~fraction) : exp2_of(whole, fraction);
}

/// |e^x - 1| or |e^-x - 1| for x = significand * 2^exponent in [2^-48, 2^22), significand < 2^15.
constexpr scaled expm1_of(std::uint64_t significand, int exponent, bool negative) {
  if (exponent + bit_width(significand) <= -2) {
    // Below 1/4 the difference from 1 would lose digits: x (1 + x / 2! + x^2 / 3! + ...), up to x^13 / 14!.
    const scaled x = normalised(significand, exponent);
    const std::uint64_t y = significand << (exponent + 64);
    const auto series = [&](auto evaluate) { return multiply_high(y, evaluate(y)); };
    if (negative) {
      return shrunk(
          x, series([](std::uint64_t t) {
            return alternating_series<0x8000000000000000, 0x2aaaaaaaaaaaaaab, 0x0aaaaaaaaaaaaaab, 0x0222222222222222,
                                      0x005b05b05b05b05b, 0x000d00d00d00d00d, 0x0001a01a01a01a02, 0x00002e3bc74aad8e,
                                      0x0000049f93edde28, 0x0000006b99159fd5, 0x00000008f76c77fc, 0x00000000b092309d,
                                      0x000000000c9cba54>(t);
          }));
    }
    return grown(x, series([](std::uint64_t t) {
                   return power_series<0x8000000000000000, 0x2aaaaaaaaaaaaaab, 0x0aaaaaaaaaaaaaab, 0x0222222222222222,
                                       0x005b05b05b05b05b, 0x000d00d00d00d00d, 0x0001a01a01a01a02, 0x00002e3bc74aad8e,
                                       0x0000049f93edde28, 0x0000006b99159fd5, 0x00000008f76c77fc, 0x00000000b092309d,
                                       0x000000000c9cba54>(t);
                 }));
  }
  const scaled power = exp_of(significand, exponent, negative);
  if (negative) return normalised(0 - fraction_of(power), -64);
  const int one = -power.exponent;  // the position of 1 in the significand; below it, e^x - 1 is e^x to 64 digits
  return one >= 0 ? normalised(power.significand - (std::uint64_t{1} << one), power.exponent) : power;
}

/// Operands below this are so small that f(x) lies between f(0) + f'(0) x and its neighbour in every format.
inline constexpr int tiny_exponent = -48;

constexpr result exp_value(operand_value x) {
  if (x.is_nan()) return nan_result<std::uint64_t>(x);
  if (x.is_zero()) return exact_integer(false, 1);
  if (x.is_infinite()) return x.negative ? exact_zero() : exact_infinity(false);
  const int leading = x.leading_exponent();
  if (leading < tiny_exponent) return beside_one(false, x.negative ? side::below : side::above);
  if (leading >= 22) return x.negative ? vanishing(false) : huge(false);
  return inexact(false, exp_of(x.significand, x.exponent, x.negative));
}

constexpr result exp2_value(operand_value x) {
  if (x.is_nan()) return nan_result<std::uint64_t>(x);
  if (x.is_zero()) return exact_integer(false, 1);
  if (x.is_infinite()) return x.negative ? exact_zero() : exact_infinity(false);
  const int leading = x.leading_exponent();
  if (leading < tiny_exponent) return beside_one(false, x.negative ? side::below : side::above);
  if (leading >= 23) return x.negative ? vanishing(false) : huge(false);
  // x is a multiple of 2^-62: whole and fraction are exact.
  const uint128 fixed = uint128{x.significand} << (x.exponent + 64);
  const uint128 value = x.negative ? 0 - fixed : fixed;
  const int whole = static_cast<int>(static_cast<int128>(value) >> 64);
  const auto fraction = static_cast<std::uint64_t>(value);
  if (fraction == 0) return {{value_class::finite, false, whole, 1}};
  return inexact(false, exp2_of(whole, fraction));
}

constexpr result expm1_value(operand_value x) {
  if (x.is_nan()) return nan_result<std::uint64_t>(x);
  if (x.is_zero()) return {x};
  if (x.is_infinite()) return x.negative ? exact_integer(true, 1) : exact_infinity(false);
  const int leading = x.leading_exponent();
  if (leading < tiny_exponent) return beside(x, x.negative ? side::below : side::above);
  if (leading >= 22) return x.negative ? beside_one(true, side::below) : huge(false);
  return inexact(x.negative, expm1_of(x.significand, x.exponent, x.negative));
}

}  // namespace assay::detail::evaluation
