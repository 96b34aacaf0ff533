// One line of cross entropy: what its loss, and the gradient of that, are made of.
#pragma once

#include "check.hpp"
#include "classes.hpp"
#include "softmax_line.hpp"

namespace assay::reference {

/// The factors q_c of a line's logarithms: weight_c ((1 - eps) target_c + eps / C), the target's own weight for its
/// class.
struct class_factors {
  double smoothing;
  std::span<const double> weight;         ///< by class, or empty
  std::span<const double> probabilities;  ///< of this line, or empty: then
  std::size_t target = 0;                 ///< is the class
  std::size_t classes = 0;

  double weight_of(std::size_t c) const { return weight.empty() ? 1 : weight[c]; }
  bool has_probabilities() const { return !probabilities.empty(); }
  bool matters(std::size_t c) const { return has_probabilities() || smoothing != 0 || c == target; }
  /// eps / C.
  template <class Real>
  Real share() const {
    return Real(smoothing) / Real(static_cast<double>(classes));
  }
  template <class Real>
  Real of(std::size_t c) const {
    Real q(0.0);
    if (has_probabilities()) q = Real(probabilities[c]);
    if (!has_probabilities() && c == target) q = Real(1.0);
    if (smoothing != 0) q = q * (Real(1.0) - Real(smoothing)) + share<Real>();
    return weight.empty() ? q : q * Real(weight[c]);
  }
  /// For each class that matters.
  template <class Each>
  void for_each(const Each& each) const {
    if (!has_probabilities() && smoothing == 0) return each(target);
    for (std::size_t c = 0; c < classes; ++c) each(c);
  }
  /// Their sum.
  template <class Real>
  Real total() const {
    if (!has_probabilities() && weight.empty()) return Real(1.0);  // (1 - eps) + C eps / C
    Real sum(0.0);
    for_each([&](std::size_t c) { sum += of<Real>(c); });
    return sum;
  }
};

}  // namespace assay::reference
