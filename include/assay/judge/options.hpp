// How a check is made: what the judge looks at, how sure it must be, and what it tells.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace assay {

struct hypothesis;

struct judge_options {
  std::size_t worst = 5;               ///< elements to report closely
  bool diagnose = true;                ///< a check that fails
  bool always_diagnose = false;        ///< one that passes, too
  std::size_t diagnosis_sample = 512;  ///< failing elements, and as many others, that hypotheses are tried on

  double confidence = 1e-6;        ///< probability that an honest kernel fails, at most: split over all tests
  bool statistical_bounds = true;  ///< false: only bounds that hold whatever roundings do
  bool distribution = true;        ///< layer 3
  std::size_t most_elements = 0;   ///< larger results are judged by a sample of about so many elements; 0: never
  std::size_t distribution_sample = 1 << 16;            ///< elements that layer 3 looks at
  std::optional<std::size_t> only = std::nullopt;       ///< this element of the first result alone, without layer 3
  bool keep_elements = false;                           ///< error_picture also holds every element's distance
  std::uint64_t seed = 1;                               ///< of samples
  unsigned threads = 1;                                 ///< 0: as many as the machine has; never changes a verdict
  const std::vector<hypothesis>* hypotheses = nullptr;  ///< the user's, tried before the judge's own: hypothesis.hpp
};

}  // namespace assay
