// The certified truth of an embedding: y = the rows of weight that the indices name, each element rounded into the
// output format, as torch.nn.functional.embedding and ONNX Gather on axis 0 define it (without ONNX's negative
// indices).
//
// NaN stays NaN, an infinity itself, and a zero keeps its sign. Every element is exact.
#pragma once

#include <assay/reference/truth.hpp>

namespace assay::reference {

/// weight is (V, D), indices are integers of any shape; the result has the indices' shape and then D. Throws
/// std::invalid_argument for other shapes, indices that are not integers, or one outside 0 to V - 1, which it names.
truth embedding(const code_view& weight, const tensor& indices, const request& want = {});

}  // namespace assay::reference
