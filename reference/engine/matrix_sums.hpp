// Matrices of sums: y = activation(product + addends), what every kernel of products ends in.
//
// An exact zero before the activation is -0 when every term is a negative zero (a product's sign is the exclusive or of
// its factors'), and else +0, or -0 when rounding downward and the terms are not all +0: IEEE 754's rule for sums.
// Without addends the sum starts from +0, which counts as a term.
#pragma once

#include "activation.hpp"
#include "factor.hpp"
#include "groups.hpp"

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

struct matrix_sums {
  const factor &a, &b;
  std::size_t batches = 1;
  std::vector<addend> addends = {};
  activation then = activation::none;
};

/// Element (batch, i, j) of the result is of vectors i of a and j of b, in C order; `shape` has as many elements. The
/// scale of an element is sum |a_k b_k| + sum of |addends|.
truth evaluate(const matrix_sums& sums, const extents& shape, const request& want);

}  // namespace assay::reference
