// The judgement of one element.
#pragma once

#include <assay/judge/dot_bound.hpp>
#include <assay/judge/verdict.hpp>

namespace assay::detail {

struct element_judgement {
  finding what = finding::fine;
  double distance = 0;  ///< in ulps of the truth; NaN when the classes differ
  double bound = 0;
  bool overflow_allowed = false;  ///< fine, but only because the claimed range may overflow here
  std::uint64_t expected = 0;     ///< the claimed model's code, else the truth's
  reference::dot_truth truth;
};

element_judgement judge_element(const reference::dot_row& row, std::uint64_t got, const dot_claim& claim);

}  // namespace assay::detail
