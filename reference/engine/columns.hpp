// Sums down the columns of a matrix: exact terms, many sums side by side.
#pragma once

#include "check.hpp"
#include "groups.hpp"

namespace assay::reference {

/// Some columns of a matrix, row by row, and their sums.
struct column_block {
  std::span<const double> x;  ///< rows times width
  std::size_t width;

  std::size_t rows() const { return width == 0 ? 0 : x.size() / width; }
  double at(std::size_t row, std::size_t column) const { return x[row * width + column]; }
};

struct column_sums {
  column_block of;
  rounding mode;
  bool zeros_by_rule;  ///< an exact zero has the sign that IEEE 754's sums give; else it is +0

  using exact_field = rational;

  std::size_t outputs() const { return of.width; }
  bool any_special() const { return !all_finite(of.x); }
  std::optional<special_value> special(std::size_t i) const {
    double sum = 0;  // of what is not finite
    for (std::size_t r = 0; r < of.rows(); ++r) sum += std::isfinite(of.at(r, i)) ? 0 : of.at(r, i);
    return sum == 0 ? std::nullopt : special_from(sum);
  }
  bool zero_is_negative(std::size_t i) const;
  template <class Real, class Emit>
  void evaluate(selection which, const Emit& emit) const {
    for (const std::size_t i : which) {
      Real sum(0);
      for (std::size_t r = 0; r < of.rows(); ++r) sum += Real(of.at(r, i));
      emit(i, sum);
    }
  }
  void estimate(std::span<double> values, std::span<double> radii) const;
};

/// An upper bound, tight but for roundings, of the sum of a column's finite magnitudes.
double column_magnitude(const column_block& of, std::size_t column);

/// Columns that are read together: a few cache lines of every row, within a megabyte or so.
std::size_t columns_together(std::size_t rows, std::size_t columns);

/// Reads columns first to first + width of a matrix with `columns` of them.
void read_columns(const reader& x, std::size_t rows, std::size_t columns, std::size_t first, std::size_t width,
                  std::vector<double>& out);

/// The sums of the columns of a matrix: a result of this shape.
truth sum_of_columns(const reader& x, std::size_t rows, const extents& shape, bool zeros_by_rule, const request& want);

}  // namespace assay::reference
