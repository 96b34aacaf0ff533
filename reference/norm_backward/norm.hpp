// Which norm a gradient is of, and what both norms make of a line.
#pragma once

#include "../engine/check.hpp"
#include "../engine/sums.hpp"

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

/// n_i = (x_i - mean) / sqrt(square).
template <class Real>
struct line_moments {
  Real mean, square;

  line_moments(std::span<const double> x, const norm& of)
      : mean(of.centred ? sum_of<Real>(x) / count(x) : Real(0)),
        square(sum_of_squares<Real>(x, mean) / count(x) + Real(of.eps)) {}
  static Real count(std::span<const double> x) { return Real(static_cast<double>(x.size())); }
};

}  // namespace assay::reference
