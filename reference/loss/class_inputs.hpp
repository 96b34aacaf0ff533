// What cross entropy and its gradient read.
#pragma once

#include <optional>

#include <assay/reference/cross_entropy.hpp>

#include "../engine/class_line.hpp"

namespace assay::reference {

struct class_inputs {
  reader x;
  class_lines of;
  std::vector<double> weight;
  std::optional<class_targets> classes;
  std::optional<reader> probabilities;
  double smoothing;

  /// Throws as cross_entropy does.
  class_inputs(const code_view& x, const cross_entropy_targets& targets, const cross_entropy_options& options);

  /// Reads line n; false when its target is ignored.
  bool load(std::size_t n, std::span<double> line, std::vector<double>& distribution, class_factors& q) const;

  /// Of a mean.
  template <class Real>
  Real divisor() const {
    return classes ? weight_of_targets<Real>(weight, classes->counts()) : Real(static_cast<double>(of.lines.count()));
  }
};

}  // namespace assay::reference
