#include "changes.hpp"

#include <algorithm>

#include <assay/kernel/run.hpp>

namespace assay::detail {

bool has_input_named(const kernel_call& call, std::string_view name) {
  const auto inputs = call.info().inputs;
  return std::any_of(inputs.begin(), inputs.end(), [&](const input_info& in) { return in.name == name; }) &&
         call.has_input(name);
}
bool has_attribute_named(const kernel_call& call, std::string_view name) {
  const auto attributes = call.info().attributes;
  return std::any_of(attributes.begin(), attributes.end(), [&](const attribute_info& a) { return a.name == name; });
}
bool is_any(std::string_view kernel, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), kernel) != names.end();
}

std::optional<std::uint64_t> most_frequent_code(std::span<const std::uint64_t> codes, format f) {
  std::vector<std::uint64_t> sorted(codes.begin(), codes.end());
  std::sort(sorted.begin(), sorted.end());
  std::optional<std::uint64_t> found;
  std::size_t most = std::max<std::size_t>(8, (codes.size() + 7) / 8) - 1;
  for (auto at = sorted.begin(); at != sorted.end();) {
    const auto next = std::upper_bound(at, sorted.end(), *at);
    const auto count = static_cast<std::size_t>(next - at);
    if (count > most && !f.is_nan_code(*at) && !decode(*at, f).is_zero()) {
      most = count;
      found = *at;
    }
    at = next;
  }
  return found;
}

std::optional<summed_axes> summed_axes_of(const kernel_call& call) {
  summed_axes s;
  if (call.name() == "gemm") {
    const std::size_t rank = call.input("a").shape().rank();
    const std::size_t b_rank = call.input("b").shape().rank();
    s = {"a", "b", rank - (call.flag("transpose_a") ? 2 : 1), b_rank - (call.flag("transpose_b") ? 1 : 2)};
  } else if (call.name() == "dot") {
    const std::size_t rank = call.input("a").shape().rank();
    s = {"a", "b", rank - 1, rank - 1};
  } else if (is_any(call.name(), {"all_reduce", "reduce_scatter"})) {
    s = {"x", "", 0, 0};
  } else if (is_any(call.name(), {"sum", "mean", "variance"})) {
    const std::size_t rank = call.input("x").shape().rank();
    if (rank == 0) return std::nullopt;
    s = {"x", "", rank - 1, 0};
  } else {
    return std::nullopt;
  }
  s.length = call.input(s.left).shape()[s.left_axis];
  return s;
}

change_of_call with_attribute(std::string name, attribute_value value) {
  return [name = std::move(name), value = std::move(value)](kernel_call& call) {
    if (!has_attribute_named(call, name) || (call.has(name) && call.value(name) == value)) return false;
    call.set(name, value);
    return true;
  };
}

change_of_arithmetic with_variant(std::string key, std::string value) {
  return [key = std::move(key), value = std::move(value)](const kernel_call& call, arithmetic& with) {
    for (const attribute_info& v : variants_of(call.name())) {
      if (v.name != key || (" " + std::string(v.choices) + " ").find(" " + value + " ") == std::string::npos) continue;
      with.variants[key] = value;
      return true;
    }
    return false;
  };
}

}  // namespace assay::detail
