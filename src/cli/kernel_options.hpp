// The inputs and attributes of a kernel as options of a command, made from the catalogue: what `truth`, `run` and
// `check` share. An input or attribute named running_mean is the option --running-mean.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include <assay/catalogue/call.hpp>

#include "command.hpp"

namespace assay::cli {

/// --running-mean
std::string option_name(std::string_view catalogue_name);

class kernel_options {
 public:
  explicit kernel_options(const kernel_info& kernel) : kernel_(&kernel) {}

  const kernel_info& kernel() const { return *kernel_; }
  void add_to(CLI::App& command);

  /// Reads the files. Throws usage_error, file_error and what kernel_call throws.
  kernel_call call() const;
  /// What was given, as options of the shell: " --x x.npy --axis 0".
  std::string words() const;

 private:
  using texts = std::map<std::string, std::string, std::less<>>;

  const kernel_info* kernel_;
  texts inputs_, attributes_;  ///< as the user wrote them; empty where nothing was given
};

/// The required inputs and the first attribute, as an example of the shell: "--x x.npy --axis -1".
std::string example_words(const kernel_info& kernel);

/// A subcommand for each kernel of the catalogue, filled by `add_options`.
void add_kernels(CLI::App& command, const std::function<void(CLI::App&, const kernel_info&)>& add_options);

/// A word of the shell: quoted where it has to be.
std::string shell_word(const std::string& word);

}  // namespace assay::cli
