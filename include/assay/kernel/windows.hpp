// Windows over an axis: where a pooling window or a convolution's filter lies. Output o looks at the places
// o stride - padding + tap dilation of the input; those outside it are padding.
#pragma once

#include <cstddef>
#include <optional>

namespace assay::kernel {

struct window_axis {
  std::size_t extent = 0;  ///< of the input
  std::size_t window = 1, stride = 1, padding = 0, dilation = 1;
  bool ceil_mode = false;  ///< a last window may leave the input at its end, if it begins before that

  /// Places that a window spans, those between its taps included.
  std::size_t span() const { return dilation * (window - 1) + 1; }
  bool fits() const { return span() <= extent + 2 * padding; }

  /// 0 for a window that does not fit.
  std::size_t outputs() const {
    if (!fits()) return 0;
    const std::size_t room = extent + 2 * padding - span();
    const std::size_t n = (room + (ceil_mode ? stride - 1 : 0)) / stride + 1;
    return ceil_mode && (n - 1) * stride >= extent + padding ? n - 1 : n;
  }
  /// Nothing for a tap in the padding.
  std::optional<std::size_t> place(std::size_t output, std::size_t tap) const {
    const std::size_t padded = output * stride + tap * dilation;
    if (padded < padding || padded - padding >= extent) return std::nullopt;
    return padded - padding;
  }
  /// How many places of a window without dilation lie in the input and its padding.
  std::size_t padded_places(std::size_t output) const {
    const std::size_t first = output * stride, end = extent + 2 * padding;
    return first >= end ? 0 : first + window < end ? window : end - first;
  }
};

}  // namespace assay::kernel
