// From a code to text: the shortest decimal that names it, its exact decimal, a chosen number of digits, hexadecimal.
//
// Zero prints as 0 or -0, infinities as inf or -inf. The canonical NaN prints as nan; another quiet NaN shows its
// payload, the fraction below the quiet bit, as nan(0x1f); a signalling NaN is snan(0x1f); each with a minus where
// the format has signed NaNs. The shortest, the exact and the hexadecimal text parse back to the very code.
#pragma once

#include <array>
#include <charconv>
#include <stdexcept>
#include <string_view>

#include <assay/number/digits.hpp>
#include <assay/number/number.hpp>

namespace assay {

/// Text that fits no heap: what to_text and to_hex_text give, in constant expressions too.
class short_text {
 public:
  constexpr std::string_view view() const { return {text_.data(), size_}; }
  constexpr operator std::string_view() const { return view(); }

  constexpr void append(char c) { text_[size_++] = c; }
  constexpr void append(std::string_view text) {
    for (const char c : text) append(c);
  }
  constexpr void append_digits(uint128 x, unsigned base = 10) {
    std::array<char, 40> reversed{};
    std::size_t n = 0;
    for (; x >> 64 != 0; x /= base) reversed[n++] = digit_of(static_cast<std::uint64_t>(x % base));
    auto low = static_cast<std::uint64_t>(x);  // divides many times faster
    for (; low != 0 || n == 0; low /= base) reversed[n++] = digit_of(low % base);
    while (n > 0) append(reversed[--n]);
  }
  constexpr void append_exponent(char letter, std::int64_t exponent, std::int64_t least_digits) {
    append(letter);
    append(exponent < 0 ? '-' : '+');
    const auto magnitude = static_cast<std::uint64_t>(exponent < 0 ? -exponent : exponent);
    if (least_digits == 2 && magnitude < 10) append('0');
    append_digits(magnitude);
  }

 private:
  static constexpr char digit_of(std::uint64_t value) { return "0123456789abcdef"[value]; }

  std::array<char, 48> text_{};  // the longest: 17 digits, sign, point and e-1000000; or snan with 13 digits
  std::size_t size_ = 0;
};

namespace detail {

/// Text of whatever is no finite number other than zero; empty for those.
constexpr short_text special_text(unpacked<std::uint64_t> v, encoded x, std::string_view zero) {
  short_text text;
  if (v.kind == value_class::finite) return text;
  if (v.negative) text.append('-');
  if (v.is_zero()) text.append(zero);
  if (v.is_infinite()) text.append("inf");
  if (v.is_nan()) {
    const bool quiet = (v.significand & quiet_bit) != 0;
    const std::uint64_t payload = x.in.nonfinite == encoding::ieee ? x.code & (x.in.fraction_mask() >> 1) : 0;
    text.append(quiet ? "nan" : "snan");
    if (payload != 0) {
      text.append("(0x");
      text.append_digits(payload, 16);
      text.append(')');
    }
  }
  return text;
}

/// Characters of d.ddde+xx and of ddd.ddd: std::to_chars takes the shorter, and the second of two equals.
constexpr std::int64_t scientific_length(std::int64_t count, std::int64_t exponent) {
  std::int64_t length = count + (count > 1 ? 1 : 0) + 4;
  for (std::int64_t e = (exponent < 0 ? -exponent : exponent) / 100; e != 0; e /= 10) ++length;
  return length;
}
constexpr std::int64_t plain_length(std::int64_t count, std::int64_t last_exponent) {
  if (last_exponent >= 0) return count + last_exponent;
  return -last_exponent < count ? count + 1 : 2 - last_exponent;
}

/// digits is 0.ddd * 10^point.
inline std::string plain(const decimal_digits& d, std::size_t places) {
  std::string text;
  const auto digit_at = [&](std::int64_t i) {
    return i >= 0 && i < static_cast<std::int64_t>(d.digits.size()) ? d.digits[static_cast<std::size_t>(i)] : '0';
  };
  if (d.point <= 0) text.push_back('0');
  for (std::int64_t i = 0; i < d.point; ++i) text.push_back(digit_at(i));
  if (places > 0) text.push_back('.');
  for (std::size_t i = 0; i < places; ++i) text.push_back(digit_at(d.point + static_cast<std::int64_t>(i)));
  return text;
}
inline std::string scientific(const decimal_digits& d) {
  std::string text(1, d.digits.front());
  if (d.digits.size() > 1) text.append(1, '.').append(d.digits, 1);
  short_text exponent;
  exponent.append_exponent('e', d.point - 1, 2);
  return text.append(exponent.view());
}

inline void require_precision(int precision) {
  if (precision < 0) {
    throw std::invalid_argument("a number of digits must not be negative, but " + std::to_string(precision) +
                                " were asked for");
  }
}

}  // namespace detail

/// The shortest decimal that parses back to this code under ties_to_even; laid out as std::to_chars does: plain or
/// scientific, whichever is shorter, plain if equally long, and whole numbers in plain layout with all their digits.
constexpr short_text to_text(encoded x) {
  const auto v = decode(x.code, x.in);
  short_text text = detail::special_text(v, x, "0");
  if (v.kind != value_class::finite) return text;
  if (v.negative) text.append('-');
  const detail::short_decimal d = detail::shortest_digits(v, x.in);
  const std::int64_t exponent = d.exponent + d.count - 1;
  short_text digits;
  digits.append_digits(d.digits);
  if (detail::plain_length(d.count, d.exponent) > detail::scientific_length(d.count, exponent)) {
    text.append(digits.view().substr(0, 1));
    if (d.count > 1) text.append('.');
    text.append(digits.view().substr(1));
    text.append_exponent('e', exponent, 2);
  } else if (d.exponent >= 0) {
    // The value is whole, like the decimal: if its last place is not, both are multiples of that and nearer than it.
    text.append_digits(v.exponent >= 0 ? uint128{v.significand} << v.exponent : v.significand >> -v.exponent);
  } else if (exponent >= 0) {
    text.append(digits.view().substr(0, static_cast<std::size_t>(exponent + 1)));
    text.append('.');
    text.append(digits.view().substr(static_cast<std::size_t>(exponent + 1)));
  } else {
    text.append("0.");
    for (std::int64_t i = exponent + 1; i < 0; ++i) text.append('0');
    text.append(digits);
  }
  return text;
}

/// As C's %a, but normalised for subnormals too, and without trailing zeros: 0x1.8p+3, 0x0p+0.
constexpr short_text to_hex_text(encoded x) {
  const auto v = decode(x.code, x.in);
  short_text text = detail::special_text(v, x, "0x0p+0");
  if (v.kind != value_class::finite) return text;
  if (v.negative) text.append('-');
  text.append("0x1");
  std::uint64_t fraction = normalised_to(v, 63).significand << 1;
  if (fraction != 0) text.append('.');
  for (; fraction != 0; fraction <<= 4) text.append_digits(fraction >> 60, 16);
  text.append_exponent('p', v.leading_exponent(), 1);
  return text;
}

inline std::string to_string(encoded x) { return std::string(to_text(x).view()); }
inline std::string to_hex_string(encoded x) { return std::string(to_hex_text(x).view()); }

/// Every digit of the value, which is always finitely many; plain or scientific, whichever is shorter. Its length grows
/// with the exponent, and the time with the square of it: a value near 2^-1000000 has 700,000 digits and takes seconds.
inline std::string to_exact_string(encoded x) {
  const auto v = decode(x.code, x.in);
  if (v.kind != value_class::finite) return to_string(x);
  const detail::decimal_digits d = detail::exact_digits(v);
  const auto count = static_cast<std::int64_t>(d.digits.size());
  const std::int64_t last = d.point - count;
  std::string text = v.negative ? "-" : "";
  if (detail::plain_length(count, last) > detail::scientific_length(count, d.point - 1)) {
    return text.append(detail::scientific(d));
  }
  return text.append(detail::plain(d, last < 0 ? static_cast<std::size_t>(-last) : 0));
}

/// As C's %.*f: that many digits after the point, of the exact value rounded once, ties to even.
/// Throws std::invalid_argument if precision is negative.
inline std::string to_fixed_string(encoded x, int precision) {
  detail::require_precision(precision);
  const auto v = decode(x.code, x.in);
  if (!v.is_finite()) return to_string(x);
  const auto places = static_cast<std::size_t>(precision);
  std::string text = v.negative ? "-" : "";
  if (v.is_zero()) return text.append(detail::plain({"", 0}, places));
  constexpr std::int64_t unlimited = std::int64_t{1} << 40;
  return text.append(detail::plain(detail::rounded_digits(v, precision, unlimited), places));
}

/// As C's %.*e: one digit before the point and that many after it, of the exact value rounded once, ties to even.
/// Throws std::invalid_argument if precision is negative.
inline std::string to_scientific_string(encoded x, int precision) {
  detail::require_precision(precision);
  const auto v = decode(x.code, x.in);
  if (!v.is_finite()) return to_string(x);
  std::string text = v.negative ? "-" : "";
  const std::size_t digits = static_cast<std::size_t>(precision) + 1;
  if (v.is_zero()) return text.append(detail::scientific({std::string(digits, '0'), 1}));
  constexpr std::int64_t unlimited = std::int64_t{1} << 40;
  return text.append(detail::scientific(detail::rounded_digits(v, unlimited, static_cast<std::int64_t>(digits))));
}

/// to_text into [first, last), as std::to_chars: ec is std::errc::value_too_large if it does not fit.
inline std::to_chars_result to_chars(char* first, char* last, encoded x) {
  const short_text text = to_text(x);
  if (last - first < static_cast<std::ptrdiff_t>(text.view().size())) return {last, std::errc::value_too_large};
  return {first + text.view().copy(first, text.view().size()), std::errc{}};
}

template <format F>
constexpr short_text to_text(number<F> x) {
  return to_text(x.code());
}
template <format F>
constexpr short_text to_hex_text(number<F> x) {
  return to_hex_text(x.code());
}
template <format F>
std::string to_string(number<F> x) {
  return to_string(x.code());
}
template <format F>
std::string to_hex_string(number<F> x) {
  return to_hex_string(x.code());
}
template <format F>
std::string to_exact_string(number<F> x) {
  return to_exact_string(x.code());
}
template <format F>
std::string to_fixed_string(number<F> x, int precision) {
  return to_fixed_string(x.code(), precision);
}
template <format F>
std::string to_scientific_string(number<F> x, int precision) {
  return to_scientific_string(x.code(), precision);
}
template <format F>
std::to_chars_result to_chars(char* first, char* last, number<F> x) {
  return to_chars(first, last, x.code());
}

}  // namespace assay
