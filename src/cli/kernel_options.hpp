// The inputs and attributes of a kernel as options of a command, made from the catalogue: what `truth`, `run` and
// `check` share. An input or attribute named running_mean is the option --running-mean.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <assay/catalogue/call.hpp>
#include <assay/file/input_files.hpp>

#include "command.hpp"

namespace assay::cli {

/// --running-mean
std::string option_name(std::string_view catalogue_name);

/// Inputs as FILE[:FORMAT], attributes as people write them, by their names in the catalogue.
using named_texts = std::map<std::string, std::string, std::less<>>;
/// Empty where there is none of that name.
std::string text_of(const named_texts& texts, std::string_view name);
/// Whether a switch is there, and not false.
bool is_on(const named_texts& texts, std::string_view name);

/// Reads the files, relative ones from this folder; they are to be checked once the call's results are there. Empty
/// texts stand for what was not given. Throws usage_error, file_error and what kernel_call throws.
kernel_call make_call(input_files& files, const kernel_info& kernel, const named_texts& inputs,
                      const named_texts& attributes, const std::filesystem::path& folder = {});

/// A file's name as it is from a folder.
std::string from_folder(const std::filesystem::path& folder, const std::string& file);

/// Inputs and attributes as options of the shell: " --x x.npy --axis 0".
std::string option_words(const kernel_info& kernel, const named_texts& inputs, const named_texts& attributes);

class kernel_options {
 public:
  explicit kernel_options(const kernel_info& kernel) : kernel_(&kernel) {}

  const kernel_info& kernel() const { return *kernel_; }
  void add_to(CLI::App& command);

  kernel_call call(input_files& files) const { return make_call(files, *kernel_, inputs(), attributes_); }
  /// With the shapes of --shape.
  named_texts inputs() const { return with_shapes(inputs_); }
  /// The files with the shapes that --shape states: FILE:FORMAT becomes FILE:FORMAT[SHAPE], for the tensor named, or
  /// for every .bin without a shape of its own. Throws usage_error for what has no such tensor or states its format
  /// not.
  named_texts with_shapes(const named_texts& files) const;
  const named_texts& attributes() const { return attributes_; }

 private:
  const kernel_info* kernel_;
  named_texts inputs_, attributes_;  ///< as the user wrote them; empty where nothing was given
  std::vector<std::string> shapes_;
};

/// The required inputs and the first attribute, as an example of the shell: "--x x.npy --axis -1".
std::string example_words(const kernel_info& kernel);

/// A subcommand for each kernel of the catalogue, filled by `add_options` once it is parsed.
void add_kernels(CLI::App& command, std::function<void(CLI::App&, const kernel_info&)> add_options);
/// Fills it now, where that has not been done: for what shows all commands.
void complete(CLI::App& command);

/// A word of the shell: quoted where it has to be.
std::string shell_word(const std::string& word);

}  // namespace assay::cli
