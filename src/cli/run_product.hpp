// assay run dot, assay run gemm: through the bulk library, with integers, whatever the sizes.
#pragma once

#include <assay/catalogue/kernel_info.hpp>

#include "command.hpp"

namespace assay::cli {

/// Fills the command where the kernel is one of the two; says whether it is.
bool add_run_product(CLI::App& command, const kernel_info& kernel, action& chosen);

}  // namespace assay::cli
