// What normalisations share: (x_i - mean) * scale * weight_i + bias_i, written for any number type and once more as a
// loop without branches or divisions.
#pragma once

#include <algorithm>
#include <span>

#include "kernel.hpp"

namespace assay::reference {

/// Weights and biases of a line: each counts for `run` elements in turn. Empty: 1 and 0.
struct affine {
  std::span<const double> weight, bias;
  std::size_t run = 1;  ///< at least 1

  /// Those of `count` runs from the first on.
  affine part(std::size_t first, std::size_t count) const {
    return {weight.empty() ? weight : weight.subspan(first, count), bias.empty() ? bias : bias.subspan(first, count),
            run};
  }
  bool is_finite(std::size_t i) const { return std::isfinite(weight_of(i)) && std::isfinite(bias_of(i)); }
  double weight_of(std::size_t i) const { return weight.empty() ? 1 : weight[i / run]; }
  double bias_of(std::size_t i) const { return bias.empty() ? 0 : bias[i / run]; }
};

template <class Real, class Emit>
void emit_normalised(std::span<const double> x, const Real& mean, const Real& scale, const affine& a, selection which,
                     const Emit& emit) {
  for (const std::size_t i : which) {
    Real y = (Real(x[i]) - mean) * scale;
    if (!a.weight.empty()) y *= Real(a.weight_of(i));
    if (!a.bias.empty()) y += Real(a.bias_of(i));
    emit(i, y);
  }
}

/// The same for all elements.
void estimate_normalised(std::span<const double> x, const ball& mean, const ball& scale, const affine& a,
                         std::span<double> values, std::span<double> radii);

}  // namespace assay::reference
