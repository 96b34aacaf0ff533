// dweight of some columns: sum over the lines of dy_i (x_i - mean) scale.
#pragma once

#include "../engine/columns.hpp"
#include "line_scales.hpp"

namespace assay::reference {

struct weight_gradient_columns {
  column_block x, dy;
  const line_scales& of;
  bool is_special;

  weight_gradient_columns(const column_block& values, const column_block& gradients, const line_scales& scales)
      : x(values), dy(gradients), of(scales), is_special(scales.any_special() || !all_finite(gradients.x)) {}

  std::size_t outputs() const { return x.width; }
  bool any_special() const { return is_special; }
  std::optional<special_value> special(std::size_t i) const;
  template <class Real, class Emit>
  void evaluate(selection which, const Emit& emit) const {
    const auto lines = of.all<Real>();
    for (const std::size_t i : which) {
      Real sum(0);
      for (std::size_t n = 0; n < lines.size(); ++n) {
        if (dy.at(n, i) != 0) sum += Real(dy.at(n, i)) * (Real(x.at(n, i)) - lines[n].mean) * lines[n].scale;
      }
      emit(i, sum);
    }
  }
  /// The sign of element i - t, where not two or more irrational roots are left.
  std::optional<int> compare(std::size_t i, const rational& t) const;
  void estimate(std::span<double> values, std::span<double> radii) const;
};

/// Of this shape, a line's.
truth weight_gradient(const reader& x, const reader& dy, const line_scales& scales, const extents& shape,
                      const request& want);

}  // namespace assay::reference
