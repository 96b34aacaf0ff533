// Matrices of an arithmetic's values, and what multiplies them.
//
// Kernels that contain matrix products take something to multiply with:
//
//   multiply(left, right, out)          out(i, j) = sum over k of left(i, k) right(k, j), dense and row by row
//   multiply(left, right, out, start)   sums that start from start(i, j), in the accumulator
//
// with the arithmetic's accumulator and order, rounded once into the compute format.
#pragma once

#include <cstddef>
#include <span>

#include <assay/format/format.hpp>

namespace assay::kernel {

template <class Value>
struct value_matrix {
  const Value* first = nullptr;
  std::size_t rows = 0, columns = 0;
  std::size_t row_step = 0, column_step = 1;  ///< values from a row, or a column, to the next
  /// Holds every number of the matrix. It is what a matrix unit is fed with: the compute format may be wider.
  format held_in = {};

  const Value& operator()(std::size_t i, std::size_t j) const { return first[i * row_step + j * column_step]; }
  value_matrix transposed() const { return {first, columns, rows, column_step, row_step, held_in}; }
  value_matrix some_rows(std::size_t from, std::size_t n) const {
    return {first + from * row_step, n, columns, row_step, column_step, held_in};
  }
};

/// Row by row, without gaps.
template <class Value>
value_matrix<Value> dense_matrix(const Value* first, std::size_t rows, std::size_t columns, format held_in) {
  return {first, rows, columns, columns, 1, held_in};
}

}  // namespace assay::kernel
