// What classes a loss is told are right: one index a line, or a distribution a line.
#pragma once

#include <vector>

#include <assay/catalogue/call.hpp>

#include "lines.hpp"

namespace assay::kernel {

class class_targets {
 public:
  /// Of x (N, C, ...) or (C,). Throws std::invalid_argument for shapes that do not fit, a class that there is not, a
  /// weight of another length, or both kinds of targets or none.
  explicit class_targets(const kernel_call& call);

  /// Along the axis of the classes.
  const axis_lines& lines() const { return lines_; }
  /// Of the losses: x's without the axis of the classes.
  const extents& shape() const { return shape_; }

  bool has_classes() const { return has_classes_; }
  /// The class of a line that is not ignored.
  std::size_t operator[](std::size_t l) const { return static_cast<std::size_t>(classes_[l]); }
  bool is_ignored(std::size_t l) const { return has_classes_ && classes_[l] < 0; }
  /// How many lines are not ignored.
  std::size_t counted() const { return counted_; }

  /// What a mean divides the sum of the losses by: the number of lines that count, or the sum of their classes' weights
  /// where there are any.
  template <scalar_arithmetic A>
  typename A::value divisor(A& a, line<A> weight) const {
    if (!has_classes_) return a.constant(static_cast<double>(lines_.count()));
    if (weight.empty()) return a.constant(static_cast<double>(counted_));
    std::vector<typename A::value> all;
    for (std::size_t l = 0; l < lines_.count(); ++l) {
      if (!is_ignored(l)) all.push_back(weight[(*this)[l]]);
    }
    return sum(a, line<A>(all));
  }

 private:
  axis_lines lines_;
  extents shape_;
  bool has_classes_ = false;
  std::size_t counted_ = 0;
  std::vector<std::int64_t> classes_;  ///< -1 where ignored
};

}  // namespace assay::kernel
