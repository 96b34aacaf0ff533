// What the first two layers find: in one part of a check, or in all parts put together in their order.
#pragma once

#include <array>
#include <utility>
#include <vector>

#include <assay/judge/verdict.hpp>

#include "diagnosis.hpp"
#include "picture.hpp"

namespace assay::detail {

/// An element beyond the likely bound, but within the rigorous one: see suspects.hpp.
struct suspect {
  element_report report;
  std::size_t unit = 0;
  double share_of_worst = 0;  ///< of what the rigorous bound allows
};

/// Elements by distance from the truth, in ulp_histogram's buckets.
using bucket_counts = std::array<std::size_t, ulp_histogram::buckets>;

/// Adds what was counted of other elements, and the largest of distances and shares; but for the histogram.
void add_counts(verdict& all, const verdict& others);

struct tally {
  static constexpr std::size_t most_failing = 1 << 16;  ///< that are remembered

  /// An element that fails, and its unit.
  struct accused {
    element_report report;
    std::size_t unit = 0;
    bool of_class() const { return is_class_failure(report.what); }
    bool operator<(const accused& other) const;  ///< less severe
  };

  tally(std::vector<picture_cells> blank_pictures, std::size_t most_worst)
      : pictures(std::move(blank_pictures)), most_worst_(most_worst) {}

  verdict counts;
  bucket_counts distances{};
  std::vector<picture_cells> pictures;  ///< by result
  std::vector<double> bounds;           ///< of sampled elements, in ulps
  std::vector<failing_element> failing;
  std::vector<suspect> suspects;
  std::vector<accused> worst;  ///< the most severe first; of equals those found first

  void accuse(const element_report& report, std::size_t unit);
  /// False when there are too many already.
  bool suspects_more(suspect s);
  /// What was found after this; but for the pictures.
  void add(tally&& later);
  ulp_histogram histogram() const;

 private:
  void rank(accused one);

  std::size_t most_worst_;
};

}  // namespace assay::detail
