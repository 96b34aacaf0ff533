#include "windows.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace assay::reference {

axis_windows::axis_windows(std::size_t n, std::size_t size, std::size_t step, std::size_t pad, std::size_t gap,
                           bool ceil_mode, const char* axis)
    : extent(n), window(size), stride(step), padding(pad), dilation(gap) {
  const auto complain = [&](std::string what, std::size_t found, const std::string& expected) {
    throw std::invalid_argument(std::move(what) + " is " + std::to_string(found) + " over " + axis + "; expected " +
                                expected);
  };
  constexpr std::size_t most = std::size_t{1} << 31;
  const std::string positive = "1 to " + std::to_string(most - 1);
  if (window == 0 || window >= most) complain("window", window, positive);
  if (stride == 0 || stride >= most) complain("stride", stride, positive);
  if (dilation == 0 || dilation >= most) complain("dilation", dilation, positive);
  if (padding > window / 2) {
    complain("padding", padding, "at most half the window, " + std::to_string(window / 2));
  }
  const std::size_t reach = dilation * (window - 1) + 1;
  if (extent == 0 || extent + 2 * padding < reach) {
    throw std::invalid_argument("a window that reaches over " + std::to_string(reach) + " " + axis +
                                " does not fit x's " + std::to_string(extent) + " with " + std::to_string(padding) +
                                " of padding on each side");
  }
  count = (extent + 2 * padding - reach + (ceil_mode ? stride - 1 : 0)) / stride + 1;
  if (ceil_mode && (count - 1) * stride >= extent + padding) --count;
}

axis_windows::places axis_windows::of(std::size_t output) const {
  // Counted from the beginning of the padding.
  const std::size_t start = output * stride, end = start + dilation * (window - 1) + 1;
  const std::size_t skipped = start < padding ? (padding - start + dilation - 1) / dilation : 0;
  const std::size_t first = start + skipped * dilation - padding;
  return {first, std::min(std::max(end, padding) - padding, extent), dilation,
          std::min(end, extent + 2 * padding) - start};
}

}  // namespace assay::reference
