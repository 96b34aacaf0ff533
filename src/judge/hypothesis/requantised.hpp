// What goes wrong where sums of integers become small integers again.
#pragma once

#include <vector>

#include <assay/judge/requantised.hpp>

namespace assay::detail {

/// The product must be one that has a call(); the rows refer to it.
std::vector<hypothesis> requantised_hypotheses(const requantised_product& product);

}  // namespace assay::detail
