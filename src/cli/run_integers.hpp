// Products of integers: dot and gemm with zero points, into integers, requantised.
#pragma once

#include <assay/catalogue/call.hpp>
#include <assay/tensor/tensor.hpp>

#include "arithmetic_options.hpp"
#include "kernel_options.hpp"

namespace assay::cli {

/// Takes the zero points off the call's a and b, exactly; `inputs` are their files. Throws usage_error.
void move_zero_points(input_files& files, kernel_call& call, const named_texts& inputs, const std::string& zero_a,
                      const std::string& zero_b);

class integer_options {
 public:
  /// `ways` are the words of --requantise.
  void add_to(CLI::App& command, const char* ways = "float_scale|double_rounding|single_rounding");

  /// The results as --to names an integer type. Nothing where it does not: a float comes out, of any kernel's ways.
  /// Throws usage_error.
  std::optional<tensor> run(input_files& files, const kernel_options& kernel, const arithmetic_options& with,
                            unsigned threads) const;
  /// Takes the zero points off the call's a and b, exactly. Throws usage_error.
  void move(input_files& files, kernel_call& call, const kernel_options& kernel) const;

  /// What was given, by the options' names without dashes and with _ for -.
  named_texts texts() const;

 private:
  std::string zero_a_, zero_b_, zero_y_, requantise_, factor_, clamp_;
};

/// The kernels that have integer_options.
inline bool has_integers(const kernel_info& kernel) { return kernel.name == "gemm" || kernel.name == "dot"; }

}  // namespace assay::cli
