// Arguments as people write them: names of formats and modes, references to files, and a hint where a name is misspelt.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <assay/file/input_files.hpp>
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

/// The names of all modes or policies, with | between them, but for one.
template <class Value>
std::string value_words(std::string_view except = "") {
  std::string words;
  for (const auto& row : names_of(Value{})) {
    if (row.name != except) words += (words.empty() ? "" : "|") + std::string(row.name);
  }
  return words;
}

/// FILE, FILE:FORMAT, FILE#tensor and so on: see assay/file/file_reference.hpp. Any kind of file.
struct file_argument {
  file_reference reference;
  std::filesystem::path path;    ///< of the reference
  std::optional<format> stated;  ///< when a floating-point format was

  /// Throws std::invalid_argument with one sentence.
  static file_argument parse(const std::string& text);
  /// Where the file can be mapped, it is. Throws file_error.
  tensor read(input_files& from) const;
  /// Numbers: codes of a floating-point format, signed integers of up to 32 bits, and what is said to be integers.
  /// Refuses all else with usage_error.
  tensor read_numbers(input_files& from) const;
  /// Of these integers become codes of a format that holds them.
  tensor read_codes(input_files& from) const;
};

/// FILE:FORMAT with this shape: FILE:FORMAT[SHAPE]. Throws usage_error where no format is stated, or a shape is.
std::string with_shape(const std::string& file, const std::string& shape);
/// Whether a reference to a .bin states no shape of its own.
bool is_unshaped(const std::string& file);

/// For an option that names an output (CLI::Option::check): what is wrong with the name, before anything is computed.
std::string output_complaint(const std::string& text);

/// What every command writes its tensor with: OUT or OUT#tensor, of the kind that the ending says. Throws file_error.
void write_output(const std::string& text, const tensor& values, const file_metadata& metadata = {});

/// A whole text file or none, as above. Throws file_error.
void write_text(const std::string& path, std::string_view text);

/// --rounding, --overflow, --subnormals: the policy of one rounding.
struct conversion_options {
  std::string rounding = "ties_to_even", overflow = "ieee", subnormals = "keep";

  void add_to(CLI::App& command, bool stochastic = false);
  conversion parse() const;
};

}  // namespace assay::cli
