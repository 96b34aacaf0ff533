// What the commands share: how they register, how they end, and how they refuse.
#pragma once

#include <functional>
#include <stdexcept>

#include <CLI/CLI.hpp>

namespace assay::cli {

enum exit_code : int { passed = 0, failed = 1, bad_usage = 2 };

/// Bad usage or input: one sentence for people. Ends in exit code 2.
class usage_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A command parses into its own state and leaves behind what is to be run.
using action = std::function<exit_code()>;

void add_formats(CLI::App& app, action& chosen);
void add_convert(CLI::App& app, action& chosen);
void add_truth(CLI::App& app, action& chosen);
void add_check(CLI::App& app, action& chosen);
void add_run(CLI::App& app, action& chosen);
void add_study(CLI::App& app, action& chosen);
void add_diff(CLI::App& app, action& chosen);
void add_completion(CLI::App& app, action& chosen);
void add_demo(CLI::App& app, action& chosen);

}  // namespace assay::cli
