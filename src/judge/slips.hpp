// Hypotheses about slips: of a sign, an index, a function's variant, a place where something was stored too coarsely.
#pragma once

#include <vector>

#include <assay/judge/hypothesis.hpp>

namespace assay::detail {

void add_slips(std::vector<hypothesis>& all, const kernel_call& call);

}  // namespace assay::detail
