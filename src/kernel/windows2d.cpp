#include "windows2d.hpp"

#include <algorithm>

namespace assay::kernel {

std::array<std::size_t, 2> two_counts(const kernel_call& call, std::string_view name, std::int64_t least) {
  const auto all = call.integers(name);
  if (all.size() != 2 || std::min(all[0], all[1]) < least) {
    throw std::invalid_argument(std::string(name) + " is " + to_string(attribute_value(all)) +
                                "; expected two integers of at least " + std::to_string(least) + ".");
  }
  return {static_cast<std::size_t>(all[0]), static_cast<std::size_t>(all[1])};
}

windows2d::windows2d(const kernel_call& call, std::size_t down, std::size_t across) {
  const extents& shape = call.input("x").shape();
  if (shape.rank() != 4) {
    throw std::invalid_argument("x has the shape " + to_string(shape) + "; expected (N, C, H, W).");
  }
  const auto has = [&](std::string_view name) {
    return std::any_of(call.info().attributes.begin(), call.info().attributes.end(),
                       [&](const attribute_info& info) { return info.name == name; });
  };
  const std::array<std::size_t, 2> window{down, across};
  const auto stride = call.has("stride") ? two_counts(call, "stride", 1) : window;
  const auto padding = two_counts(call, "padding", 0);
  const auto dilation = has("dilation") ? two_counts(call, "dilation", 1) : std::array<std::size_t, 2>{1, 1};
  for (std::size_t i = 0; i < 2; ++i) {
    axes[i] = {shape[2 + i], window[i], stride[i], padding[i], dilation[i], has("ceil_mode") && call.flag("ceil_mode")};
    if (has("window") && padding[i] > window[i] / 2) {
      throw std::invalid_argument("padding is " + std::to_string(padding[i]) + "; expected at most half the window, " +
                                  std::to_string(window[i] / 2) + ".");
    }
    if (window[i] == 0 || !axes[i].fits()) {
      throw std::invalid_argument("a window spans " + std::to_string(window[i] == 0 ? 0 : axes[i].span()) +
                                  " places; expected 1 to " + std::to_string(shape[2 + i] + 2 * padding[i]) +
                                  ", x and its padding.");
    }
  }
}

}  // namespace assay::kernel
