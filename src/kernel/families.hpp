// Which function runs which kernel, with its variants and stores: one table a family of kernels, each in a file of its
// own.
#pragma once

#include <array>
#include <span>

#include <assay/kernel/run.hpp>

namespace assay::kernel {

struct kernel_row {
  std::string_view kernel;
  std::span<const attribute_info> variants;
  std::span<const store_info> stores;
  /// The arithmetic is checked and resolved, the call is checked; threads is at least 1.
  std::vector<tensor> (*run)(const kernel_call& call, const arithmetic& with, unsigned threads);
};

using family = std::span<const kernel_row>;

family pointwise_family();
family reduction_family();
family product_family();
family softmax_family();
family norm_family();
family loss_family();
family attention_family();
family convolution_family();
family pool_family();
family cell_family();
family embedding_family();
family collective_family();
family gradient_family();

inline std::array<family, 13> families() {
  return {pointwise_family(), reduction_family(),  product_family(),     softmax_family(), norm_family(),
          loss_family(),      attention_family(),  convolution_family(), pool_family(),    cell_family(),
          embedding_family(), collective_family(), gradient_family()};
}

/// Null when there is none.
const kernel_row* find_row(std::string_view kernel);

/// The word chosen for a variant, its initial one where none was: the enumerator of the word's place in the list.
template <class Enumeration>
Enumeration choice(const arithmetic& with, const attribute_info& variant) {
  const auto chosen = with.variants.find(variant.name);
  const std::string_view word = chosen == with.variants.end() ? variant.initial : std::string_view(chosen->second);
  int place = 0, found = 0;
  assay::detail::for_each_word(variant.choices, ' ', [&](std::string_view each) {
    if (each == word) found = place;
    ++place;
  });
  return static_cast<Enumeration>(found);
}

/// A variant that is a count, 1 or more.
std::size_t count_of(const arithmetic& with, const attribute_info& variant);

/// A tensor as the only result of its kernel.
inline std::vector<tensor> only(tensor t) {
  std::vector<tensor> all;
  all.push_back(std::move(t));
  return all;
}

}  // namespace assay::kernel
