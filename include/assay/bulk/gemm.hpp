// Matrix products as a given machine computes them, to the bit: any formats, accumulator and order. Needs
// assay::runtime.
//
//   D = alpha op(A) op(B) + beta C + bias, then activation, then one rounding into D's format
//
// or, of integers, bias + (op(A) - zero points) (op(B) - zero points), as it is or requantised: see gemm_integer.hpp.
// docs/gemm.md has the formulas in full.
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

#include <assay/bulk/gemm_block_scales.hpp>
#include <assay/bulk/gemm_integer.hpp>

namespace assay {

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
  conversion to = {};  ///< the rounding into D, unless D holds integers
  std::uint64_t seed =
      0;  ///< stochastic: element i of D, counted in batches, rows, columns, takes random_word(seed, i)
  std::size_t threads = 1;  ///< 0: as many as the machine has

  // Integer accumulators over integers only. Zero points are numbers of the input's own type.
  integer_vector zero_a = {}, zero_b = {};  ///< none; one for the matrix; or one for each row of op(A), column of op(B)
  integer_vector integer_bias = {};         ///< every sum of column j starts from it; of size 1 or n, and without C
  gemm_requantisation requantise = {};      ///< into a D of integers

  gemm_block_scales block_scales = {};  ///< the order then holds within each block
};

/// Throws std::invalid_argument, before any work, when shapes do not fit together, a leading dimension or batch stride
/// is too small, D overlaps itself or an input (D may be C itself, of the same type and layout), the accumulator does
/// not take the formats or k, or the order does not fit k; also when vectors or scales have the wrong size or type, or
/// steps are asked for together that do not go together: docs/gemm.md lists them. An empty D is left alone; with k = 0
/// every sum is its start value.
void gemm(const gemm_problem& problem);

}  // namespace assay
