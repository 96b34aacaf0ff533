// Integers as numbers: a kernel over the reals takes an int8 tensor for the whole numbers that it holds.
#pragma once

#include <bit>
#include <stdexcept>
#include <string>

#include <assay/tensor/describe.hpp>
#include <assay/tensor/tensor.hpp>

namespace assay {

/// The format that holds every integer of a type: binary32 up to 16 bits, binary64 for 32. Throws
/// std::invalid_argument for 64, which no format here holds.
inline format format_of_whole_numbers(const element_type& type) {
  if (type.integer_bits > 32) {
    throw std::invalid_argument("integers of " + std::to_string(type.integer_bits) +
                                " bits are more than binary64 holds; expected at most 32.");
  }
  return type.integer_bits <= 16 ? binary32 : binary64;
}

/// The same numbers as codes of that format, exactly. Floating-point tensors stay as they are.
inline tensor as_numbers(tensor values) {
  const element_type type = values.type();
  if (type.is_floating()) return values;
  const format f = format_of_whole_numbers(type);
  tensor numbers(element_type::of(f), values.shape());
  const int unused = 64 - type.integer_bits;
  const bool is_signed = type.what == element_type::kind::signed_integer;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint64_t bits = values[i] << unused;
    const double x = is_signed ? static_cast<double>(static_cast<std::int64_t>(bits) >> unused)
                               : static_cast<double>(bits >> unused);
    numbers.set(i, f == binary32 ? std::bit_cast<std::uint32_t>(static_cast<float>(x)) : std::bit_cast<std::uint64_t>(x));
  }
  return numbers;
}

}  // namespace assay
