// Which hypotheses explain the results of a check: emulated on a sample of units, ranked.
#pragma once

#include <assay/judge/hypothesis.hpp>

#include "examination.hpp"

namespace assay::detail {

struct failing_element {
  std::size_t result = 0, place = 0, unit = 0;
};

struct diagnosis {
  std::vector<hypothesis_report> reports;  ///< best first
  k_profile along_k;
};

diagnosis diagnose(const court& c, const partition& parts, std::span<const tensor> results,
                   std::span<const failing_element> failing, const judge_options& options);

}  // namespace assay::detail
