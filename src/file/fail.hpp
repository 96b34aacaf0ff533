// Sentences of refusal.
#pragma once

#include <string>
#include <string_view>

#include <assay/file/error.hpp>

namespace assay::detail {

/// Throws file_error: "NAME: sentence".
[[noreturn]] inline void fail(std::string_view name, std::string_view sentence) {
  throw file_error(std::string(name) + ": " + std::string(sentence));
}

/// Whether these bytes are UTF-8 (RFC 3629: no surrogates, nothing longer than it need be).
bool is_utf8(std::string_view text);

/// Untrusted text in a message: short, and printable.
std::string in_quotes(std::string_view text, std::size_t most = 40);

/// "'a', 'b' and 'c'", or of many the first ones and how many more there are.
template <class Names>
std::string listed(const Names& names) {
  constexpr std::size_t most = 12;
  std::string text;
  std::size_t shown = 0;
  for (const auto& name : names) {
    if (shown == most && names.size() > most + 1) return text + " and " + std::to_string(names.size() - most) + " more";
    if (shown != 0) text += shown + 1 == names.size() ? " and " : ", ";
    text += in_quotes(name, 100);
    ++shown;
  }
  return text;
}

}  // namespace assay::detail
