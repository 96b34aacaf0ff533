#include "integer_files.hpp"

#include <charconv>
#include <limits>

#include <fmt/format.h>

#include <assay/number/convert.hpp>
#include <assay/tensor/describe.hpp>

#include "arguments.hpp"

namespace assay::cli {
namespace {

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number x{};
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, x);
  return read.ec == std::errc{} && read.ptr == end ? std::optional(x) : std::nullopt;
}

}  // namespace

void refuse_shape(std::string_view name, const extents& found, const extents& expected) {
  throw usage_error(fmt::format("{} has shape {}; expected {}.", name, to_string(found), to_string(expected)));
}

integers::integers(input_files& files, std::string_view name, const std::string& text,
                   std::optional<integer_format> due) {
  const file_argument file = file_argument::parse(text);
  codes = file.read(files);
  const element_type& t = codes.type();
  const bool raw = t.what == element_type::kind::unsigned_integer && t.integer_bits <= 32;
  const bool is_signed = t.what == element_type::kind::signed_integer;
  const int due_bits = due ? (due->bits <= 8 ? 8 : due->bits) : 0;
  if (file.reference.type && file.reference.type->integers) {
    type = *file.reference.type->integers;
  } else if (due && (raw || is_signed) && t.integer_bits == due_bits && (raw || due->is_signed)) {
    type = *due;
  } else if (is_signed && t.integer_bits <= 32) {
    type = integer_format{t.integer_bits};
  } else {
    throw usage_error(fmt::format("{} holds {}; expected integers of up to 32 bits{}.", name, to_string(t),
                                  raw ? fmt::format(", named as in {}:{}", file.reference.name(), to_string(t)) : ""));
  }
}

std::vector<std::int32_t> integers::narrow(std::string_view name) const {
  std::vector<std::int32_t> all(codes.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    if ((*this)[i] > std::numeric_limits<std::int32_t>::max()) {
      throw usage_error(fmt::format("{} holds {}; expected integers of int32.", name, (*this)[i]));
    }
    all[i] = static_cast<std::int32_t>((*this)[i]);
  }
  return all;
}

std::vector<std::int32_t> zero_points(input_files& files, const std::string& text, std::string_view name,
                                      std::size_t lines) {
  if (text.empty()) return {};
  if (const auto one = number_in<std::int32_t>(text)) return {*one};
  const integers all(files, name, text);
  if (all.codes.size() != 1 && all.codes.shape() != extents{lines}) refuse_shape(name, all.codes.shape(), {lines});
  return all.narrow(name);
}

std::vector<double> factors(input_files& files, const std::string& text, std::size_t columns) {
  if (const auto one = number_in<double>(text)) return {*one};
  const tensor all = file_argument::parse(text).read_codes(files);
  if (all.size() != 1 && all.shape() != extents{columns}) refuse_shape("factor", all.shape(), {columns});
  std::vector<double> numbers(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) numbers[i] = to_double(all[i], all.type().layout);
  return numbers;
}

std::optional<integer_target> target_of(const std::string& to) {
  const std::size_t colon = to.find(':');
  const auto type = find_named_integer_format(to.substr(0, colon));
  if (!type) return std::nullopt;
  integer_target t{*type};
  if (colon != std::string::npos) t.mode = named_argument<rounding>(to.substr(colon + 1), "rounding mode");
  return t;
}

requantised_range range_of(const std::string& zero, const std::string& clamp) {
  requantised_range r;
  if (!zero.empty()) {
    const auto number = number_in<std::int32_t>(zero);
    if (!number) throw usage_error(fmt::format("--zero-y is '{}'; expected an integer.", zero));
    r.zero_point = *number;
  }
  if (!clamp.empty()) {
    const std::size_t comma = clamp.find(',');
    const auto low = number_in<std::int32_t>(std::string_view(clamp).substr(0, comma));
    const auto high =
        comma == std::string::npos ? std::nullopt : number_in<std::int32_t>(std::string_view(clamp).substr(comma + 1));
    if (!low || !high) throw usage_error(fmt::format("--clamp is '{}'; expected two integers, as in 0,255.", clamp));
    r.lowest = *low, r.highest = *high;
  }
  return r;
}

}  // namespace assay::cli
