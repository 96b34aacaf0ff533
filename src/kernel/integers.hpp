// Inputs of integers: classes and indices.
#pragma once

#include <assay/tensor/tensor.hpp>

namespace assay::kernel {

/// An element of a tensor of integers; unsigned ones of 64 bits beyond the largest signed one come out negative.
inline std::int64_t integer_at(const tensor& t, std::size_t i) {
  const int unused = 64 - t.type().integer_bits;
  const std::uint64_t bits = t[i] << unused;
  if (t.type().what == element_type::kind::signed_integer) return static_cast<std::int64_t>(bits) >> unused;
  return static_cast<std::int64_t>(bits >> unused);
}

}  // namespace assay::kernel
