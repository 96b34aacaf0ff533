// std::hash of number<Format> and quantised<Format>: equal numbers hash equally, both zeros among them.
#pragma once

#include <functional>

#include <assay/number/number.hpp>
#include <assay/number/quantised.hpp>

template <assay::format F>
struct std::hash<assay::number<F>> {
  std::size_t operator()(assay::number<F> x) const noexcept {
    const bool is_negative_zero = F.has_negative_zero() && x.bits() == F.sign_mask();
    return std::hash<std::uint64_t>{}(is_negative_zero ? 0 : x.bits());
  }
};

template <assay::integer_format I>
struct std::hash<assay::quantised<I>> {
  std::size_t operator()(assay::quantised<I> x) const noexcept { return std::hash<std::uint64_t>{}(x.bits()); }
};
