// Comparisons of codes of one format, on the codes alone. Constant expressions use them, too.
#pragma once

#include <compare>
#include <cstdint>
#include <type_traits>

#include <assay/format/format.hpp>

namespace assay::fast {

/// Grows with the value; both zeros are 0. Not for NaN.
template <format F>
constexpr auto order_key(storage_of<F> code) {
  using key = std::conditional_t<(F.width() < 32), std::int32_t, std::int64_t>;
  const auto magnitude = static_cast<key>(code & F.magnitude_mask());
  if constexpr (!F.is_signed()) {
    return magnitude;
  } else {
    return (code & F.sign_mask()) != 0 ? static_cast<key>(-magnitude) : magnitude;
  }
}

/// Whether neither is a NaN.
template <format F>
constexpr bool are_ordered(storage_of<F> a, storage_of<F> b) {
  return !F.is_nan_code(a) && !F.is_nan_code(b);
}

template <format F>
constexpr bool is_equal(storage_of<F> a, storage_of<F> b) {
  return are_ordered<F>(a, b) && (order_key<F>(a) == order_key<F>(b));
}
template <format F>
constexpr bool is_less(storage_of<F> a, storage_of<F> b) {
  return are_ordered<F>(a, b) && (order_key<F>(a) < order_key<F>(b));
}
template <format F>
constexpr bool is_less_equal(storage_of<F> a, storage_of<F> b) {
  return are_ordered<F>(a, b) && (order_key<F>(a) <= order_key<F>(b));
}
template <format F>
constexpr std::partial_ordering order(storage_of<F> a, storage_of<F> b) {
  if (!are_ordered<F>(a, b)) return std::partial_ordering::unordered;
  return order_key<F>(a) <=> order_key<F>(b);
}

}  // namespace assay::fast
