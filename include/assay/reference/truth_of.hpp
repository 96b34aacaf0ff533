// The certified truth of any kernel of the catalogue, by name.
#pragma once

#include <vector>

#include <assay/catalogue/call.hpp>
#include <assay/reference/truth.hpp>

namespace assay::reference {

/// One truth for each result of the kernel, in the catalogue's order; results that the call does not ask for (running
/// statistics in inference) are empty. Throws std::invalid_argument as kernel_call::check() and the kernel's own
/// function do, and undecided.
std::vector<truth> truth_of(const kernel_call& call, const request& want = {});

}  // namespace assay::reference
