#include "kernel_options.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "arguments.hpp"

namespace assay::cli {
namespace {

/// What gives the commands of kernels their options. Making those of all takes longer than many a command itself.
std::map<const CLI::App*, std::function<void()>>& waiting_options() {
  static std::map<const CLI::App*, std::function<void()>> waiting;
  return waiting;
}

std::string input_help(const input_info& in) {
  std::string text = fmt::format("{}: {}", in.shape, in.what);
  if (in.elements == input_info::kind::index) text += " (integers)";
  if (in.elements == input_info::kind::mask) text += " (bool or uint8)";
  return text;
}

/// The words with another separator between them.
std::string joined(std::string_view words, std::string_view separator) {
  std::string text;
  for (const char c : words) text += c == ' ' ? std::string(separator) : std::string(1, c);
  return text;
}

std::string value_word(const attribute_info& at) {
  switch (at.type) {
    case attribute_info::kind::number: return "NUMBER";
    case attribute_info::kind::integer: return "N";
    case attribute_info::kind::choice: return joined(at.choices, "|");
    case attribute_info::kind::flag:
    case attribute_info::kind::integers: break;
  }
  return "N,N";
}

void add_attribute(CLI::App& command, const attribute_info& at, std::string& value) {
  const std::string name = option_name(at.name);
  if (at.type == attribute_info::kind::flag) {
    const bool on = at.initial == "true";
    command.add_flag(on ? fmt::format("{},!--no-{}", name, name.substr(2)) : name, value, std::string(at.what))
        ->group("Attributes");
    return;
  }
  command.add_option(name, value, std::string(at.what))
      ->type_name(value_word(at))
      ->default_str(std::string(at.initial))
      ->group("Attributes");
}

/// What set_text() refuses, with a hint where a word is misspelt.
void set_attribute(kernel_call& call, const attribute_info& at, const std::string& text) {
  if (at.type == attribute_info::kind::choice && !detail::is_choice(at, text)) {
    std::vector<std::string_view> words;
    detail::for_each_word(at.choices, ' ', [&](std::string_view word) { words.push_back(word); });
    throw usage_error(fmt::format("{} is '{}'; expected one of {}.{}", option_name(at.name), text,
                                  joined(at.choices, ", "), did_you_mean(text, words)));
  }
  try {
    call.set_text(at.name, text);
  } catch (const std::invalid_argument& error) {
    throw usage_error("--" + std::string(error.what()));
  }
}

}  // namespace

std::string option_name(std::string_view catalogue_name) {
  std::string name = "--" + std::string(catalogue_name);
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

void kernel_options::add_to(CLI::App& command) {
  for (const input_info& in : kernel_->inputs) {
    command.add_option(option_name(in.name), inputs_[std::string(in.name)], input_help(in))
        ->type_name("FILE")
        ->required(in.required)
        ->group("Inputs");
  }
  command
      .add_option(
          "--shape", shapes_,
          "Shape of raw .bin files, as in 64,128; of one of them with its name, as in x=64,128; may be repeated")
      ->type_name("[NAME=]N,N")
      ->check([&command](const std::string& text) {
        const std::string name = text.substr(0, text.find('='));
        if (name == text) return std::string();
        const CLI::Option* file = command.get_option_no_throw(option_name(name));
        if (file != nullptr && (file->get_group() == "Inputs" || file->get_group() == "Results")) return std::string();
        return fmt::format("'{}' is no file of this command", name);
      })
      ->allow_extra_args(false)
      ->group("Inputs");
  for (const attribute_info& at : kernel_->attributes) add_attribute(command, at, attributes_[std::string(at.name)]);
}

named_texts kernel_options::with_shapes(const named_texts& files) const {
  named_texts shaped = files;
  const auto set = [&](std::string& file, const std::string& shape) {
    if (!file.empty()) file = with_shape(file, shape);
  };
  for (const std::string& text : shapes_) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) continue;
    std::string name = text.substr(0, equals);
    std::replace(name.begin(), name.end(), '-', '_');
    if (const auto found = shaped.find(name); found != shaped.end()) set(found->second, text.substr(equals + 1));
  }
  for (const std::string& text : shapes_) {
    if (text.find('=') != std::string::npos) continue;
    for (auto& [name, file] : shaped) {
      if (is_unshaped(file)) set(file, text);
    }
  }
  return shaped;
}

std::string from_folder(const std::filesystem::path& folder, const std::string& file) {
  return folder.empty() || std::filesystem::path(file).is_absolute() ? file : (folder / file).string();
}

std::string text_of(const named_texts& texts, std::string_view name) {
  const auto found = texts.find(name);
  return found == texts.end() ? "" : found->second;
}

bool is_on(const named_texts& texts, std::string_view name) {
  const std::string text = text_of(texts, name);
  return !text.empty() && text != "false";
}

kernel_call make_call(input_files& files, const kernel_info& kernel, const named_texts& inputs,
                      const named_texts& attributes, const std::filesystem::path& folder) {
  kernel_call call(kernel.name);
  for (const attribute_info& at : kernel.attributes) {
    const auto given = attributes.find(at.name);
    if (given != attributes.end() && !given->second.empty()) set_attribute(call, at, given->second);
  }
  for (const input_info& in : kernel.inputs) {
    const auto given = inputs.find(in.name);
    if (given == inputs.end() || given->second.empty()) continue;
    const file_argument file = file_argument::parse(from_folder(folder, given->second));
    call.set_input(in.name, in.elements == input_info::kind::real ? file.read_numbers(files) : file.read(files));
  }
  return call;
}

std::string option_words(const kernel_info& kernel, const named_texts& inputs, const named_texts& attributes) {
  std::string line;
  for (const input_info& in : kernel.inputs) {
    const auto given = inputs.find(in.name);
    if (given == inputs.end() || given->second.empty()) continue;
    line += fmt::format(" {} {}", option_name(in.name), shell_word(given->second));
  }
  for (const attribute_info& at : kernel.attributes) {
    const auto given = attributes.find(at.name);
    if (given == attributes.end() || given->second.empty()) continue;
    const char between = at.type == attribute_info::kind::flag || given->second.starts_with('-') ? '=' : ' ';
    line += fmt::format(" {}{}{}", option_name(at.name), between, shell_word(given->second));
  }
  return line;
}

std::string example_words(const kernel_info& kernel) {
  std::string line;
  for (const input_info& in : kernel.inputs) {
    if (in.required) line += fmt::format("{}{} {}.npy", line.empty() ? "" : " ", option_name(in.name), in.name);
  }
  for (const attribute_info& at : kernel.attributes) {
    if (at.initial.empty() || at.type == attribute_info::kind::flag) continue;
    return line + fmt::format(" {} {}", option_name(at.name), at.initial);
  }
  return line;
}

void add_kernels(CLI::App& command, std::function<void(CLI::App&, const kernel_info&)> add_options) {
  for (const kernel_info& kernel : kernels) {
    CLI::App* one = command.add_subcommand(std::string(kernel.name), std::string(kernel.formula))->group("Kernels");
    waiting_options()[one] = [one, &kernel, add_options] { add_options(*one, kernel); };
    one->preparse_callback([one](std::size_t) { complete(*one); });
  }
}

void complete(CLI::App& command) {
  if (const auto add_options = waiting_options().extract(&command)) add_options.mapped()();
}

std::string shell_word(const std::string& word) {
  const bool plain = !word.empty() && word.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789_./:=,+-") == std::string::npos;
  if (plain) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace assay::cli
