// From a finite value to its decimal digits: the shortest that name it, or any number of correctly rounded ones.
#pragma once

#include <optional>
#include <string>

#include <assay/bits/natural.hpp>
#include <assay/bits/power_of_ten.hpp>
#include <assay/number/arithmetic.hpp>

namespace assay::detail {

// Both work as Steele and White's and Dragon4 do, on a fraction rest / unit over the integers, of which each step takes
// a digit. Small values have it in 128-bit words, all others in naturals: the same code serves both.

constexpr int take_digit(natural& rest, const natural& unit) { return static_cast<int>(rest.divide_by(unit)); }
constexpr int take_digit(uint128& rest, uint128 unit) {
  const uint128 digit = rest / unit;
  rest %= unit;
  return static_cast<int>(digit);
}
constexpr int compare(uint128 a, uint128 b) { return a < b ? -1 : a > b ? 1 : 0; }
constexpr uint128 doubled(uint128 a) { return a << 1; }
constexpr natural doubled(natural a) {
  a <<= 1;
  return a;
}
template <class Integer>
constexpr Integer sum(Integer a, const Integer& b) {
  a += b;
  return a;
}

/// A positive value as rest / unit * 10^exponent with 1 <= rest / unit < 10, and one quarter of its last place in the
/// same unit.
template <class Integer>
struct decimal_fraction {
  Integer rest, unit, quarter;
  std::int64_t exponent;
};

/// floor(log10(2^e)), or one less or more.
constexpr std::int64_t log10_of_power_of_two(std::int64_t e) { return e * 1'292'913'986 >> 32; }

template <class Integer>
constexpr Integer power_of_five_as(std::int64_t n) {
  if constexpr (std::same_as<Integer, natural>) {
    return power_of_five(n);
  } else {
    Integer power = 1;
    for (; n > 0; --n) power *= 5;
    return power;
  }
}

template <class Integer>
constexpr decimal_fraction<Integer> as_decimal_fraction(std::uint64_t significand, std::int64_t exponent) {
  const std::int64_t leading = exponent + bit_width(significand) - 1;
  const std::int64_t ten = log10_of_power_of_two(leading);
  decimal_fraction<Integer> x{Integer{}, power_of_five_as<Integer>(ten > 0 ? ten : 0),
                              power_of_five_as<Integer>(ten < 0 ? -ten : 0), ten};
  const std::int64_t two = exponent - ten - 2;  // of a quarter of the last place, over 10^ten
  if (two >= 0) {
    x.quarter <<= static_cast<int>(two);
  } else {
    x.unit <<= static_cast<int>(-two);
  }
  x.rest = x.quarter;
  x.rest *= significand;
  x.rest <<= 2;
  if (compare(x.rest, x.unit) < 0) {
    x.rest *= 10u;
    x.quarter *= 10u;
    --x.exponent;
  }
  Integer ten_units = x.unit;
  ten_units *= 10u;
  if (compare(x.rest, ten_units) >= 0) {
    x.unit = ten_units;
    ++x.exponent;
  }
  return x;
}

/// Whether 128-bit words hold every intermediate below, with 10 and 2 as further factors.
constexpr bool fits_words(std::uint64_t significand, std::int64_t exponent) {
  const int digits = bit_width(significand);
  return digits <= 24 && exponent > -60 && exponent + digits <= 30 && exponent + digits > -25;
}

/// digits * 10^exponent; the last digit is not zero.
struct short_decimal {
  std::uint64_t digits;
  int count;
  std::int64_t exponent;
};

constexpr short_decimal without_trailing_zeros(short_decimal d) {
  for (; d.digits % 10 == 0; ++d.exponent) d.digits /= 10;
  d.count = 0;
  for (std::uint64_t rest = d.digits; rest != 0; rest /= 10) ++d.count;
  return d;
}

template <class Integer>
constexpr short_decimal shortest_digits(decimal_fraction<Integer> x, bool even, bool narrow_below) {
  // What rounds to the value reaches half a place up, and down by as much, or by half of that at the bottom of a
  // binade. The ends belong to it when a tie goes its way: to an even significand, or up to a new binade.
  Integer above = doubled(x.quarter), below = narrow_below ? x.quarter : above;
  const bool ends_below = even || narrow_below;
  short_decimal result{0, 0, x.exponent};
  for (;; --result.exponent) {
    result.digits = 10 * result.digits + static_cast<std::uint64_t>(take_digit(x.rest, x.unit));
    const int to_below = compare(x.rest, below), to_above = compare(sum(x.rest, above), x.unit);
    const bool down = to_below < 0 || (to_below == 0 && ends_below);
    const bool up = to_above > 0 || (to_above == 0 && even);
    if (down || up) {
      const int half = compare(doubled(x.rest), x.unit);
      const bool nearer_up = half > 0 || (half == 0 && (result.digits & 1) != 0);
      if (up && (nearer_up || !down)) ++result.digits;
      break;
    }
    x.rest *= 10u;
    above *= 10u;
    below *= 10u;
  }
  return without_trailing_zeros(result);
}

/// The same to 128 bits, without large integers: nothing where those do not tell, once in many thousand values.
constexpr std::optional<short_decimal> shortest_digits_in_words(std::uint64_t significand, int exponent,
                                                                bool narrow_below) {
  // value / 10^ten in fixed point, from below, 1 being 2^120: off by less than 2^-103 of at most 10.
  constexpr int point = 120;
  constexpr uint128 one = uint128{1} << point, half = one / 2;
  uint128 error = uint128{1} << 22;
  const int leading = exponent + bit_width(significand) - 1;
  const binary_power value{uint128{significand} << (128 - bit_width(significand)), leading - 127};
  const auto to_fixed = [&](binary_power x) {
    return shift_right(x.significand, static_cast<int>(-point - x.exponent));
  };
  short_decimal result{0, 0, log10_of_power_of_two(leading)};
  binary_power scale = power_of_ten(-result.exponent);
  uint128 rest = to_fixed(value * scale);
  if (rest >= 10 * one) {
    scale = power_of_ten(-++result.exponent);
    rest = to_fixed(value * scale);
  }
  if (rest < one || rest + error >= 10 * one) return std::nullopt;
  uint128 above = to_fixed({scale.significand, scale.exponent + exponent - 1});
  uint128 below = narrow_below ? above / 2 : above;
  for (;; --result.exponent) {
    result.digits = 10 * result.digits + static_cast<std::uint64_t>(rest >> point);
    rest &= one - 1;
    if (rest + error >= one) return std::nullopt;
    // Each is known to lie less than `error` above its value here. An end of the interval itself is undecided.
    const bool down = rest + error<below, not_down = rest> below + error;
    const bool up = rest + above > one, not_up = rest + above + 2 * error <= one;
    if (!(down || not_down) || !(up || not_up)) return std::nullopt;
    if (down || up) {
      const bool nearer_up = rest > half, nearer_down = rest + error <= half;
      if (down && up && !nearer_up && !nearer_down) return std::nullopt;
      if (up && (nearer_up || !down)) ++result.digits;
      return without_trailing_zeros(result);
    }
    rest *= 10;
    above *= 10;
    below *= 10;
    error *= 10;
  }
}

/// The shortest decimal that ties_to_even takes back to this code, and of those the nearest to the value (of two
/// equally near the even one). For a finite value other than zero. Beyond the largest and below the smallest number
/// the rounding is taken as if there were further numbers: that keeps 6 from being printed for every number above it.
constexpr short_decimal shortest_digits(unpacked<std::uint64_t> v, format f) {
  const bool even = (v.significand & 1) == 0;
  const bool narrow_below = v.significand == std::uint64_t{1} << f.fraction_bits &&
                            (v.leading_exponent() > f.min_exponent() || !f.has_zero());
  if (fits_words(v.significand, v.exponent)) {
    return shortest_digits(as_decimal_fraction<uint128>(v.significand, v.exponent), even, narrow_below);
  }
  if (const auto d = shortest_digits_in_words(v.significand, v.exponent, narrow_below)) return *d;
  return shortest_digits(as_decimal_fraction<natural>(v.significand, v.exponent), even, narrow_below);
}

/// 0.ddd... * 10^point.
struct decimal_digits {
  std::string digits;
  std::int64_t point;
};

/// The value rounded once to the place 10^-places or to a number of digits, whichever is less; ties to even.
inline decimal_digits rounded_digits(unpacked<std::uint64_t> v, std::int64_t places, std::int64_t count) {
  auto x = as_decimal_fraction<natural>(v.significand, v.exponent);
  const std::int64_t point = x.exponent + 1;
  const std::int64_t n = count < point + places ? count : point + places;
  if (n < 0) return {"", point};
  std::string digits(1, '0');  // room for a carry
  for (std::int64_t i = 0; i < n; ++i) {
    digits.push_back(static_cast<char>('0' + take_digit(x.rest, x.unit)));
    if (i + 1 < n) x.rest *= 10u;
  }
  // With no digit at all, the place rounded to is ten times the first one's.
  if (n == 0) x.unit *= 10u;
  const int half = compare(doubled(x.rest), x.unit);
  if (half > 0 || (half == 0 && (digits.back() - '0') % 2 != 0)) {
    std::size_t i = digits.size() - 1;
    for (; digits[i] == '9'; --i) digits[i] = '0';
    ++digits[i];
  }
  const bool carried = digits.front() != '0';
  if (!carried) return {digits.substr(1), point};
  if (n == count && n > 0) digits.pop_back();  // still that many digits
  return {digits, point + 1};
}

/// All digits of the value: there are finitely many.
inline decimal_digits exact_digits(unpacked<std::uint64_t> v) {
  const int zeros = std::countr_zero(v.significand);
  natural value(v.significand >> zeros);
  const std::int64_t exponent = std::int64_t{v.exponent} + zeros;
  const std::int64_t places = exponent < 0 ? -exponent : 0;
  if (exponent < 0) {
    value = value * power_of_five(places);
  } else {
    value <<= exponent;
  }
  constexpr int step = 19;
  std::string reversed;
  while (!value.is_zero()) {
    std::uint64_t chunk = value.divide_by(10'000'000'000'000'000'000u);
    for (int i = 0; i < step; ++i, chunk /= 10) reversed.push_back(static_cast<char>('0' + chunk % 10));
  }
  while (reversed.back() == '0') reversed.pop_back();
  const auto point = static_cast<std::int64_t>(reversed.size()) - places;
  std::string digits(reversed.rbegin(), reversed.rend());
  digits.erase(digits.find_last_not_of('0') + 1);
  return {digits, point};
}

}  // namespace assay::detail
