// The names of formats that have no row in the table: e5m10, e6m9fn, e4m3b11fnuz, e3m2finite, e8m0fnu.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <assay/format/formats.hpp>

namespace assay {

namespace detail {

/// Takes a decimal number of up to seven digits off the front of the text.
constexpr std::optional<int> take_number(std::string_view& text) {
  int value = 0;
  std::size_t digits = 0;
  while (digits < text.size() && digits < 7 && text[digits] >= '0' && text[digits] <= '9') {
    value = 10 * value + (text[digits++] - '0');
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

constexpr bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

struct encoding_name {
  std::string_view name;
  encoding value;
};
inline constexpr encoding_name encoding_names[]{{"", encoding::ieee},
                                                {"fn", encoding::fn},
                                                {"fnuz", encoding::fnuz},
                                                {"finite", encoding::finite},
                                                {"fnu", encoding::fnu}};

/// By convention fnuz formats use the codes that infinity leaves by a bias one higher.
constexpr int usual_bias(int exponent_bits, encoding nonfinite) {
  return format::ieee_bias(exponent_bits) + (nonfinite == encoding::fnuz ? 1 : 0);
}

}  // namespace detail

/// The format of a name: a row of the table, an alias, or eXmY with an optional bias (b7, b-3) and an optional
/// encoding (nothing: IEEE; fn, fnuz, finite, fnu). Rows come first: e3m2fn is OCP's, which is finite.
constexpr std::optional<format> parse_format(std::string_view name) {
  if (const auto named = find_named_format(name)) return named;
  if (!detail::take(name, "e")) return std::nullopt;
  const auto exponent_bits = detail::take_number(name);
  if (!exponent_bits || *exponent_bits < 1 || *exponent_bits > 11 || !detail::take(name, "m")) return std::nullopt;
  const auto fraction_bits = detail::take_number(name);
  if (!fraction_bits) return std::nullopt;
  std::optional<int> bias;
  if (detail::take(name, "b")) {
    const bool negative = detail::take(name, "-");
    bias = detail::take_number(name);
    if (!bias) return std::nullopt;
    if (negative) bias = -*bias;
  }
  for (const auto& row : detail::encoding_names) {
    if (row.name != name) continue;
    const format f{*exponent_bits, *fraction_bits, bias.value_or(detail::usual_bias(*exponent_bits, row.value)),
                   row.value};
    if (f.is_valid()) return f;
  }
  return std::nullopt;
}

/// The row's name, or one that parse_format() reads back as the same format.
inline std::string format_name(format f) {
  if (const std::string_view row = name_of(f); !row.empty()) return std::string(row);
  std::string name = "e" + std::to_string(f.exponent_bits) + "m" + std::to_string(f.fraction_bits);
  std::string ending;
  for (const auto& row : detail::encoding_names)
    if (row.value == f.nonfinite) ending = row.name;
  const bool usual = f.bias == detail::usual_bias(f.exponent_bits, f.nonfinite);
  // The bias is spelled out where the short name belongs to a row of the table.
  if (!usual || find_named_format(name + ending)) name += "b" + std::to_string(f.bias);
  return name + ending;
}

}  // namespace assay
