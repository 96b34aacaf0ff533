// From text to a code: decimal and hexadecimal, correctly rounded for every format and mode.
//
//   number       [+-] ( decimal | hexadecimal | inf | infinity | nan | snan ), upper or lower case
//   decimal      digits with an optional point, one digit at least, and an optional exponent: 1.5e-3  .5  5.
//   hexadecimal  0x, hexadecimal digits alike, and an optional exponent of two in decimal: 0x1.8p3
//   nan, snan    optionally followed by a payload in parentheses, decimal or 0x hexadecimal: nan(0x1f)
//
// A NaN's payload is the fraction below the quiet bit; digits that the format has no room for are dropped, as are
// payloads that are not numbers (C allows both). "snan" gives a signalling NaN where the format has one, else it raises
// invalid and gives a quiet one. Nothing else is accepted: no blanks, no digit separators, no suffixes.
//
// Work and memory are bounded whatever the text: digits that cannot change the rounding only leave a sticky digit, and
// exponents far outside the format's range are never expanded. For named formats at most 1,500 digits matter. Where
// 128 bits do not decide, exact conversion works in the square of the exponent: in a format whose bias nears a million
// a hard case of a million digits takes a second.
#pragma once

#include <string_view>

#include <assay/number/decimal.hpp>
#include <assay/rounding/round.hpp>

namespace assay {

enum class parse_error : std::uint8_t {
  none,
  empty,                ///< there is no text
  not_a_number,         ///< the text does not begin with a number
  trailing_characters,  ///< something follows the number
};

/// A code, the exceptions raised by rounding to it, and how far the text was a number. After an error the code is 0 and
/// `position` is that of the first character that does not fit.
struct parsed {
  std::uint64_t code = 0;
  exceptions raised = exceptions::none;
  std::size_t position = 0;
  parse_error error = parse_error::none;

  constexpr explicit operator bool() const { return error == parse_error::none; }
};

namespace detail {

constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// The digit's value, or 99.
constexpr unsigned digit_value(char c) {
  c = to_lower(c);
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  return c >= 'a' && c <= 'z' ? static_cast<unsigned>(c - 'a') + 10 : 99;
}

/// A reader of one text. Every `accept` moves on only when it succeeds.
struct text_reader {
  std::string_view text;
  std::size_t at = 0;

  constexpr char peek(std::size_t ahead = 0) const { return at + ahead < text.size() ? text[at + ahead] : '\0'; }
  constexpr bool accept(char c) {
    if (at >= text.size() || to_lower(text[at]) != c) return false;
    ++at;
    return true;
  }
  constexpr bool accept(std::string_view word) {
    if (text.size() - at < word.size()) return false;
    for (std::size_t i = 0; i < word.size(); ++i)
      if (to_lower(text[at + i]) != word[i]) return false;
    at += word.size();
    return true;
  }
  /// A letter and a decimal exponent; clamped far outside every format's range.
  constexpr std::int64_t accept_exponent(char letter) {
    const std::size_t start = at;
    if (!accept(letter)) return 0;
    const bool negative = accept('-');
    if (!negative) accept('+');
    if (digit_value(peek()) > 9) {
      at = start;
      return 0;
    }
    constexpr std::int64_t limit = std::int64_t{1} << 50;
    std::int64_t value = 0;
    for (; digit_value(peek()) <= 9; ++at) {
      if (value < limit) value = 10 * value + static_cast<int>(digit_value(peek()));
    }
    return negative ? -value : value;
  }
};

/// Digits and a point as found in a text: where they are, and what their last one counts.
struct digit_run {
  std::string_view text;
  std::int64_t last_exponent = 0;  // of the last digit, in powers of the base
  bool found = false;
};

constexpr digit_run accept_digits(text_reader& in, unsigned base) {
  const std::size_t start = in.at;
  std::int64_t before = 0, after = 0;
  for (; digit_value(in.peek()) < base; ++in.at) ++before;
  if (in.peek() == '.' && (before > 0 || digit_value(in.peek(1)) < base)) {
    ++in.at;
    for (; digit_value(in.peek()) < base; ++in.at) ++after;
  }
  return {in.text.substr(start, in.at - start), -after, before + after > 0};
}

/// What stands for a value too large or too small to matter beyond its rounding: see fit_exponent.
constexpr wide_value beyond(format f) { return {1, std::int64_t{f.max_exponent()} + 9}; }
constexpr wide_value beneath(format f) { return {1, std::int64_t{f.min_ulp_exponent()} - 200}; }

/// The value with its exponent in reach of the format, so that it fits an int; rounds as v does. Below the smallest gap
/// by 36 bits, all that a rounding sees (the stochastic one too) is that the value is not zero.
constexpr unpacked<uint128> fit_exponent(wide_value v, format f, bool negative) {
  if (v.leading_exponent() > f.max_exponent() + 2) v = beyond(f);
  if (v.leading_exponent() < f.min_ulp_exponent() - 36) v = beneath(f);
  return {value_class::finite, negative, static_cast<int>(v.exponent), v.significand};
}

/// digits * 2^exponent.
constexpr wide_value read_hexadecimal(digit_run digits, std::int64_t exponent) {
  wide_value v{0, exponent + 4 * digits.last_exponent};
  bool sticky = false;
  for (const char c : digits.text) {
    if (c == '.') continue;
    const unsigned digit = digit_value(c);
    if (v.significand >> 122 == 0) {
      v.significand = v.significand << 4 | digit;
    } else {
      sticky = sticky || digit != 0;
      v.exponent += 4;
    }
  }
  v.significand |= static_cast<uint128>(sticky);
  return v;
}

/// All digits down to 10^finest, and one more if the text goes on. `last` is set to what the last one counts.
constexpr natural read_exactly(std::string_view text, std::int64_t first, std::int64_t finest, std::int64_t& last) {
  natural value;
  std::uint64_t chunk = 0, chunk_scale = 1;
  const auto flush = [&] {
    value *= chunk_scale;
    value.add(chunk);
    chunk = 0;
    chunk_scale = 1;
  };
  std::int64_t weight = first;
  for (const char c : text) {
    if (c == '.') continue;
    if (chunk_scale == 10'000'000'000'000'000'000u) flush();
    const bool goes_on = weight < finest;  // and not with zeros only: the last digit is none
    chunk = 10 * chunk + (goes_on ? 1 : digit_value(c));
    chunk_scale *= 10;
    if (goes_on) {
      last = weight;
      break;
    }
    --weight;
  }
  flush();
  return value;
}

/// digits * 10^exponent, as far as f can tell.
constexpr wide_value read_decimal(digit_run digits, std::int64_t exponent, format f) {
  // Only the digits from the first to the last that are not zero.
  std::string_view text = digits.text;
  std::int64_t last = exponent + digits.last_exponent;
  while (!text.empty() && (text.front() == '0' || text.front() == '.')) text.remove_prefix(1);
  if (text.empty()) return {};
  while (text.back() == '0' || text.back() == '.') {
    if (text.back() == '0') ++last;
    text.remove_suffix(1);
  }
  const bool has_point = text.find('.') != std::string_view::npos;
  const std::int64_t first = last + static_cast<std::int64_t>(text.size()) - 1 - (has_point ? 1 : 0);
  // The value is at least 10^first and below 10^(first + 1).
  if (log2_of_power_of_ten_below(first) > f.max_exponent() + 2) return beyond(f);
  if (log2_of_power_of_ten_above(first + 1) < f.min_ulp_exponent() - 36) return beneath(f);

  // Everything that decides a rounding (neighbours, ties, steps of 2^-32 between them) is a multiple of 2^-finest, and
  // hence of 10^-finest: digits beyond count only as "more than nothing".
  const std::int64_t finest = f.min_ulp_exponent() - 36 < 0 ? 36 - f.min_ulp_exponent() : 0;
  const auto count = first - last + 1;
  constexpr int head_count = 38;
  uint128 head = 0;
  std::int64_t weight = first + 1;  // of the last digit taken
  for (std::size_t i = 0; i < text.size() && weight > first + 1 - head_count; ++i) {
    if (text[i] == '.') continue;
    head = 10 * head + digit_value(text[i]);
    --weight;
  }
  if (count <= 19 && -small_power <= last && last <= small_power) {
    return scale_by_small_power(static_cast<std::uint64_t>(head), last);
  }
  if (const auto scaled = scale_by_rounded_power(head, weight)) return *scaled;
  natural all = read_exactly(text, first, -finest, last);
  return scale_by_power_of_ten(static_cast<natural&&>(all), last);
}

/// What stands in a NaN's parentheses; 0 where it is no number.
constexpr std::uint64_t read_payload(std::string_view text) {
  const bool is_hexadecimal = text.size() > 2 && text[0] == '0' && to_lower(text[1]) == 'x';
  const unsigned base = is_hexadecimal ? 16 : 10;
  if (is_hexadecimal) text.remove_prefix(2);
  std::uint64_t payload = 0;
  for (const char c : text) {
    if (digit_value(c) >= base) return 0;
    payload = base * payload + digit_value(c);
  }
  return payload;
}

constexpr std::uint64_t accept_payload(text_reader& in) {
  const std::size_t start = in.at;
  if (in.accept('(')) {
    const std::size_t content = in.at;
    while (digit_value(in.peek()) < 36 || in.peek() == '_') ++in.at;
    const std::string_view payload = in.text.substr(content, in.at - content);
    if (in.accept(')')) return read_payload(payload);
  }
  in.at = start;
  return 0;
}

constexpr rounded make_nan_from_text(format f, bool negative, bool signalling, std::uint64_t payload) {
  if (f.nonfinite != encoding::ieee || f.fraction_bits < 2) {
    rounded quiet = encode_nan(f, negative, 0);
    if (signalling) quiet.raised |= exceptions::invalid;
    return quiet;
  }
  payload &= f.fraction_mask() >> 1;
  if (!signalling) return encode_nan(f, negative, payload << (64 - f.fraction_bits));
  return {f.infinity_code() | (payload != 0 ? payload : 1) | (negative ? f.sign_mask() : 0)};
}

}  // namespace detail

/// The longest number at the start of the text; `position` is where it ends.
constexpr parsed parse_prefix(std::string_view text, format f, conversion how = {}, std::uint32_t random = 0) {
  if (text.empty()) return {0, exceptions::none, 0, parse_error::empty};
  detail::text_reader in{text};
  const bool negative = in.accept('-');
  if (!negative) in.accept('+');
  const auto done = [&](rounded r) { return parsed{r.code, r.raised, in.at}; };
  const auto finite = [&](detail::wide_value v) {
    if (v.significand == 0) return done(round_to_format(make_zero<uint128>(negative), f, how, random));
    return done(round_to_format(detail::fit_exponent(v, f, negative), f, how, random));
  };

  if (in.accept("infinity") || in.accept("inf")) {
    return done(round_to_format(make_infinity<uint128>(negative), f, how, random));
  }
  const bool signalling = in.accept("snan");
  if (signalling || in.accept("nan")) {
    return done(detail::make_nan_from_text(f, negative, signalling, detail::accept_payload(in)));
  }
  const std::size_t start = in.at;
  if (in.accept("0x")) {
    const detail::digit_run digits = detail::accept_digits(in, 16);
    if (digits.found) return finite(detail::read_hexadecimal(digits, in.accept_exponent('p')));
    in.at = start;  // the zero alone is the number
  }
  const detail::digit_run digits = detail::accept_digits(in, 10);
  if (!digits.found) return {0, exceptions::none, in.at, parse_error::not_a_number};
  return finite(detail::read_decimal(digits, in.accept_exponent('e'), f));
}

/// The number that the whole text is.
constexpr parsed parse(std::string_view text, format f, conversion how = {}, std::uint32_t random = 0) {
  const parsed result = parse_prefix(text, f, how, random);
  if (!result || result.position == text.size()) return result;
  return {0, exceptions::none, result.position, parse_error::trailing_characters};
}

}  // namespace assay
