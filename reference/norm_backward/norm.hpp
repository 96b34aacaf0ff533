// Which norm a gradient is of.
#pragma once

#include "../engine/check.hpp"
#include "../engine/moments.hpp"

namespace assay::reference {

struct norm {
  bool centred;  ///< layer_norm; else rms_norm
  double eps;

  /// Whether the normalised line is 0 / 0.
  bool is_undefined(std::span<const double> x) const {
    const double same = centred && !x.empty() ? x[0] : 0;
    return eps == 0 && std::all_of(x.begin(), x.end(), [&](double v) { return v == same; });
  }
};

}  // namespace assay::reference
