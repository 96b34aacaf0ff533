// conv2d as an implicit matrix product: every output is one sum over its group's channels and the filter's taps.
//
//   y = bias + sum over c, r, s of weight(o, c, r, s) x(c, p stride - padding + r dilation, ...)
//
// Taps in the padding are terms like others, of a zero: they count in blocked orders, and an infinite weight there
// gives NaN. The formula sums over them, and kernels that fill a tile with zeros do.
//
// Specials: a sum's.
#pragma once

#include <cstddef>

#include <assay/kernel/scalar.hpp>

namespace assay::kernel {

enum class tap_order {
  channels_first,  ///< channel by channel, each row by row: im2col of (N, C, H, W)
  channels_last,   ///< tap by tap, each with all its channels: implicit products over (N, H, W, C)
};
enum class bias_form {
  after,   ///< added to the sum in the compute format
  inside,  ///< where the sum starts, in the accumulator
};

inline constexpr attribute_info conv2d_variants[]{
    {"taps", attribute_info::kind::choice, "channels_first",
     "the terms channel by channel, or tap by tap with all channels each", "channels_first channels_last"},
    {"bias", attribute_info::kind::choice, "after", "added to the sum, or where the sum starts", "after inside"}};
inline constexpr store_info conv2d_stores[]{{"sums", "the sums over channels and taps, before the bias"}};

/// Where the term of channel c and tap t of `taps` stands in its sum.
constexpr std::size_t term_of(tap_order order, std::size_t c, std::size_t t, std::size_t channels, std::size_t taps) {
  return order == tap_order::channels_first ? c * taps + t : t * channels + c;
}

/// One output: the patch of the input and the filter, term by term in the same order; bias may be null.
template <scalar_arithmetic A>
typename A::value conv2d(A& a, line<A> patch, line<A> filter, const typename A::value* bias,
                         const cast* sums = nullptr) {
  const auto sum = a.dot(
      patch.size(), [&](std::size_t i) { return filter[i]; }, [&](std::size_t i) { return patch[i]; });
  return bias == nullptr ? a.through(sums, sum) : a.add(a.through(sums, sum), *bias);
}

}  // namespace assay::kernel
