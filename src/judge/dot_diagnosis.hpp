// Diagnosis by emulation: which other kernel gives these results?
#pragma once

#include <vector>

#include <assay/judge/dot.hpp>

namespace assay::detail {

/// The first failing elements, and elements from all over the output.
class diagnosis_sample {
 public:
  diagnosis_sample(std::size_t most, std::size_t elements) : most_(most), step_(most == 0 ? 1 : elements / most + 1) {}

  void offer(std::size_t index, bool fails) {
    if (fails && failing_.size() < most_) failing_.push_back(index);
    if (!fails && others_.size() < most_ && index % step_ == 0) others_.push_back(index);
  }
  const std::vector<std::size_t>& failing() const { return failing_; }
  const std::vector<std::size_t>& others() const { return others_; }

 private:
  std::size_t most_, step_;
  std::vector<std::size_t> failing_, others_;
};

/// Best first, at most five; only those that explain most of the failing elements (of all, when none fails).
std::vector<hypothesis_report> diagnose_dot(const dot_problem& problem, const dot_claim& claim,
                                            const diagnosis_sample& sample);

}  // namespace assay::detail
