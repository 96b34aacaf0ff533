// The certified truth of softmax, log_softmax and logsumexp, over the elements j of a line that are not masked out:
//
//   softmax      y_i = e^(x_i / T) / sum_j e^(x_j / T)
//   log_softmax  y_i = x_i / T - ln sum_j e^(x_j / T)
//   logsumexp    y = ln sum_j e^(x_j / T)
//
// as torch.nn.functional and ONNX Softmax, LogSoftmax and ReduceLogSumExp define them; a mask acts as
// masked_fill(-infinity).
//
// Specials, by line of what is not masked:
//                                      softmax           log_softmax       logsumexp
//   a NaN                              NaN everywhere    NaN everywhere    NaN
//   +infinity, and no NaN              NaN everywhere    NaN everywhere    +infinity
//   -infinity, or masked               +0                -infinity         counts for nothing
//   nothing but -infinity or masks     NaN everywhere    NaN everywhere    -infinity
//   a line of no elements              nothing           nothing           -infinity
// A softmax that underflows is +0, never -0. A log_softmax of one element that counts is +0.
//
// Exact cases: e^a with distinct algebraic a are linearly independent over the rationals (Lindemann and Weierstrass),
// so softmax is rational only when all x_j that count are equal: then it is 1 / n; and the logarithms are rational only
// when one element counts. Beside a boundary, a sum of powers of e has a sign that decides.
//
// The fast path takes powers from a loop with a proved bound (reference/engine/powers.hpp) and nothing of the C library
// but log1p of a line.
#pragma once

#include <cstdint>
#include <span>

#include <assay/reference/truth.hpp>

namespace assay::reference {

struct softmax_options {
  int axis = -1;
  double temperature = 1;                   ///< T, above zero and finite
  std::span<const std::uint8_t> keep = {};  ///< a mask of x's shape in C order: 0 masks out. Empty: nothing is masked
};

/// Of the shape of x. Throws std::invalid_argument for an axis that x does not have, a mask of another size, a
/// temperature that is not positive and finite, or a format that binary64 does not hold.
truth softmax(const code_view& x, const softmax_options& options = {}, const request& want = {});
truth log_softmax(const code_view& x, const softmax_options& options = {}, const request& want = {});

/// Of the shape of x without the axis, or with extent 1 there. Throws as the others do.
truth logsumexp(const code_view& x, const softmax_options& options = {}, bool keep_axis = false,
                const request& want = {});

}  // namespace assay::reference
