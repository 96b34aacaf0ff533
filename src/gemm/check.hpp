// What is wrong with a GEMM problem, found before any work; and its matrices as vectors along k.
#pragma once

#include <string>

#include <assay/bulk/gemm.hpp>

#include "vectors.hpp"

namespace assay::gemm_kernels {

[[noreturn]] void fail(const std::string& why);

/// Refuses a vector that has neither one element nor `lines`. `what` are its elements, as in "zero points".
void check_one_or_each(const integer_vector& v, std::size_t lines, const char* what);
void check_one_or_each(const epilogue_vector& v, std::size_t lines, const char* what);

/// Whether any step of the epilogue is on.
bool has_epilogue(const gemm_problem& p);

/// A checked problem: m x k by k x n.
struct shape {
  std::size_t m, n, k;
};

/// Throws std::invalid_argument, saying what was found and what was expected.
shape check(const gemm_problem& p);

/// Elements from one row to the next and from one column to the next.
struct strides {
  std::size_t row, column;
};
template <class Pointer>
strides strides_of(const basic_matrix<Pointer>& x) {
  const bool by_rows = x.layout == matrix_layout::row_major;
  const std::size_t line = by_rows ? x.columns : x.rows;
  const std::size_t leading = x.leading_dimension != 0 ? x.leading_dimension : line;
  return by_rows ? strides{leading, 1} : strides{1, leading};
}

/// The matrix of a batch, where its codes begin.
template <class Pointer>
Pointer batch_of(const basic_matrix<Pointer>& x, std::size_t batch) {
  using byte_pointer = std::conditional_t<std::is_const_v<std::remove_pointer_t<Pointer>>, const std::byte*, std::byte*>;
  return static_cast<byte_pointer>(x.codes) + batch * x.batch_stride * bytes_of(x.type);
}

/// op(A)'s rows, op(B)'s columns.
vectors rows_of_a(const gemm_problem& p, std::size_t batch);
vectors columns_of_b(const gemm_problem& p, std::size_t batch);

/// One of them, as dot() takes it.
code_vector one_vector(const vectors& v, std::size_t i);

}  // namespace assay::gemm_kernels
