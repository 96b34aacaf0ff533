// Honest kernels: members of a claim's family that the judge emulates, to know what honest errors look like.
#pragma once

#include <string>
#include <vector>

#include "examination.hpp"

namespace assay::detail {

struct honest_kernel {
  std::string words;
  arithmetic with;
};

/// The claim's plainest member first; then other accumulators, other orders where the order is open, functions that
/// err as much as they may, and each algorithm of the kernel that the claim allows. Empty when the kernel has no
/// emulation.
std::vector<honest_kernel> honest_kernels(const court& c, std::size_t most);

/// run_kernel with each result in the format that was got; nothing where the arithmetic does not fit the call.
std::optional<std::vector<tensor>> emulate(const court& c, const kernel_call& call, arithmetic with);

/// Whether a kernel evaluates elementary functions.
bool uses_functions(std::string_view kernel);

}  // namespace assay::detail
