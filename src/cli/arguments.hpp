// Arguments as people write them: names of formats and modes, FILE:FORMAT, and a hint where a name is misspelt.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <assay/format/name.hpp>
#include <assay/rounding/name.hpp>
#include <assay/tensor/tensor.hpp>

#include "command.hpp"

namespace assay::cli {

/// " Did you mean X?" when one of the names is close to the word, else nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> names);

/// Throws usage_error with a hint.
format format_argument(std::string_view name);

/// A mode or policy by name; throws usage_error with a hint. `what` is its kind in words.
template <class Value>
Value named_argument(std::string_view name, std::string_view what) {
  if (const auto value = find_named_value<Value>(name)) return *value;
  std::vector<std::string_view> names;
  std::string list;
  for (const auto& row : names_of(Value{})) {
    names.push_back(row.name);
    list += (list.empty() ? "" : ", ") + std::string(row.name);
  }
  const std::string hint = did_you_mean(name, names);
  throw usage_error("There is no " + std::string(what) + " '" + std::string(name) + "'." +
                    (hint.empty() ? " Expected one of " + list + "." : hint));
}

/// FILE or FILE:FORMAT. A colon that no format follows belongs to the file's name if such a file exists.
struct file_argument {
  std::filesystem::path path;
  std::optional<format> stated;

  static file_argument parse(const std::string& text);
  /// Throws usage_error or file_error.
  tensor read() const;
  /// Also refuses elements that are not codes of a floating-point format.
  tensor read_codes() const;
};

/// --rounding, --overflow, --subnormals: the policy of one rounding.
struct conversion_options {
  std::string rounding = "ties_to_even", overflow = "ieee", subnormals = "keep";

  void add_to(CLI::App& command);
  conversion parse() const;
};

}  // namespace assay::cli
