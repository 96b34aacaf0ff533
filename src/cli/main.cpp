// The program `assay`: parses, runs one command, and turns every failure into one sentence and an exit code.
#include <algorithm>
#include <cstdio>
#include <exception>

#include <fmt/format.h>

#include <assay/file/error.hpp>

#include "arguments.hpp"
#include "bus_error.hpp"
#include "help.hpp"

namespace {

using namespace assay::cli;

std::string full_name(const CLI::App& command) {
  return command.get_parent() == nullptr ? command.get_name()
                                         : full_name(*command.get_parent()) + " " + command.get_name();
}

/// Those whose subcommands are kernels.
constexpr std::string_view kernel_commands[]{"truth", "run", "check", "study"};

/// The sentence for an argument that CLI11 refused, with a hint when it looks like a misspelt name.
std::string explained(const CLI::ParseError& error, const CLI::App& app) {
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  std::string sentence = error.what();
  if (!sentence.empty() && sentence.back() != '.') sentence += '.';

  std::vector<std::string> known;
  for (const auto* option : command->get_options()) {
    for (const auto& name : option->get_lnames()) known.push_back("--" + name);
  }
  for (const auto* subcommand : command->get_subcommands({})) known.push_back(subcommand->get_name());
  const std::vector<std::string_view> names(known.begin(), known.end());
  for (const auto& word : app.remaining(true)) {
    const std::string hint = did_you_mean(word.substr(0, word.find('=')), names);
    const bool kernel = std::any_of(std::begin(kernel_commands), std::end(kernel_commands),
                                    [&](std::string_view name) { return command->get_name() == name; });
    sentence = word.starts_with("-") ? fmt::format("'{}' is no option of this command.", word)
               : command->get_subcommands({}).empty()
                   ? fmt::format("'{}' is no argument of this command.", word)
                   : fmt::format("There is no {} '{}'.", kernel ? "kernel" : "command", word);
    sentence += hint;
    break;
  }
  return sentence + fmt::format(" See `{} --help`.", full_name(*command));
}

/// Options are read with dashes and with underscores: --running_mean is --running-mean.
std::vector<std::string> with_dashes(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  for (std::string& word : words) {
    if (!word.starts_with("--")) continue;
    std::replace(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(std::min(word.find('='), word.size())), '_',
                 '-');
  }
  std::reverse(words.begin(), words.end());  // as CLI11 takes them
  return words;
}

int refuse(const std::string& sentence) {
  std::fflush(stdout);
  fmt::print(stderr, "assay: {}{}\n", sentence,
             sentence.ends_with('.') || sentence.ends_with('`') || sentence.ends_with('?') ? "" : ".");
  return bad_usage;
}

}  // namespace

int main(int argc, char** argv) {
  explain_bus_errors();
  CLI::App app("Decides whether a low-precision kernel computes the right numbers.", "assay");
  app.set_version_flag("--version", "assay " ASSAY_VERSION);
  app.require_subcommand(1);
  app.formatter(wrapped_help());
  app.footer(
      "Exit codes: 0 pass, 1 fail, 2 bad usage or input.\n"
      "`assay COMMAND --help` has examples. Start with `assay demo`.");
  action chosen;
  add_demo(app, chosen);
  add_check(app, chosen);
  add_run(app, chosen);
  add_truth(app, chosen);
  add_diff(app, chosen);
  add_study(app, chosen);
  add_convert(app, chosen);
  add_formats(app, chosen);
  add_completion(app, chosen);

  try {
    app.parse(with_dashes(argc, argv));
    const exit_code code = chosen();
    if (std::fflush(stdout) != 0) return refuse("standard output cannot be written.");
    return code;
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return refuse(explained(error, app));
  } catch (const usage_error& error) {
    return refuse(error.what());
  } catch (const assay::file_error& error) {
    return refuse(error.what());
  } catch (const std::bad_alloc&) {
    return refuse("there is not enough memory for this.");
  } catch (const std::exception& error) {
    return refuse(error.what());
  }
}
