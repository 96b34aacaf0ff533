// Windows that slide along one axis: how many there are, and which places of the input each looks at.
#pragma once

#include <cstddef>

namespace assay::reference {

struct axis_windows {
  std::size_t extent, window, stride, padding, dilation;
  std::size_t count;  ///< of windows

  /// Throws std::invalid_argument where that makes no sense; `axis` is "rows" or "columns".
  axis_windows(std::size_t n, std::size_t size, std::size_t step, std::size_t pad, std::size_t gap, bool ceil_mode,
               const char* axis);

  struct places {
    std::size_t first, end, step;  ///< within the input: first, first + step, ... below end
    std::size_t padded;            ///< how many there are within the input and its padding, for a dilation of 1
    std::size_t inside() const { return first < end ? (end - first + step - 1) / step : 0; }
  };
  places of(std::size_t output) const;
};

}  // namespace assay::reference
