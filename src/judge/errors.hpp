// Errors of a sample of elements, in units of what each may err, and how their means over clusters compare.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "statistics.hpp"

namespace assay::detail {

/// Errors of the sampled elements of one result, cluster after cluster.
struct errors {
  std::vector<double> got;
  std::vector<std::vector<double>> honest;  ///< of each emulated kernel
  std::vector<signed char> sign;            ///< of the truth
  std::vector<std::uint32_t> cluster, column;
  std::vector<std::uint32_t> element;  ///< of the sampled part
  std::vector<double> width;           ///< w
  std::uint32_t clusters = 0;
};

/// Means of clusters of some function of the elements.
template <class Of>
std::vector<double> cluster_means(const errors& e, const Of& of) {
  std::vector<double> sums(e.clusters), counts(e.clusters);
  for (std::size_t i = 0; i < e.got.size(); ++i) {
    sums[e.cluster[i]] += of(i);
    counts[e.cluster[i]] += 1;
  }
  std::vector<double> means;
  for (std::size_t c = 0; c < sums.size(); ++c) {
    if (counts[c] > 0) means.push_back(sums[c] / counts[c]);
  }
  return means;
}

inline double mean_square(const std::vector<double>& e) {
  double sum = 0;
  for (const double v : e) sum += v * v;
  return e.empty() ? 0 : sum / static_cast<double>(e.size());
}

/// A difference in standard errors, and its tail.
struct comparison {
  double t = 0, probability = 1;

  explicit comparison(const std::vector<double>& differences) {
    const mean_and_error m(differences);
    if (m.error > 0) {
      t = m.mean / m.error;
      probability = student_tail(t, m.count - 1);
    } else if (m.mean > 0) {
      // Every cluster is off by the very same: as sure as the clusters are many.
      t = HUGE_VAL;
      probability = std::exp2(-m.count);
    }
  }
};

/// The t that a probability asks for.
inline double threshold_of(double probability, double degrees) {
  double low = 0, high = 1e3;
  for (int step = 0; step < 60; ++step) {
    const double middle = (low + high) / 2;
    (student_tail(middle, degrees) > probability ? low : high) = middle;
  }
  return high;
}

}  // namespace assay::detail
