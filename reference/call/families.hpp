// Which function gives the truth of which call: one table a family of kernels, each in a file of its own.
#pragma once

#include <span>
#include <stdexcept>
#include <string>

#include <assay/reference/truth_of.hpp>

namespace assay::reference {

struct call_row {
  std::string_view kernel;
  std::vector<truth> (*evaluate)(const kernel_call& call, const request& want);
};

using family = std::span<const call_row>;

family pointwise_family();
family reduction_family();
family product_family();
family softmax_family();
family norm_family();
family loss_family();
family attention_family();
family pool_family();
family cell_family();
family collective_family();
family gradient_family();

/// Truths as the results of their kernel.
template <class... Truths>
std::vector<truth> all_of(Truths... results) {
  std::vector<truth> all;
  (all.push_back(std::move(results)), ...);
  return all;
}
/// A truth as the only result of its kernel.
inline std::vector<truth> only(truth t) { return all_of(std::move(t)); }

/// An integer attribute that counts something. Throws std::invalid_argument below zero.
inline std::size_t count_of(const kernel_call& call, std::string_view name) {
  const std::int64_t n = call.integer(name);
  if (n >= 0) return static_cast<std::size_t>(n);
  throw std::invalid_argument(std::string(name) + " is " + std::to_string(n) + "; expected at least 0");
}

/// A mask input's bytes, 0 or 1 each; empty when it was not given.
inline std::span<const std::uint8_t> mask_of(const kernel_call& call, std::string_view name = "mask") {
  const std::span<const std::byte> bytes =
      call.has_input(name) ? call.input(name).bytes() : std::span<const std::byte>();
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

}  // namespace assay::reference
