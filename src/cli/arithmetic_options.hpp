// The arithmetic of an emulated kernel as options, made from the lists that kernel/arithmetic.hpp has: every key, the
// kernel's own variants, and the points at which it can store. A key named random_bits is the option --random-bits, the
// store of the point `normalised` is --store-normalised.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <assay/kernel/arithmetic.hpp>

#include "command.hpp"

namespace assay::cli {

class arithmetic_options {
 public:
  explicit arithmetic_options(std::string_view kernel) : kernel_(kernel) {}

  /// To be called last: a key whose name is taken becomes --arithmetic-KEY. `text_help` is what --NAME, which takes the
  /// whole arithmetic as one text, says of itself. `more` are keys beside those of an arithmetic; `except` is a key
  /// without an option.
  void add_to(CLI::App& command, const std::string& name, const std::string& text_help,
              std::span<const attribute_info> more = {}, std::string_view except = "");

  /// The text and after it the options, all as key=value: later ones win.
  std::string text() const;
  /// Throws usage_error.
  arithmetic parse() const;
  /// What was given for a key as an option of its own; empty for none.
  std::string value(std::string_view key) const;
  /// The options that were given, --NAME included.
  std::vector<std::string> given() const;
  /// What was given, as options of the shell.
  std::string words() const;

 private:
  struct setting {
    std::string key, option, value;
  };

  void add_key(CLI::App& command, setting& s, const std::string& value_word, const std::string& what,
               std::string_view initial);

  std::string kernel_, name_ = "--arithmetic", text_;
  std::vector<setting> settings_;
};

/// What the library refuses, as bad usage: one sentence.
template <class Function>
auto as_usage(const Function& function) {
  try {
    return function();
  } catch (const std::invalid_argument& error) {
    throw usage_error(error.what());
  }
}

}  // namespace assay::cli
