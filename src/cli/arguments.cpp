#include "arguments.hpp"

#include <fmt/format.h>

#include <assay/file/atomic_file.hpp>
#include <assay/tensor/describe.hpp>
#include <assay/tensor/whole_numbers.hpp>

namespace assay::cli {
namespace {

std::vector<std::string_view> all_format_names() {
  std::vector<std::string_view> names;
  for (const auto& row : named_formats) names.push_back(row.name);
  for (const auto& alias : format_aliases) names.push_back(alias.name);
  return names;
}

}  // namespace

std::string did_you_mean(std::string_view word, std::span<const std::string_view> names) {
  const std::string_view closest = closest_name(word, names);
  return closest.empty() ? "" : " Did you mean " + std::string(closest) + "?";
}

format format_argument(std::string_view name) {
  if (const auto f = parse_format(name)) return *f;
  const auto names = all_format_names();
  const std::string hint = did_you_mean(name, names);
  throw usage_error("There is no format '" + std::string(name) + "'." +
                    (hint.empty() ? " `assay formats` lists the named ones; others are written like e5m10." : hint));
}

file_argument file_argument::parse(const std::string& text) {
  file_argument argument;
  argument.reference = parse_file_reference(text);
  const auto& stated = argument.reference.type;
  argument.path = argument.reference.path;
  if (stated && stated->type.is_floating()) argument.stated = stated->type.layout;
  return argument;
}

tensor file_argument::read(input_files& from) const { return from.read(reference); }

tensor file_argument::read_numbers(input_files& from) const {
  tensor values = read(from);
  const bool is_signed = values.type().what == element_type::kind::signed_integer && values.type().integer_bits <= 32;
  if (is_signed || (reference.type && reference.type->integers)) return values;
  if (!values.type().is_floating()) {
    throw usage_error(reference.name() + ": holds " + to_string(values.type()) +
                      "; if these are the raw bits of a format, name it, as in " +
                      (reference.tensor ? "#" + *reference.tensor : path.filename().string()) + ":bfloat16.");
  }
  return values;
}

tensor file_argument::read_codes(input_files& from) const { return as_numbers(read_numbers(from)); }

std::string with_shape(const std::string& file, const std::string& shape) {
  const file_reference reference = parse_file_reference(file);
  if (!reference.type || reference.tensor) {
    throw usage_error(
        fmt::format("{} does not say what its bytes are; with a shape expected FILE:FORMAT, as in {}:bfloat16.", file,
                    reference.path.string()));
  }
  if (reference.shape) throw usage_error(fmt::format("{} has a shape of its own; expected it, or --shape.", file));
  return fmt::format("{}[{}]", file, shape);
}

bool is_unshaped(const std::string& file) {
  if (file.empty()) return false;
  const file_reference reference = parse_file_reference(file);
  return reference.path.extension() == ".bin" && !reference.shape;
}

std::string output_complaint(const std::string& text) try {
  check_output(parse_output_reference(text));
  return "";
} catch (const file_error& error) {
  return error.what();
}

void write_output(const std::string& text, const tensor& values, const file_metadata& metadata) {
  write_tensor(parse_output_reference(text), values, metadata);
}

void write_text(const std::string& path, std::string_view text) {
  const std::span<const std::byte> part = std::as_bytes(std::span(text));
  write_file(path, std::span(&part, 1));
}

void conversion_options::add_to(CLI::App& command, bool stochastic) {
  command.add_option("--rounding", rounding, "How the result is rounded")
      ->type_name(value_words<assay::rounding>(stochastic ? "" : "stochastic"))
      ->capture_default_str();
  command.add_option("--overflow", overflow, "What becomes of numbers beyond the largest")
      ->type_name(value_words<assay::overflow>())
      ->capture_default_str();
  command.add_option("--subnormals", subnormals, "What becomes of subnormal numbers")
      ->type_name(value_words<assay::subnormals>())
      ->capture_default_str();
}

conversion conversion_options::parse() const {
  return {named_argument<assay::rounding>(rounding, "rounding mode"),
          named_argument<assay::overflow>(overflow, "overflow policy"),
          named_argument<assay::subnormals>(subnormals, "subnormals policy")};
}

}  // namespace assay::cli
