// What hypotheses are made of: changes of a call, of its arithmetic, of codes.
#pragma once

#include <initializer_list>
#include <string_view>

#include <assay/judge/hypothesis.hpp>

namespace assay::detail {

using change_of_call = std::function<bool(kernel_call&)>;
using change_of_arithmetic = std::function<bool(const kernel_call&, arithmetic&)>;

/// Of kernels that may not have that input or attribute at all.
bool has_input_named(const kernel_call& call, std::string_view name);
bool has_attribute_named(const kernel_call& call, std::string_view name);
bool is_any(std::string_view kernel, std::initializer_list<std::string_view> names);

/// The number that at least an eighth of the codes are, zero aside: it is found next to itself and anywhere by chance.
std::optional<std::uint64_t> most_frequent_code(std::span<const std::uint64_t> codes, format f);

/// Calls change(code) for the codes of an input.
template <class Change>
tensor changed_codes(const tensor& x, const Change& change) {
  tensor y = x;
  for (std::size_t i = 0; i < x.size(); ++i) y.set(i, change(x[i]));
  return y;
}

/// Calls change(position along that axis, extent, element, stride) where it returns the new code.
template <class Change>
tensor changed_along(const tensor& x, std::size_t axis, const Change& change) {
  tensor y = x;
  std::size_t inner = 1;
  for (std::size_t a = axis + 1; a < x.shape().rank(); ++a) inner *= x.shape()[a];
  const std::size_t n = x.shape()[axis];
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t k = i / inner % n;
    y.set(i, change(k, n, i, inner));
  }
  return y;
}

/// The axis along which products are summed, of each factor.
struct summed_axes {
  std::string_view left, right;
  std::size_t left_axis = 0, right_axis = 0;
  std::size_t length = 0;
};
std::optional<summed_axes> summed_axes_of(const kernel_call& call);

/// False where the attribute has that value already, or the kernel does not have it.
change_of_call with_attribute(std::string name, attribute_value value);
/// One of the kernel's own choices (variants_of()).
change_of_arithmetic with_variant(std::string key, std::string value);

}  // namespace assay::detail
