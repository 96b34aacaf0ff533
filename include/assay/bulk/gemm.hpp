// Matrix products as a given machine computes them, to the bit: any formats, accumulator and order. Needs
// assay::runtime.
//
//   D = alpha op(A) op(B) + beta C + bias, then activation, then one rounding into D's format
//
// Every sum over k is the very dot() of accumulate/accumulator.hpp. Fast paths, which the results never show:
// binary32 and binary64 sums (fused or not); sums rounded to a small format after each operation, ties to even; matrix
// units whose groups are chained or split in pairs; exact sums; 8-bit integers. They serve every order of
// accumulate/order.hpp, and promotion between binary32 sums. Whatever they do not serve (other rounding modes, numbers
// at the ends of the exponent range) goes element by element, much slower.
//
// The results are the same for any number of threads and any instruction set. The fast paths assume the default
// floating-point environment: round to nearest, subnormals neither flushed nor taken for zero.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include <assay/accumulate/accumulator.hpp>

namespace assay {

enum class matrix_layout : std::uint8_t { row_major, column_major };

/// A matrix of codes in the caller's memory, each stored in 1, 2, 4 or 8 bytes (storage_bytes of its format, or the
/// fewest that hold the integer), and further matrices of a batch behind it.
template <class Pointer>
struct basic_matrix {
  Pointer codes = nullptr;
  element type = binary32;
  std::size_t rows = 0, columns = 0;
  matrix_layout layout = matrix_layout::row_major;
  std::size_t leading_dimension = 0;  ///< elements from one row (column) to the next; 0: as many as it has
  std::size_t batch_stride = 0;       ///< elements from one matrix to the next; 0: all batches share one
};
using matrix = basic_matrix<const void*>;
using output_matrix = basic_matrix<void*>;

/// A vector of the epilogue, or none.
struct epilogue_vector {
  const float* values = nullptr;
  std::size_t size = 0;
};

enum class activation : std::uint8_t { none, relu, gelu, gelu_tanh, silu, sigmoid, tanh };

/// What happens to the sums. Each step is one binary32 operation, rounded to nearest, ties to even, in the order
/// written here. Steps that are off are not done at all; with all of them off the sum is rounded once, from the
/// accumulator straight into D.
struct gemm_epilogue {
  float alpha = 1, beta = 1;            ///< x = alpha * sum; x = fma(alpha, sum, beta * c) when c enters here
  epilogue_vector row_scale = {};  ///< x = x * row_scale[i]
  epilogue_vector column_scale = {};  ///< x = x * column_scale[j]
  epilogue_vector row_bias = {};  ///< x = x + row_bias[i]
  epilogue_vector column_bias = {};  ///< x = x + column_bias[j]
  activation apply = activation::none;  ///< each correctly rounded in binary32 but where docs/gemm.md says otherwise
  float* amax = nullptr;   ///< receives the largest |x| of each batch (0 without elements; NaN if any x is NaN)
  float output_scale = 1;  ///< x = x * output_scale, after amax
};

struct gemm_problem {
  matrix a = {}, b = {};
  bool transpose_a = false, transpose_b = false;  ///< op(X) is X, or its transpose
  matrix c = {};  ///< no codes: no addend
  bool c_in_epilogue = false;  ///< false: every sum starts from c, in the accumulator (alpha and beta must be 1)
  output_matrix d = {};
  std::size_t batches = 1;
  accumulator with = accumulate::floating{};
  summation_order order = assay::order::sequential{};
  gemm_epilogue epilogue = {};
  conversion to = {};  ///< the rounding into D
  std::uint64_t seed =
      0;  ///< stochastic: element i of D, counted in batches, rows, columns, takes random_word(seed, i)
  std::size_t threads = 1;  ///< 0: as many as the machine has
};

/// Throws std::invalid_argument, before any work, when shapes do not fit together, a leading dimension or batch stride
/// is too small, D overlaps itself or an input (D may be C itself, of the same type and layout), the accumulator does
/// not take the formats or k, or the order does not fit k. An empty D is left alone; with k = 0 every sum is its start
/// value.
void gemm(const gemm_problem& problem);

}  // namespace assay
