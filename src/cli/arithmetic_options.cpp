#include "arithmetic_options.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "kernel_options.hpp"

namespace assay::cli {
namespace {

/// What an option's value is called in the help, and completed as.
std::string value_word(const attribute_info& key) {
  if (key.type == attribute_info::kind::integer) return "N";
  if (key.type == attribute_info::kind::flag) return "true|false";
  if (!key.choices.empty()) {
    std::string words(key.choices);
    std::replace(words.begin(), words.end(), ' ', '|');
    return words;
  }
  if (key.type == attribute_info::kind::number) return "NUMBER";
  // A grammar of its own, whose name begins the description: FORMAT, ACCUMULATOR.
  const std::string_view what = key.what;
  const std::size_t capitals = std::min(what.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), what.size());
  return capitals >= 3 ? std::string(what.substr(0, capitals)) : "TEXT";
}

}  // namespace

void arithmetic_options::add_key(CLI::App& command, setting& s, const std::string& value_word, const std::string& what,
                                 std::string_view initial) {
  // A kernel's input or attribute of the same name keeps it.
  if (command.get_option_no_throw(s.option) != nullptr) s.option = "--arithmetic-" + s.option.substr(2);
  command.add_option(s.option, s.value, what)
      ->type_name(value_word)
      ->default_str(std::string(initial))
      ->group("Arithmetic");
}

void arithmetic_options::add_to(CLI::App& command, const std::string& name, const std::string& text_help) {
  name_ = name;
  command.add_option(name, text_, text_help)->type_name("TEXT")->group("Arithmetic");
  const auto variants = variants_of(kernel_);
  const auto stores = stores_of(kernel_);
  settings_.reserve(arithmetic_keys().size() + variants.size() + stores.size());  // options keep pointers to them
  const auto add = [&](const attribute_info& key) {
    settings_.push_back({std::string(key.name), option_name(key.name), ""});
    add_key(command, settings_.back(), value_word(key), std::string(key.what), key.initial);
  };
  std::for_each(variants.begin(), variants.end(), add);
  std::for_each(arithmetic_keys().begin(), arithmetic_keys().end(), add);
  for (const store_info& point : stores) {
    settings_.push_back({"store." + std::string(point.name), option_name("store_" + std::string(point.name)), ""});
    add_key(command, settings_.back(), "FORMAT", fmt::format("{}, through this format", point.what), "");
  }
}

std::string arithmetic_options::text() const {
  std::string all = text_;
  for (const setting& s : settings_) {
    if (!s.value.empty()) all += fmt::format("{}{}={}", all.empty() ? "" : " ", s.key, s.value);
  }
  return all;
}

arithmetic arithmetic_options::parse() const {
  return as_usage([&] { return parse_arithmetic(kernel_, text()); });
}

std::string arithmetic_options::words() const {
  std::string line = text_.empty() ? "" : fmt::format(" {} {}", name_, shell_word(text_));
  for (const setting& s : settings_) {
    if (!s.value.empty()) line += fmt::format(" {} {}", s.option, shell_word(s.value));
  }
  return line;
}

}  // namespace assay::cli
