// Products of integers: dot and gemm with zero points, into integers, requantised.
#pragma once

#include <assay/catalogue/call.hpp>
#include <assay/tensor/tensor.hpp>

#include "arithmetic_options.hpp"
#include "kernel_options.hpp"

namespace assay::cli {

class integer_options {
 public:
  void add_to(CLI::App& command);

  /// The results as --to names an integer type. Nothing where it does not: a float comes out, of any kernel's ways.
  /// Throws usage_error.
  std::optional<tensor> run(const kernel_options& kernel, const arithmetic_options& with, unsigned threads) const;
  /// Takes the zero points off the call's a and b, exactly. Throws usage_error.
  void move(kernel_call& call, const kernel_options& kernel) const;

 private:
  std::string zero_a_, zero_b_, zero_y_, requantise_, factor_, clamp_;
};

/// The kernels that have integer_options.
inline bool has_integers(const kernel_info& kernel) { return kernel.name == "gemm" || kernel.name == "dot"; }

}  // namespace assay::cli
