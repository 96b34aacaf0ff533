// The certified truth of softmax:
//
//   y_i = e^(x_i / T) / sum_j e^(x_j / T)      over the elements j of a line that are not masked out
//
// as torch.nn.functional.softmax and ONNX Softmax define it; a mask acts as masked_fill(-infinity).
//
// Specials, by line of what is not masked:
//   a NaN, or +infinity anywhere       NaN everywhere (infinity - infinity in every formulation)
//   -infinity, or masked               +0
//   nothing but -infinity or masks     NaN everywhere: 0 / 0
//   a line of no elements              nothing
// A value that underflows is +0, never -0.
//
// Exact cases: e^a with distinct algebraic a are linearly independent over the rationals (Lindemann and Weierstrass),
// so an element is rational only when all x_j that count are equal: then it is 1 / n.
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

}  // namespace assay::reference
