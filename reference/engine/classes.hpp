// Losses over classes: x is (N, C, ...) or (C,), and a target names a class of each line.
#pragma once

#include "groups.hpp"

namespace assay::reference {

/// The lines of classes, and their shape without them. Throws std::invalid_argument for x of rank 0.
struct class_lines {
  int axis;
  axis_lines lines;
  extents shape;

  explicit class_lines(const extents& x)
      : axis(x.rank() > 1 ? 1 : 0), lines(x, axis, "x"), shape(without_axis(x, axis, false)) {}
  std::size_t classes() const { return lines.length; }
};

/// The targets of lines, read as they are asked for.
class class_targets {
 public:
  static constexpr std::size_t ignored = ~std::size_t{0};

  /// Throws std::invalid_argument when the targets are no integers or have another shape, and for one that is neither
  /// a class nor ignored.
  class_targets(const tensor& classes, const class_lines& lines, std::int64_t ignore_index);

  /// A class, or `ignored`.
  std::size_t operator[](std::size_t line) const {
    const std::int64_t c = at(line);
    return c == ignore_index_ ? ignored : static_cast<std::size_t>(c);
  }
  /// How many lines each class is the target of.
  const std::vector<std::size_t>& counts() const { return counts_; }

 private:
  std::int64_t at(std::size_t line) const;

  const tensor& classes_;
  std::int64_t ignore_index_;
  std::vector<std::size_t> counts_;
};

/// A weight for each class: 1 where none are given. Throws std::invalid_argument for weights that are not finite.
std::vector<double> finite_weights(const code_view& weight, std::size_t length, const char* name);

/// The sum over classes of weight times how many lines count it.
template <class Real>
Real weight_of_targets(const std::vector<double>& weight, const std::vector<std::size_t>& counts) {
  Real sum(0.0);
  for (std::size_t c = 0; c < counts.size(); ++c) {
    if (counts[c] == 0) continue;
    const Real n(static_cast<double>(counts[c]));
    sum += weight.empty() ? n : n * Real(weight[c]);
  }
  return sum;
}

}  // namespace assay::reference
