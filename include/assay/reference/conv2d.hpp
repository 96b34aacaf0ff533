// The certified truth of a convolution in two dimensions (a cross-correlation, as networks have it):
//
//   y[n, o, p, q] = bias[o] + sum over c, r, s of weight[o, c, r, s] x[n, g C/G + c, p u + r d - h, q v + s e - w]
//
// with strides u, v, padding h, w, dilations d, e, and g the group that channel o falls into, of G: as
// torch.nn.functional.conv2d and ONNX Conv define it. x is taken as zero outside its extents, so that an infinite or
// NaN weight there gives NaN. The result is (N, O, P, Q), P = floor((H + 2h - d (R - 1) - 1) / u) + 1 and Q likewise.
//
// Specials and zeros are those of gemm.hpp, a term for each tap, the padding's included (+0 as x there). The scale
// (request::scales) is |bias| + sum |weight||x|. The value is a dyadic number: all of it is exact.
#pragma once

#include <assay/reference/truth.hpp>

namespace assay::reference {

struct pair_of_counts {
  std::size_t down, across;
};

struct conv2d_options {
  pair_of_counts stride{1, 1};    ///< at least 1
  pair_of_counts padding{0, 0};   ///< on each side
  pair_of_counts dilation{1, 1};  ///< at least 1
  std::size_t groups = 1;         ///< divides the channels of x and those of the result
};

/// x is (N, C, H, W), weight (O, C / groups, R, S), bias (O,) or without data: then there is no such term. Throws
/// std::invalid_argument for shapes and options that do not fit, a window larger than the padded input among them, or a
/// format that binary64 does not hold.
truth conv2d(const code_view& x, const code_view& weight, const code_view& bias = {},
             const conv2d_options& options = {}, const request& want = {});

}  // namespace assay::reference
