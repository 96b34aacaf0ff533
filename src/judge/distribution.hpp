// Layer 3: whether all errors together are an honest kernel's.
#pragma once

#include <assay/judge/options.hpp>

#include "examination.hpp"

namespace assay::detail {

struct distribution_result {
  std::vector<test_report> tests;
};

distribution_result judge_distribution(const court& c, const partition& parts, std::span<const tensor> results,
                                       const judge_options& options);

}  // namespace assay::detail
