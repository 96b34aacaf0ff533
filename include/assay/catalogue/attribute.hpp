// Attributes of kernels as values and as text.
#pragma once

#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <assay/catalogue/kernel_info.hpp>

namespace assay {

using attribute_value = std::variant<double, std::int64_t, bool, std::string, std::vector<std::int64_t>>;

namespace detail {

[[noreturn]] inline void refuse_attribute(const attribute_info& info, std::string_view found, std::string_view due) {
  throw std::invalid_argument(std::string(info.name) + " is '" + std::string(found) + "'; expected " +
                              std::string(due) + ".");
}

template <class Number>
Number parse_number(const attribute_info& info, std::string_view text, std::string_view due) {
  Number x{};
  const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), x);
  if (error != std::errc() || end != digits.data() + digits.size()) refuse_attribute(info, text, due);
  return x;
}

/// Calls each(word) for the words between single separators.
template <class Each>
void for_each_word(std::string_view text, char separator, const Each& each) {
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(separator, at), text.size());
    each(text.substr(at, end - at));
    at = end + 1;
  }
}

inline bool is_choice(const attribute_info& info, std::string_view word) {
  bool found = false;
  for_each_word(info.choices, ' ', [&](std::string_view choice) { found = found || choice == word; });
  return found;
}

inline std::string_view kind_name(attribute_info::kind kind) {
  switch (kind) {
    case attribute_info::kind::number: return "a number";
    case attribute_info::kind::integer: return "an integer";
    case attribute_info::kind::flag: return "true or false";
    case attribute_info::kind::choice: return "a word";
    case attribute_info::kind::integers: break;
  }
  return "integers with commas between them";
}

}  // namespace detail

/// An attribute as people write it: 1e-5, -1, true, mean, 2,2. Throws std::invalid_argument.
inline attribute_value parse_attribute(const attribute_info& info, std::string_view text) {
  using kind = attribute_info::kind;
  const std::string_view due = detail::kind_name(info.type);
  switch (info.type) {
    case kind::number: return detail::parse_number<double>(info, text, due);
    case kind::integer: return detail::parse_number<std::int64_t>(info, text, due);
    case kind::flag:
      if (text == "true" || text == "1") return true;
      if (text == "false" || text == "0") return false;
      detail::refuse_attribute(info, text, due);
    case kind::choice:
      if (!detail::is_choice(info, text)) detail::refuse_attribute(info, text, "one of " + std::string(info.choices));
      return std::string(text);
    case kind::integers: break;
  }
  std::vector<std::int64_t> all;
  detail::for_each_word(
      text, ',', [&](std::string_view word) { all.push_back(detail::parse_number<std::int64_t>(info, word, due)); });
  return all;
}

/// As parse_attribute reads it back.
inline std::string to_string(const attribute_value& value) {
  struct writer {
    std::string operator()(double x) const {
      char text[32];
      return {text, std::to_chars(text, text + sizeof text, x).ptr};
    }
    std::string operator()(std::int64_t n) const { return std::to_string(n); }
    std::string operator()(bool on) const { return on ? "true" : "false"; }
    std::string operator()(const std::string& word) const { return word; }
    std::string operator()(const std::vector<std::int64_t>& all) const {
      std::string text;
      for (const std::int64_t n : all) text += (text.empty() ? "" : ",") + std::to_string(n);
      return text;
    }
  };
  return std::visit(writer{}, value);
}

}  // namespace assay
