// Matrices of sums: y = activation(product + addends), what every kernel of products ends in.
//
// An exact zero before the activation is -0 when every term is a negative zero (a product's sign is the exclusive or of
// its factors'), and else +0, or -0 when rounding downward and the terms are not all +0: IEEE 754's rule for sums.
// Without addends the sum starts from +0, which counts as a term.
#pragma once

#include "activation.hpp"
#include "groups.hpp"
#include "sum_row.hpp"

namespace assay::reference {

struct matrix_sums {
  const factor &a, &b;
  std::size_t batches = 1;
  std::vector<addend> addends = {};
  activation then = activation::none;
};

/// Element (batch, i, j) of the result is of vectors i of a and j of b, in C order; `shape` has as many elements. The
/// scale of an element is sum |a_k b_k| + sum of |addends|.
truth evaluate(const matrix_sums& sums, const extents& shape, const request& want);

/// The n-th of the blocks that a batch of matrices is cut into.
struct block_grid {
  std::size_t batches, rows, columns, most_rows, most_columns;

  std::size_t down() const { return (rows + most_rows - 1) / most_rows; }
  std::size_t across() const { return (columns + most_columns - 1) / most_columns; }
  std::size_t count() const { return batches * down() * across(); }
  std::size_t batch(std::size_t n) const { return n / (down() * across()); }
  static stretch_of_vectors stretch(std::size_t n, std::size_t most, std::size_t all) {
    return {n * most, std::min(most, all - n * most)};
  }
  stretch_of_vectors row_stretch(std::size_t n) const { return stretch(n / across() % down(), most_rows, rows); }
  stretch_of_vectors column_stretch(std::size_t n) const { return stretch(n % across(), most_columns, columns); }
};

}  // namespace assay::reference
