// The certified truth of a general matrix product:
//
//   y_ij = activation(alpha sum_k (p_ik a_ik) (q_kj b_kj) + beta c_ij + bias_j)
//
// as torch.addmm and ONNX Gemm define it where they overlap, with p and q the scales of quantised factors and one
// rounding, at the end. alpha and beta are the very numbers given. With beta = 0, c is not looked at.
//
// A scale belongs to a block of elements: a_scale of shape (m, k) cuts a's M rows into m stretches of ceil(M / m) and
// its columns into k stretches of ceil(K / k), the last of them perhaps shorter; b_scale likewise. So () and (1, 1) are
// one scale for all, (M, 1) one for each row, (1, N) one for each column, (M, K / 32) one for 32 elements of a row. The
// axes are those of the factors as they enter the formula, whatever is stored transposed.
//
// The activations, over the reals:
//   relu       max(x, 0)                               silu     x / (1 + e^-x)
//   gelu       x / 2 (1 + erf(x / sqrt 2))             sigmoid  1 / (1 + e^-x)
//   gelu_tanh  x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
//
// Specials, by element; the terms are the products with alpha and the scales, beta c and bias:
//   a NaN among the terms, infinity times zero, infinities of both signs    NaN
//   an infinite term                       the infinity of its sign, before the activation
//   activation of NaN                      NaN
//   activation of +infinity                +infinity; of sigmoid and tanh 1
//   activation of -infinity                relu and sigmoid +0, tanh -1, gelu, gelu_tanh and silu -0: the limits
//   a sum that is exactly zero             -0 when every term is a negative zero, else +0, or -0 when rounding downward
//                                          and not every term is +0: IEEE 754's rule for sums. Without c and bias the
//                                          sum starts from +0. Activations keep the zero and its sign; relu gives +0
//   K = 0                                  the sum of no products: beta c + bias
//
// Scale (request::scales): |alpha| sum_k |p a| |q b| + |beta c| + |bias|.
//
// Exact cases: without a transcendental activation y is a dyadic number, computed exactly where the bounds of a quick
// sum do not settle it. The transcendental activations are as in pointwise.hpp.
#pragma once

#include <cstdint>

#include <assay/reference/truth.hpp>

namespace assay::reference {

enum class activation : std::uint8_t { none, relu, gelu, gelu_tanh, silu, sigmoid, tanh };

/// What a view without data stands for is said beside it.
struct gemm_inputs {
  code_view a, b;       ///< (M, K) and (K, N), or stored transposed; with a third axis in front, a batch of them
  code_view c = {};     ///< (M, N) or (batch, M, N); none: no such term
  code_view bias = {};  ///< (N,); none: no such term
  code_view a_scale = {}, b_scale = {};  ///< see above; with a third axis in front, a batch of them; none: 1
};

struct gemm_options {
  bool transpose_a = false, transpose_b = false;  ///< stored as (K, M), (N, K)
  double alpha = 1, beta = 1;                     ///< finite
  activation then = activation::none;
};

/// (M, N), or (batch, M, N) when a factor has a batch; a factor without one serves all of it. Throws
/// std::invalid_argument for shapes that do not fit, numbers that are not finite, or a format that binary64 does not
/// hold.
truth gemm(const gemm_inputs& inputs, const gemm_options& options = {}, const request& want = {});

}  // namespace assay::reference
