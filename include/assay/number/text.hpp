// Text to and from numbers: printing (print.hpp), parsing (parse.hpp), and the forms that throw or follow <charconv>.
// Streams are in stream.hpp.
#pragma once

#include <assay/number/parse.hpp>
#include <assay/number/print.hpp>

namespace assay {

/// A text that is no number. what() says what was found where, and what was expected.
class text_error : public std::invalid_argument {
 public:
  text_error(std::string_view text, std::size_t position, parse_error error)
      : std::invalid_argument(describe(text, position, error)), position_(position), error_(error) {}

  std::size_t position() const { return position_; }  ///< of the first character that does not fit, from 0
  parse_error error() const { return error_; }

 private:
  static std::string quoted(std::string_view text) {
    constexpr std::size_t limit = 40;
    std::string shown = "'";
    for (const char c : text.substr(0, limit)) shown.push_back(c >= ' ' && c <= '~' ? c : '?');
    return shown + (text.size() > limit ? "...'" : "'");
  }
  static std::string describe(std::string_view text, std::size_t position, parse_error error) {
    if (error == parse_error::empty) return "expected a number, found an empty text";
    const std::string found = position < text.size() ? quoted(text.substr(position, 1)) : "the end";
    const std::string expected = error == parse_error::trailing_characters ? "the end of the number" : "a number";
    return "expected " + expected + " at position " + std::to_string(position) + " of " + quoted(text) + ", found " +
           found;
  }

  std::size_t position_;
  parse_error error_;
};

/// The number that the whole text is, rounded once. Throws text_error. `raised`, when given, collects the exceptions.
template <format F>
constexpr number<F> from_string(std::string_view text, conversion how = {}, std::uint32_t random = 0,
                                exceptions* raised = nullptr) {
  const parsed result = parse(text, F, how, random);
  if (!result) throw text_error(text, result.position, result.error);
  if (raised != nullptr) *raised |= result.raised;
  return number<F>::from_bits(result.code);
}

/// As std::from_chars: takes the longest number at the start; std::errc::invalid_argument, first, and x untouched if
/// there is none. It accepts what parse_prefix does, and overflow is no error: the policy says what it gives.
template <format F>
std::from_chars_result from_chars(const char* first, const char* last, number<F>& x, conversion how = {},
                                  std::uint32_t random = 0) {
  const parsed result = parse_prefix({first, static_cast<std::size_t>(last - first)}, F, how, random);
  if (!result) return {first, std::errc::invalid_argument};
  x = number<F>::from_bits(result.code);
  return {first + result.position, std::errc{}};
}

}  // namespace assay
