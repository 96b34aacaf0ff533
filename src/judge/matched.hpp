// Layer 3's test for mistakes that hide in the bounds.
#pragma once

#include "errors.hpp"
#include "examination.hpp"

namespace assay::detail {

/// Whether the errors of result `r` of the sampled part go the way of a usual mistake (hypothesis::hides), further than
/// half the way and beyond every emulated honest kernel.
test_report matched_test(const court& c, const kernel_call& part_call, std::size_t r, const examined_result& x,
                         const errors& e, double level);

}  // namespace assay::detail
