#include "arithmetic_options.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "kernel_options.hpp"

namespace assay::cli {
namespace {

/// What an option's value is called in the help, and completed as.
std::string word_of_value(const attribute_info& key) {
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

const char* group_of(const std::string& name) { return name == "--claim" ? "Claim" : "Arithmetic"; }

}  // namespace

void arithmetic_options::add_key(CLI::App& command, setting& s, const std::string& value_word, const std::string& what,
                                 std::string_view initial) {
  // A kernel's input or attribute of the same name keeps it.
  if (command.get_option_no_throw(s.option) != nullptr) s.option = "--arithmetic-" + s.option.substr(2);
  command.add_option(s.option, s.value, what)
      ->type_name(value_word)
      ->default_str(std::string(initial))
      ->group(group_of(name_));
}

void arithmetic_options::add_to(CLI::App& command, const std::string& name, const std::string& text_help,
                                std::span<const attribute_info> more, std::string_view except) {
  name_ = name;
  command.add_option(name, text_, text_help)->type_name("TEXT")->group(group_of(name));
  const auto variants = variants_of(kernel_);
  const auto stores = stores_of(kernel_);
  // Options keep pointers to the settings.
  settings_.reserve(arithmetic_keys().size() + variants.size() + stores.size() + more.size());
  const auto add = [&](const attribute_info& key) {
    const auto same = [&](const setting& s) { return s.key == key.name; };
    if (key.name == except || std::any_of(settings_.begin(), settings_.end(), same)) return;
    settings_.push_back({std::string(key.name), option_name(key.name), ""});
    add_key(command, settings_.back(), word_of_value(key), std::string(key.what), key.initial);
  };
  std::for_each(more.begin(), more.end(), add);
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

std::string arithmetic_options::value(std::string_view key) const {
  for (const setting& s : settings_) {
    if (s.key == key) return s.value;
  }
  return "";
}

std::vector<std::string> arithmetic_options::given() const {
  std::vector<std::string> all;
  if (!text_.empty()) all.push_back(name_);
  for (const setting& s : settings_) {
    if (!s.value.empty()) all.push_back(s.option);
  }
  return all;
}

std::string arithmetic_options::words() const {
  std::string line = text_.empty() ? "" : fmt::format(" {} {}", name_, shell_word(text_));
  for (const setting& s : settings_) {
    if (!s.value.empty()) line += fmt::format(" {} {}", s.option, shell_word(s.value));
  }
  return line;
}

}  // namespace assay::cli
