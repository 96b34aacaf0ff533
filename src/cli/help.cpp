#include "help.hpp"

#include <algorithm>
#include <sstream>

namespace assay::cli {
namespace {

constexpr std::size_t line_width = 110;

/// With an empty line before the examples, by which man pages tell them, too.
std::string apart(std::string footer) {
  const std::size_t at = footer.find("\nExamples:");
  if (at != std::string::npos && at != 0 && footer[at - 1] != '\n') footer.insert(at, "\n");
  return footer;
}

/// The text in lines of at most `width`, each but the first behind `indent` spaces.
std::string wrapped(const std::string& text, std::size_t indent, std::size_t width) {
  std::string lines, word;
  std::size_t column = 0;
  std::istringstream words(text);
  while (words >> word) {
    if (column != 0 && column + 1 + word.size() > width) {
      lines += "\n" + std::string(indent, ' ');
      column = 0;
    }
    lines += (column == 0 ? "" : " ") + word;
    column += (column == 0 ? 0 : 1) + word.size();
  }
  return lines;
}

class formatter : public CLI::Formatter {
 public:
  formatter() { column_width(30); }

  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    return entry(make_option_name(option, is_positional) + make_option_opts(option), make_option_desc(option));
  }
  std::string make_subcommand(const CLI::App* command) const override {
    return entry(command->get_name(), command->get_description());
  }
  /// What the command is for first; its general options last.
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    std::string text = make_description(app) + make_usage(app, std::move(name)) + make_positionals(app);
    std::vector<std::string> groups = app->get_groups();
    std::stable_partition(groups.begin(), groups.end(), [](const std::string& group) { return group != "Options"; });
    for (const std::string& group : groups) {
      const auto options = app->get_options(
          [&](const CLI::Option* option) { return option->get_group() == group && option->nonpositional(); });
      if (!group.empty() && !options.empty()) text += make_group(group, false, options);
    }
    text += make_subcommands(app, mode);
    return text + "\n" + apart(make_footer(app));
  }
  std::string make_usage(const CLI::App* app, std::string) const override {
    std::string name;
    for (const CLI::App* at = app; at != nullptr; at = at->get_parent()) name = at->get_name() + " " + name;
    name.pop_back();
    return CLI::Formatter::make_usage(app, name);
  }

 private:
  std::string entry(const std::string& name, const std::string& what) const {
    const std::size_t column = get_column_width();
    std::string line = "  " + name;
    line += line.size() + 2 > column ? "\n" + std::string(column, ' ') : std::string(column - line.size(), ' ');
    return line + wrapped(what, column, line_width - column) + "\n";
  }
};

}  // namespace

std::shared_ptr<CLI::Formatter> wrapped_help() { return std::make_shared<formatter>(); }

}  // namespace assay::cli
