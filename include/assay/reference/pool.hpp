// The certified truth of pooling over windows of images, x of shape (N, C, H, W):
//
//   max_pool2d    y = the largest x of a window
//   avg_pool2d    y = the sum of a window's x / divisor
//
// as torch.nn.functional.max_pool2d and avg_pool2d and ONNX MaxPool and AveragePool define them. Along an axis of
// extent H, output o looks at the places o stride - padding + k dilation, k = 0 to window - 1, that lie within the
// input; there are
//
//   floor((H + 2 padding - dilation (window - 1) - 1) / stride) + 1
//
// outputs, or with ceil_mode the ceiling of the quotient in place of the floor, but without a last window that would
// begin beyond the input and its left padding. The divisor is divisor_override, or else the number of the window's
// places: with count_include_pad those in the padding too (but not what ceil_mode's last window has beyond it), without
// only those within the input.
//
// Specials, by window:
//   a NaN                                 NaN
//   max: no place within the input        -infinity, which padding counts as (a dilated window may step over it all)
//   max: infinities                       as any other numbers
//   average: infinities                   of one sign: that infinity (its negative for a negative divisor); both: NaN
// A largest element of zero is -0 only when all zeros of the window are. An average of zero is +0, unless every x of
// the window is -0.
//
// Exact cases: a maximum is one of the inputs; an average is rational.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include <assay/reference/truth.hpp>

namespace assay::reference {

/// Down and across.
using pair2d = std::array<std::size_t, 2>;

struct max_pool2d_options {
  pair2d window{2, 2};
  std::optional<pair2d> stride = {};  ///< the window's extents where none is given
  pair2d padding{0, 0};               ///< at most half the window
  pair2d dilation{1, 1};
  bool ceil_mode = false;
};

struct avg_pool2d_options {
  pair2d window{2, 2};
  std::optional<pair2d> stride = {};
  pair2d padding{0, 0};
  bool ceil_mode = false;
  bool count_include_pad = true;
  std::optional<std::int64_t> divisor_override = {};  ///< not zero
};

// Both throw std::invalid_argument for an x of another rank, windows, strides or dilations of zero, too much padding, a
// window that does not fit, a divisor of zero, or a format that binary64 does not hold.
truth max_pool2d(const code_view& x, const max_pool2d_options& options = {}, const request& want = {});
truth avg_pool2d(const code_view& x, const avg_pool2d_options& options = {}, const request& want = {});

}  // namespace assay::reference
