// Scalar conversions between codes and C++'s own numbers. Each rounds once.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <assay/number/arithmetic.hpp>

namespace assay {

/// C++'s own numbers as operands.
constexpr encoded encode(float x) { return {std::bit_cast<std::uint32_t>(x), binary32}; }
constexpr encoded encode(double x) { return {std::bit_cast<std::uint64_t>(x), binary64}; }

/// bool and character types are no numbers here.
template <class T>
concept integer_number = std::integral<T> && !std::same_as<std::remove_cv_t<T>, bool> &&
                         !std::same_as<std::remove_cv_t<T>, char> && !std::same_as<std::remove_cv_t<T>, wchar_t> &&
                         !std::same_as<std::remove_cv_t<T>, char8_t> && !std::same_as<std::remove_cv_t<T>, char16_t> &&
                         !std::same_as<std::remove_cv_t<T>, char32_t>;

template <class T>
concept native_number = integer_number<T> || std::same_as<std::remove_cv_t<T>, float> ||
                        std::same_as<std::remove_cv_t<T>, double>;

/// A native number in format f, rounded once. Zero from an integer is +0.
template <native_number T>
constexpr rounded convert(T x, format f, conversion how = {}, std::uint32_t random = 0) {
  if constexpr (std::floating_point<T>) {
    return convert(encode(x), f, how, random);
  } else {
    if (x == 0) return round_to_format(make_zero<std::uint64_t>(false), f, how, random);
    const bool negative = x < 0;
    const auto bits = static_cast<std::uint64_t>(x);  // two's complement: negation modulo 2^64 gives the magnitude
    return round_to_format(unpacked<std::uint64_t>{value_class::finite, negative, 0, negative ? 0 - bits : bits}, f,
                           how, random);
  }
}

/// An integer and the exceptions that its making raised.
template <integer_number T>
struct rounded_integer {
  T value = 0;
  exceptions raised = exceptions::none;
};

/// The integer nearest x by the mode. Out of range: the nearest limit of T, and invalid is raised; so do infinities.
/// NaN gives 0 and raises invalid (PTX cvt and Rust's `as` do the same). on_overflow has no part in this.
template <integer_number T>
constexpr rounded_integer<T> convert_to_integer(encoded x, conversion how = {rounding::toward_zero},
                                                std::uint32_t random = 0) {
  using limits = std::numeric_limits<T>;
  const auto v = detail::operand<std::uint64_t>(x, how);
  if (v.is_nan()) return {0, exceptions::invalid};
  if (v.is_zero()) return {0};
  const rounded_integer<T> out_of_range{v.negative ? limits::min() : limits::max(), exceptions::invalid};
  if (v.is_infinite() || v.leading_exponent() > 64) return out_of_range;
  rounded_significand<uint128> r{};
  if (v.exponent >= 0) {
    r = {uint128{v.significand} << v.exponent, false};
  } else {
    r = round_significand(uint128{v.significand}, -v.exponent, v.negative, how, random);
  }
  const uint128 largest = v.negative ? uint128{0} - static_cast<uint128>(static_cast<int128>(limits::min()))
                                     : static_cast<uint128>(limits::max());
  if (r.kept > largest) return out_of_range;
  const auto magnitude = static_cast<std::uint64_t>(r.kept);
  return {static_cast<T>(v.negative ? 0 - magnitude : magnitude),
          r.inexact ? exceptions::inexact : exceptions::none};
}

/// The value of a code as a double or float: exact where the type holds it, else rounded once, ties to even.
constexpr double to_double(std::uint64_t code, format f) {
  return std::bit_cast<double>(convert(encoded{code, f}, binary64).code);
}
constexpr float to_float(std::uint64_t code, format f) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(convert(encoded{code, f}, binary32).code));
}

}  // namespace assay
