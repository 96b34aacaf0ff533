// Elements beyond the likely bound, but within the rigorous one. The likely bound rests on roundings that do not
// conspire; on some inputs (equal terms, sums that stagnate) they do, for honest kernels too. So it only counts where
// emulated honest kernels stay within half of it on these very lines.
#pragma once

#include "tally.hpp"

#include "examination.hpp"

namespace assay::detail {

/// Whether such elements fail.
bool likely_bound_counts(const court& c, const partition& parts, std::span<const tensor> results,
                         std::span<const suspect> suspects);

}  // namespace assay::detail
