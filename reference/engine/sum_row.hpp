// One row of a matrix of sums, product + addends: every element as a ball, and any of them exactly.
#pragma once

#include <map>

#include "products.hpp"

namespace assay::reference {

/// Added to each sum: factor times the element at (batch % period) steps.batch + row steps.row + column steps.column.
struct addend {
  struct steps_of {
    std::size_t batch, row, column;
  };
  const reader* values;
  steps_of steps;
  double factor = 1;  ///< finite
  std::size_t period = std::numeric_limits<std::size_t>::max();
};

/// Memory for one row at a time.
struct row_memory {
  std::vector<double> values, radii, scales;
  std::vector<double> special;  ///< sums of the addends that are not finite; 0 elsewhere
  std::vector<double> terms, errors;
};

class sum_row {
 public:
  /// `block` holds the products of this row, its row_of_block-th, with these columns; with magnitudes when `scales` are
  /// wanted. All of it must outlive the row.
  sum_row(batched_factor a, batched_factor b, std::span<const addend> addends, const product_block& block,
          std::size_t row, std::size_t row_of_block, stretch_of_vectors columns, bool scales, row_memory& memory);

  std::size_t size() const { return columns_.count; }
  std::span<const double> values() const { return m_.values; }
  std::span<const double> radii() const { return m_.radii; }
  std::span<const double> scales() const { return m_.scales; }

  bool any_special() const { return any_special_; }
  /// NaN or an infinity when the terms make it so, else a finite number.
  double special(std::size_t j) const;

  const dyadic& exact(std::size_t j) const;
  /// 1 or -1 where the sum is known to be above or below zero, else 0.
  int sign(std::size_t j) const;
  /// Of a sum that is exactly zero. Without addends it starts from +0.
  bool zero_is_negative(std::size_t j, bool downward) const;

 private:
  place left() const { return {a_.batch, row_}; }
  place right(std::size_t j) const { return {b_.batch, columns_.first + j}; }
  std::size_t index(const addend& more, std::size_t j) const {
    return a_.batch % more.period * more.steps.batch + row_ * more.steps.row + right(j).vector * more.steps.column;
  }
  void add(const addend& more, bool scales);

  batched_factor a_, b_;
  std::span<const addend> addends_;
  const product_block& block_;
  std::size_t row_, row_of_block_;
  stretch_of_vectors columns_;
  row_memory& m_;
  bool any_special_;
  mutable std::map<std::size_t, dyadic> exact_;
};

template <class Real>
Real sum_as(const sum_row& row, std::size_t j) {
  return from_exact<Real>(row.exact(j));
}
template <>
inline ball sum_as<ball>(const sum_row& row, std::size_t j) {
  return {row.values()[j], row.radii()[j]};
}

}  // namespace assay::reference
