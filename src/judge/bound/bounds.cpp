#include "bounds.hpp"

#include <assay/bulk/convert.hpp>
#include <assay/number/convert.hpp>

namespace assay::detail {

double bound_question::truth(std::size_t i, std::size_t result) const {
  const double low = double_at(truths[result].lower, i), high = double_at(truths[result].upper, i);
  return low == high ? low : low / 2 + high / 2;
}

double bound_question::scale(std::size_t i, std::size_t result) const {
  const tensor& scales = truths[result].scale;
  return scales.size() == 0 ? std::abs(truth(i, result)) : double_at(scales, i);
}

bound_function find_bound(std::string_view kernel) {
  for (const bound_family rows :
       {pointwise_bounds(), reduction_bounds(), product_bounds(), softmax_bounds(), norm_bounds(), loss_bounds(),
        attention_bounds(), window_bounds(), cell_bounds(), moving_bounds(), gradient_bounds()}) {
    for (const bound_row& row : rows) {
      if (row.kernel == kernel) return row.of;
    }
  }
  return nullptr;
}

std::vector<double> doubles(const tensor& x) {
  std::vector<double> values(x.size());
  const format f = x.type().layout;
  const auto* data = x.bytes().data();
  const std::size_t n = x.size();
  switch (x.type().bytes()) {
    case 1: convert(std::span(reinterpret_cast<const std::uint8_t*>(data), n), std::span(values), f); break;
    case 2: convert(std::span(reinterpret_cast<const std::uint16_t*>(data), n), std::span(values), f); break;
    case 4: convert(std::span(reinterpret_cast<const std::uint32_t*>(data), n), std::span(values), f); break;
    default: convert(std::span(reinterpret_cast<const std::uint64_t*>(data), n), std::span(values), f);
  }
  return values;
}

std::vector<double> doubles(const kernel_call& call, std::string_view input) {
  return call.has_input(input) ? doubles(call.input(input)) : std::vector<double>();
}

std::vector<std::uint8_t> mask_bytes(const kernel_call& call, std::string_view input) {
  if (!call.has_input(input)) return {};
  const auto bytes = call.input(input).bytes();
  const auto* first = reinterpret_cast<const std::uint8_t*>(bytes.data());
  return {first, first + bytes.size()};
}

std::vector<std::int64_t> integers_of(const kernel_call& call, std::string_view name) {
  if (!call.has_input(name)) return {};
  const tensor& t = call.input(name);
  std::vector<std::int64_t> all(t.size());
  const int bits = t.type().integer_bits;
  const bool is_signed = t.type().what == element_type::kind::signed_integer;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::uint64_t raw = t[i] << (64 - bits);
    all[i] = is_signed ? static_cast<std::int64_t>(raw) >> (64 - bits) : static_cast<std::int64_t>(raw >> (64 - bits));
  }
  return all;
}

}  // namespace assay::detail
