// Kernels by name, their rows in the families' tables.
#include <thread>

#include "families.hpp"

namespace assay {

namespace kernel {

const kernel_row* find_row(std::string_view name) {
  for (const family& rows : families()) {
    for (const kernel_row& row : rows) {
      if (row.kernel == name) return &row;
    }
  }
  return nullptr;
}

std::size_t count_of(const arithmetic& with, const attribute_info& variant) {
  const auto chosen = with.variants.find(variant.name);
  const std::string_view text = chosen == with.variants.end() ? variant.initial : std::string_view(chosen->second);
  const auto n = std::get<std::int64_t>(parse_attribute(variant, text));
  if (n < 1)
    throw std::invalid_argument(std::string(variant.name) + " is " + std::string(text) + "; expected 1 or more.");
  return static_cast<std::size_t>(n);
}

}  // namespace kernel

bool has_emulation(std::string_view name) { return kernel::find_row(name) != nullptr; }

std::span<const attribute_info> variants_of(std::string_view name) {
  const kernel::kernel_row* row = kernel::find_row(name);
  return row == nullptr ? std::span<const attribute_info>() : row->variants;
}

std::span<const store_info> stores_of(std::string_view name) {
  const kernel::kernel_row* row = kernel::find_row(name);
  return row == nullptr ? std::span<const store_info>() : row->stores;
}

std::vector<tensor> run_kernel(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const kernel::kernel_row* row = kernel::find_row(call.name());
  if (row == nullptr) throw std::invalid_argument("there is no emulation of " + std::string(call.name()) + ".");
  call.check();
  check_arithmetic(call.name(), with);
  const arithmetic resolved = with.resolved(call.storage_format());
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  return row->run(call, resolved, threads);
}

}  // namespace assay
