// Elements beyond the likely bound, but within the rigorous one. The likely bound rests on roundings that do not
// conspire; on some inputs (equal terms, sums that stagnate) they do, for honest kernels too. So where emulated honest
// kernels come to more than half of it on these very lines, an element may err three times as far as they do.
#pragma once

#include "tally.hpp"

#include "examination.hpp"

namespace assay::detail {

/// How many times the likely bound such elements may err; as much as the rigorous one says (infinity) where there is no
/// emulation to tell.
double likely_limit(const court& c, const partition& parts, std::span<const tensor> results,
                    std::span<const suspect> suspects);

}  // namespace assay::detail
