// Windows of images (N, C, H, W): checked, and their elements one window after another.
#pragma once

#include <array>
#include <vector>

#include <assay/catalogue/call.hpp>
#include <assay/kernel/windows.hpp>

namespace assay::kernel {

struct windows2d {
  std::array<window_axis, 2> axes;  ///< down and across

  /// Over x's last two axes, by the call's stride, padding, and where it has them dilation and ceil_mode. Throws
  /// std::invalid_argument for an x that is no image, or windows that are not windows or do not fit.
  windows2d(const kernel_call& call, std::size_t down, std::size_t across);

  const window_axis& down() const { return axes[0]; }
  const window_axis& across() const { return axes[1]; }
  extents outputs(std::size_t n, std::size_t channels) const {
    return {n, channels, axes[0].outputs(), axes[1].outputs()};
  }
};

/// The attribute `name` as two counts, each at least `least`. Throws std::invalid_argument.
std::array<std::size_t, 2> two_counts(const kernel_call& call, std::string_view name, std::int64_t least);

}  // namespace assay::kernel
