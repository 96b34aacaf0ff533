// assay completion SHELL: what the shell completes, made from the tree of commands and options itself.
//
// An option's kind of value is the word that its help shows: FILE completes to files, FORMAT to formats, words with |
// between them to one of these, and anything else to nothing.
#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "kernel_options.hpp"

namespace assay::cli {
namespace {

struct option_row {
  std::string name;   ///< --to or -o
  std::string value;  ///< the kind of its value; empty for a flag
  std::string what;
};

struct command_row {
  std::string path;  ///< "assay truth softmax"
  std::string what;
  std::vector<option_row> options;
  std::vector<CLI::App*> commands;
};

void collect(CLI::App& command, const std::string& path, std::vector<command_row>& rows) {
  complete(command);
  command_row row{path, command.get_description(), {}, command.get_subcommands([](CLI::App*) { return true; })};
  for (const CLI::Option* option : command.get_options()) {
    const std::string value = option->get_type_size() == 0 ? "" : option->get_type_name();
    for (const auto& name : option->get_snames()) row.options.push_back({"-" + name, value, option->get_description()});
    for (const auto& name : option->get_lnames())
      row.options.push_back({"--" + name, value, option->get_description()});
  }
  rows.push_back(row);
  for (CLI::App* below : row.commands) collect(*below, path + " " + below->get_name(), rows);
}

std::string format_words() {
  std::string words;
  for (const auto& row : named_formats) words += (words.empty() ? "" : " ") + std::string(row.name);
  for (const auto& row : format_aliases) words += " " + std::string(row.name);
  return words;
}

/// In single quotes, in which only the quote itself means anything.
std::string in_quotes(std::string_view text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

/// The lines of a `case` that are true for each path: bash and zsh.
std::string paths(const std::vector<command_row>& rows) {
  std::string text;
  for (const command_row& row : rows) text += (text.empty() ? "" : "|") + in_quotes(row.path);
  return text;
}

std::string bash(const std::vector<command_row>& rows) {
  std::string text = fmt::format(R"(# bash completion of assay: source it, or put it where bash-completion looks.
_assay() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} at=assay options= commands= i option
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at ${{COMP_WORDS[i]}}" in {}) at+=" ${{COMP_WORDS[i]}}" ;; esac
  done
  case "$at" in
)",
                                 paths(rows));
  for (const command_row& row : rows) {
    std::string options, commands;
    for (const option_row& option : row.options) options += fmt::format(" {}={}", option.name, option.value);
    for (const CLI::App* command : row.commands) commands += " " + command->get_name();
    text += fmt::format("    {}) options={} commands={} ;;\n", in_quotes(row.path), in_quotes(options),
                        in_quotes(commands));
  }
  return text + fmt::format(R"(  esac
  COMPREPLY=()
  if [[ $current == -* ]]; then
    for option in $options; do COMPREPLY+=($(compgen -W "${{option%%=*}}" -- "$current")); done
    return
  fi
  for option in $options; do
    [[ $previous == "${{option%%=*}}" ]] || continue
    case "${{option#*=}}" in
      '') break ;;
      FILE|FOLDER) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$current")) ;;
      FORMAT) COMPREPLY=($(compgen -W {} -- "$current")) ;;
      *'|'*) option=${{option#*=}}; COMPREPLY=($(compgen -W "${{option//|/ }}" -- "$current")) ;;
    esac
    return
  done
  COMPREPLY=($(compgen -W "$commands" -- "$current"))
  [[ -n $commands ]] || {{ compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$current")); }}
}}
complete -F _assay assay
)",
                            in_quotes(format_words()));
}

/// In zsh's lists a colon ends the word and begins its description.
std::string described(const std::string& word, const std::string& what) {
  std::string escaped;
  for (const char c : word) escaped += c == ':' ? std::string("\\:") : std::string(1, c);
  return in_quotes(escaped + ":" + what);
}

std::string zsh(const std::vector<command_row>& rows) {
  std::string text = fmt::format(R"(#compdef assay
# zsh completion of assay: put it into a folder of $fpath as _assay.
_assay() {{
  local at=assay word
  local -a options commands
  local -A values
  for word in $words[2,CURRENT-1]; do
    case "$at $word" in {}) at+=" $word" ;; esac
  done
  case "$at" in
)",
                                 paths(rows));
  for (const command_row& row : rows) {
    std::string options, commands, values;
    for (const option_row& option : row.options) {
      options += " " + described(option.name, option.what);
      if (!option.value.empty()) values += fmt::format(" {} {}", option.name, in_quotes(option.value));
    }
    for (const CLI::App* command : row.commands) {
      commands += " " + described(command->get_name(), command->get_description());
    }
    text += fmt::format("    {}) options=({} ) commands=({} ) values=({} ) ;;\n", in_quotes(row.path), options,
                        commands, values);
  }
  return text + fmt::format(R"(  esac
  local value=$values[$words[CURRENT-1]]
  case "$value" in
    FILE|FOLDER) _files ;;
    FORMAT) compadd -- {} ;;
    *'|'*) compadd -- ${{(s:|:)value}} ;;
    '')
      if [[ $words[CURRENT] == -* ]]; then _describe option options
      elif (( $#commands )); then _describe command commands
      else _files; fi ;;
  esac
}}
compdef _assay assay
)",
                            format_words());
}

std::string fish(const std::vector<command_row>& rows) {
  std::string text =
      "# fish completion of assay: put it into ~/.config/fish/completions as assay.fish.\n"
      "function __assay_at\n"
      "    set -l at assay\n"
      "    for word in (commandline -opc)[2..-1]\n"
      "        contains -- \"$at $word\" $__assay_paths; and set at \"$at $word\"\n"
      "    end\n"
      "    test \"$at\" = \"$argv\"\n"
      "end\n"
      "set -g __assay_paths";
  for (const command_row& row : rows) text += " " + in_quotes(row.path);
  text += "\n";
  for (const command_row& row : rows) {
    const std::string where = fmt::format("complete -c assay -n {}", in_quotes("__assay_at " + row.path));
    for (const CLI::App* command : row.commands) {
      text += fmt::format("{} -f -a {} -d {}\n", where, command->get_name(), in_quotes(command->get_description()));
    }
    for (const option_row& option : row.options) {
      const bool is_long = option.name.starts_with("--");
      text += fmt::format("{} -{} {} -d {}", where, is_long ? 'l' : 's', option.name.substr(is_long ? 2 : 1),
                          in_quotes(option.what));
      std::string words = option.value == "FORMAT" ? format_words() : option.value;
      std::replace(words.begin(), words.end(), '|', ' ');
      if (option.value == "FILE" || option.value == "FOLDER") {
        text += " -r -F";
      } else if (words != option.value) {
        text += " -x -a " + in_quotes(words);
      } else if (!option.value.empty()) {
        text += " -x";
      }
      text += "\n";
    }
  }
  return text;
}

struct shell {
  std::string_view name;
  std::string (*script)(const std::vector<command_row>& rows);
};
constexpr shell shells[]{{"bash", bash}, {"zsh", zsh}, {"fish", fish}};

exit_code run(CLI::App& app, const std::string& name) {
  std::vector<std::string_view> names;
  for (const shell& one : shells) {
    if (one.name == name) {
      std::vector<command_row> rows;
      collect(app, "assay", rows);
      fmt::print("{}", one.script(rows));
      return passed;
    }
    names.push_back(one.name);
  }
  throw usage_error(
      fmt::format("There is no completion for '{}'; expected bash, zsh or fish.{}", name, did_you_mean(name, names)));
}

}  // namespace

void add_completion(CLI::App& app, action& chosen) {
  const auto name = std::make_shared<std::string>();
  auto* command =
      app.add_subcommand("completion", "Prints a script with which the shell completes this program's words");
  command->add_option("SHELL", *name, "bash, zsh or fish")->required();
  command->footer(
      "Examples:\n"
      "  source <(assay completion bash)\n"
      "  assay completion zsh > ~/.zfunc/_assay\n"
      "  assay completion fish > ~/.config/fish/completions/assay.fish");
  command->callback([&app, name, &chosen] { chosen = [&app, name] { return run(app, *name); }; });
}

}  // namespace assay::cli
