// Streams: operator<< and operator>> of number<Format> and quantised<Format>. The only header that needs <iostream>'s
// parts, so include it where you print.
#pragma once

#include <istream>
#include <ostream>
#include <string>
#include <utility>

#include <assay/number/quantised.hpp>
#include <assay/number/text.hpp>

namespace assay {

namespace detail {

/// Decides, character by character, whether a text can still grow into a number of parse.hpp's grammar, so that a
/// stream need not give characters back: "1.5+2" is taken up to the 5.
class number_collector {
 public:
  constexpr bool accepts(char c) {
    c = to_lower(c);
    const char before = last_;
    const bool taken = in_parentheses_ ? true : is_word_ ? in_word(c) : in_number(c, before);
    if (!taken || closed_) return false;
    if (c == ')') closed_ = true;
    last_ = c;
    ++length_;
    return true;
  }

 private:
  constexpr bool in_word(char c) {
    if (c == '(') in_parentheses_ = true;
    return c == '(' || (c >= 'a' && c <= 'z');
  }
  constexpr bool in_number(char c, char before) {
    const bool at_start = length_ == 0 || (length_ == 1 && (before == '-' || before == '+'));
    if (c == '+' || c == '-') return length_ == 0 || before == (is_hexadecimal_ ? 'p' : 'e');
    if (at_start && (c == 'i' || c == 'n' || c == 's')) return is_word_ = true;
    if (c == '.') return !std::exchange(has_point_, true) && !in_exponent_;
    if (c == 'x') return before == '0' && digits_ == 1 && !has_point_ && !std::exchange(is_hexadecimal_, true);
    if (c == (is_hexadecimal_ ? 'p' : 'e')) return digits_ > 0 && !std::exchange(in_exponent_, true);
    if (digit_value(c) >= (is_hexadecimal_ && !in_exponent_ ? 16u : 10u)) return false;
    ++digits_;
    return true;
  }

  char last_ = '\0';
  std::size_t length_ = 0, digits_ = 0;
  bool is_word_ = false, in_parentheses_ = false, closed_ = false;
  bool is_hexadecimal_ = false, has_point_ = false, in_exponent_ = false;
};

inline std::string formatted(encoded x, const std::ios_base& stream) {
  const auto flags = stream.flags();
  const auto precision = static_cast<int>(stream.precision());
  std::string text;
  switch (flags & std::ios_base::floatfield) {
    case std::ios_base::fixed: text = to_fixed_string(x, precision); break;
    case std::ios_base::scientific: text = to_scientific_string(x, precision); break;
    case std::ios_base::fixed | std::ios_base::scientific: text = to_hex_string(x); break;
    default: text = to_string(x); break;
  }
  if ((flags & std::ios_base::showpos) != 0 && text.front() != '-') text.insert(text.begin(), '+');
  if ((flags & std::ios_base::uppercase) != 0) {
    for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return text;
}

}  // namespace detail

/// The shortest text that reads back as the same number; the stream's precision counts only with std::fixed and
/// std::scientific. std::hexfloat, showpos, uppercase, width, fill and left or right adjustment work as for double.
template <format F>
std::ostream& operator<<(std::ostream& out, number<F> x) {
  return out << detail::formatted(x.code(), out);
}

/// Reads the longest text that may be a number, rounded to F with ties to even. What is no number sets failbit, leaves
/// x as it was, and what was read of it stays read.
template <format F>
std::istream& operator>>(std::istream& in, number<F>& x) {
  const std::istream::sentry ready(in);
  if (!ready) return in;
  using traits = std::istream::traits_type;
  detail::number_collector collector;
  std::string text;
  auto c = in.rdbuf()->sgetc();
  while (!traits::eq_int_type(c, traits::eof()) && collector.accepts(traits::to_char_type(c))) {
    text.push_back(traits::to_char_type(c));
    c = in.rdbuf()->snextc();
  }
  auto state = traits::eq_int_type(c, traits::eof()) ? std::ios_base::eofbit : std::ios_base::goodbit;
  const parsed result = parse(text, F);
  if (result) {
    x = number<F>::from_bits(result.code);
  } else {
    state |= std::ios_base::failbit;
  }
  in.setstate(state);
  return in;
}

/// The integer, also where it is stored in a character type.
template <integer_format I>
std::ostream& operator<<(std::ostream& out, quantised<I> x) {
  return out << static_cast<long long>(x.value());
}

/// Reads an integer; one out of range saturates. What is no integer sets failbit and leaves x as it was.
template <integer_format I>
std::istream& operator>>(std::istream& in, quantised<I>& x) {
  long long value = 0;
  if (in >> value) x = quantised<I>(value);
  return in;
}

}  // namespace assay
