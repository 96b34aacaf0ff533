#include "arguments.hpp"

#include <algorithm>
#include <numeric>

#include <assay/file/npy.hpp>
#include <assay/tensor/describe.hpp>

namespace assay::cli {
namespace {

/// Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1] ? 1u : 0u)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = last;
    last = row;
  }
  return last[b.size()];
}

std::vector<std::string_view> all_format_names() {
  std::vector<std::string_view> names;
  for (const auto& row : named_formats) names.push_back(row.name);
  for (const auto& alias : format_aliases) names.push_back(alias.name);
  return names;
}

}  // namespace

std::string did_you_mean(std::string_view word, std::span<const std::string_view> names) {
  std::string_view best;
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string_view name : names) {
    if (const std::size_t distance = edit_distance(word, name); distance < least) {
      least = distance;
      best = name;
    }
  }
  return best.empty() || least >= std::max(word.size(), best.size()) ? "" : " Did you mean " + std::string(best) + "?";
}

format format_argument(std::string_view name) {
  if (const auto f = parse_format(name)) return *f;
  const auto names = all_format_names();
  const std::string hint = did_you_mean(name, names);
  throw usage_error("There is no format '" + std::string(name) + "'." +
                    (hint.empty() ? " `assay formats` lists the named ones; others are written like e5m10." : hint));
}

file_argument file_argument::parse(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return {text, std::nullopt};
  const std::string name = text.substr(colon + 1);
  if (const auto stated = parse_format(name)) return {text.substr(0, colon), stated};
  std::error_code ignored;
  if (std::filesystem::exists(text, ignored)) return {text, std::nullopt};
  return {text.substr(0, colon), format_argument(name)};  // which explains what is wrong with the name
}

tensor file_argument::read() const { return read_npy(path, stated); }

tensor file_argument::read_codes() const {
  tensor values = read();
  if (!values.type().is_floating()) {
    throw usage_error(path.string() + ": holds " + to_string(values.type()) +
                      "; if these are the raw bits of a format, name it, as in " + path.filename().string() +
                      ":bfloat16.");
  }
  return values;
}

void conversion_options::add_to(CLI::App& command) {
  command.add_option("--rounding", rounding, "ties_to_even, ties_to_away, toward_zero, upward, downward, to_odd")
      ->capture_default_str();
  command.add_option("--overflow", overflow, "ieee, saturate_finite, to_nan")->capture_default_str();
  command.add_option("--subnormals", subnormals, "keep, flush_inputs, flush_outputs, flush_both")
      ->capture_default_str();
}

conversion conversion_options::parse() const {
  return {named_argument<assay::rounding>(rounding, "rounding mode"),
          named_argument<assay::overflow>(overflow, "overflow policy"),
          named_argument<assay::subnormals>(subnormals, "subnormals policy")};
}

}  // namespace assay::cli
