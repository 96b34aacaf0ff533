// The first two layers on one part of a check.
//
// Most results of an honest kernel are the correctly rounded truth, which passes whatever the claim says. So the truth
// comes first, without bounds: what is equal to it is only counted (census.hpp). Bounds are made for the units that
// hold another element, and for a few that show how wide bounds are.
//
// Bounds of products need the sum of the terms' magnitudes, another product. Where scales are saved, elements are first
// judged as if this sum were no larger than the sum itself: a bound that is too small, so what passes, passes. Only
// units with an element that does not are given their scales.
#pragma once

#include <optional>

#include "examination.hpp"
#include "tally.hpp"

namespace assay::detail {

/// What all parts of a check share.
struct charge {
  const kernel_call& call;
  const judge_options& options;
  std::span<const tensor> results;
  const partition& parts;
  const court& of;
  /// Of the whole call, so that no bound depends on what an element is judged with; none where nothing may err.
  const std::optional<roundings>& how;
  std::vector<painter>& painters;  ///< which only keep elements: cells are the tally's
};

struct part_request {
  unsigned threads = 1;
  bool scales = true;
  bool all_bounds = false;  ///< of all units, for what is said of bounds in general
};

struct part_findings {
  tally found;
  /// Of the units: how many would have needed scales. Only where all bounds were asked for.
  double share_needing_scales = 0;
};

/// Whether scales cost as much as the truth itself, and can be saved.
bool has_costly_scales(const court& c);

part_findings judge_part(const charge& c, const part& p, const part_request& how);

}  // namespace assay::detail
