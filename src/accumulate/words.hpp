// Text in pieces: what both grammars need.
#pragma once

#include <charconv>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace assay::words {

/// The pieces between separators; an empty text has one empty piece.
inline std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> pieces;
  for (;;) {
    const std::size_t at = text.find_first_of(separators);
    pieces.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return pieces;
    text.remove_prefix(at + 1);
  }
}

/// The whole text as a decimal integer.
template <class Integer>
std::optional<Integer> number(std::string_view text) {
  Integer value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

[[noreturn]] inline void fail(std::string_view kind, std::string_view whole, std::string_view found,
                              const std::string& expected) {
  throw std::invalid_argument(std::string(kind) + " '" + std::string(whole) + "': found '" + std::string(found) +
                              "', expected " + expected);
}

/// Letters to insert, remove or exchange to turn one text into the other.
inline std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t exchange = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min(exchange, std::min(row[j], row[j - 1]) + 1);
    }
  }
  return row[b.size()];
}

/// " (did you mean 'x'?)" for the nearest name that is near enough, else nothing.
template <class Names>
std::string suggestion(std::string_view found, const Names& names) {
  std::string_view best;
  std::size_t least = found.size() / 3 + 2;
  for (const std::string_view name : names) {
    if (found.size() > 100 || distance(found, name) >= least) continue;
    least = distance(found, name);
    best = name;
  }
  return best.empty() ? std::string{} : " (did you mean '" + std::string(best) + "'?)";
}

}  // namespace assay::words
