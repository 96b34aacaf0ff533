#include "elements.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <cstring>
#include <new>
#include <vector>

#include <unistd.h>

#include <assay/tensor/describe.hpp>

#include "fail.hpp"

namespace assay::detail {
namespace {

/// tf32 codes are 19 bits, but lie in files as hardware has them.
constexpr int tf32_padding = 13;

bool is_tf32(const element_type& type) { return type.is_floating() && type.layout == tf32; }

/// Whether elements of a floating-point format may be read as the stated type.
bool agrees(const element_type& stored, const stated_type& stated) {
  if (stated.pairs || !stated.type.is_floating()) return false;
  return stated.type.layout == stored.layout || (stated.type.layout == tf32 && stored.layout == binary32);
}

[[noreturn]] void refuse_code(const tensor& values, std::size_t i, const stated_type& as, std::string_view expected,
                              std::string_view name) {
  char hex[17]{};
  std::snprintf(hex, sizeof hex, "%llx", static_cast<unsigned long long>(values[i]));
  fail(name, "element " + std::to_string(i) + " is 0x" + hex + ", which is no code of " + to_string(as) +
                 ": expected " + std::string(expected) + ".");
}

/// From the order of the file, first axis fastest, to C order.
void reorder_from_fortran(std::span<std::byte> values, const extents& shape, std::size_t each) {
  if (shape.rank() < 2 || values.empty()) return;
  const std::vector<std::byte> source(values.begin(), values.end());
  std::array<std::size_t, max_rank> strides{}, index{};
  std::size_t stride = each;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  std::size_t from = 0;
  for (std::size_t to = 0; to < source.size(); to += each) {
    std::memcpy(values.data() + to, source.data() + from, each);
    for (std::size_t axis = shape.rank(); axis-- > 0;) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= shape[axis] * strides[axis];
      index[axis] = 0;
    }
  }
}

/// The shape of the codes when each byte along the last axis holds two.
extents pair_shape(const extents& shape, const stated_type& as, std::string_view name) {
  if (shape.rank() == 0)
    fail(name, "has shape (); expected an axis along which bytes hold pairs of " + to_string(as) + ".");
  std::vector<std::size_t> sizes(shape.begin(), shape.end());
  if (sizes.back() > std::numeric_limits<std::size_t>::max() / 2) fail(name, "is too large for pairs.");
  sizes.back() *= 2;
  return extents(std::span<const std::size_t>(sizes));
}

}  // namespace

std::optional<std::uint64_t> stored_bytes(const extents& shape, int bits) {
  const auto count = shape.checked_count();
  const auto each = static_cast<std::uint64_t>(bits);
  if (!count || *count > std::numeric_limits<std::uint64_t>::max() / 2 / each) return std::nullopt;
  return (*count * each + 7) / 8;
}

element_plan plan_elements(const stored_elements& stored, const extents& shape,
                           const std::optional<stated_type>& stated, std::string_view name) {
  if (!stated) {
    if (stored.type) return {stated_type(*stored.type), shape, shape, stored.bits};
    fail(name, "holds " + stored.words + ", which do not say what they mean; state their format, as in FILE:bfloat16.");
  }
  if (stored.type && stored.type->is_floating()) {
    if (!agrees(*stored.type, *stated)) {
      fail(name, "holds " + stored.words + ", which is " + format_name(stored.type->layout) + ", but " +
                     to_string(*stated) + " was stated.");
    }
    return {*stated, shape, shape, stored.bits};
  }
  const bool is_bool = stored.type && stored.type->what == element_type::kind::boolean;
  if (is_bool && stated->type.what != element_type::kind::boolean) {
    fail(name, "holds bool, but " + to_string(*stated) + " was stated.");
  }
  if (stored.bits != 8 * stated->type.bytes()) {
    fail(name, "holds " + stored.words + ", but " + (stated->pairs ? "a pair" : "a code") + " of " +
                   to_string(*stated) + " takes " + std::to_string(8 * stated->type.bytes()) + " bits.");
  }
  if (!stated->pairs) return {*stated, shape, shape, stored.bits};
  return {*stated, shape, pair_shape(shape, *stated, name), stated->code_bits()};
}

/// Whether the machine could hold so many bytes at all. More are often granted and then end the process once they are
/// filled, as a sparse file's zeros fill them.
bool fits_memory(std::uint64_t bytes) {
  const long pages = ::sysconf(_SC_PHYS_PAGES), each = ::sysconf(_SC_PAGESIZE);
  return pages <= 0 || each <= 0 || bytes / static_cast<std::uint64_t>(each) < static_cast<std::uint64_t>(pages);
}

tensor new_tensor(const element_type& type, const extents& shape, std::string_view name) {
  const auto refuse = [&] {
    fail(name,
         "its tensor of shape " + to_string(shape) + " of " + to_string(type) + " does not fit the memory there is.");
  };
  if (const auto bytes = stored_bytes(shape, 8 * type.bytes()); !bytes || !fits_memory(*bytes)) refuse();
  try {
    return tensor(type, shape);
  } catch (const std::bad_alloc&) {
    refuse();
  } catch (const std::length_error&) {
    refuse();
  }
  return {};
}

void unpack(std::span<const std::byte> packed, int bits, bool is_signed, tensor& out) {
  const unsigned mask = (1u << bits) - 1, sign = is_signed ? 1u << (bits - 1) : 0;
  unsigned waiting = 0;
  int waiting_bits = 0;
  auto next = packed.begin();
  for (std::byte& code : out.bytes()) {
    if (waiting_bits < bits) {
      waiting |= std::to_integer<unsigned>(*next++) << waiting_bits;
      waiting_bits += 8;
    }
    code = static_cast<std::byte>((((waiting & mask) ^ sign) - sign) & 0xff);
    waiting >>= bits;
    waiting_bits -= bits;
  }
}

void settle_byte_order(std::span<std::byte> bytes, std::size_t each, bool big_endian) {
  if (each == 1 || big_endian == (std::endian::native == std::endian::big)) return;
  for (auto at = bytes.begin(); at != bytes.end(); at += static_cast<std::ptrdiff_t>(each)) {
    std::reverse(at, at + static_cast<std::ptrdiff_t>(each));
  }
}

void settle_codes(tensor& values, const stated_type& as, std::string_view name) {
  const element_type& type = values.type();
  if (type.what == element_type::kind::boolean) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] > 1)
        fail(name, "element " + std::to_string(i) + " is " + std::to_string(values[i]) + "; expected a bool, 0 or 1.");
    }
  }
  const int width = as.code_bits();
  if (width == 8 * type.bytes() || type.what == element_type::kind::boolean) return;
  const std::string low_bits = "only its low " + std::to_string(width) + " bits to be set";
  if (!type.is_floating()) {  // a narrow integer in a byte: its sign fills the rest, or zeros do
    const std::uint64_t mask = (1u << width) - 1, sign = as.integers->is_signed ? 1u << (width - 1) : 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::uint64_t extended = (((values[i] & mask) ^ sign) - sign) & 0xff;
      if (values[i] != extended && values[i] > mask) refuse_code(values, i, as, low_bits, name);
      values.set(i, extended);
    }
    return;
  }
  const bool padded = is_tf32(type);
  const std::uint64_t unused = padded ? (std::uint64_t{1} << tf32_padding) - 1 : ~type.layout.code_mask();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint64_t bits = values[i];
    if ((bits & unused) != 0) {
      refuse_code(values, i, as, padded ? "a binary32 with 13 zero bits at its end" : low_bits, name);
    }
    if (padded) values.set(i, bits >> tf32_padding);
  }
}

/// Whether elements lie in a file as they do in a tensor, and any bits are a code of theirs.
bool are_plain(const element_plan& plan, element_order order) {
  const element_type& type = plan.as.type;
  const bool machine_order = type.bytes() == 1 || order.big_endian == (std::endian::native == std::endian::big);
  return machine_order && (!order.fortran || plan.file_shape.rank() < 2) && plan.bits == 8 * type.bytes() &&
         plan.as.code_bits() == plan.bits && type.what != element_type::kind::boolean;
}

tensor read_elements(byte_stream& stream, const element_plan& plan, element_order order, std::string_view name) {
  if (are_plain(plan, order)) {
    if (auto bytes = stream.lend(static_cast<std::size_t>(plan.as.type.bytes()))) {
      return tensor(plan.as.type, plan.shape, std::move(*bytes));
    }
  }
  tensor values = new_tensor(plan.as.type, plan.shape, name);
  if (plan.bits < 8) {
    std::vector<std::byte> packed(static_cast<std::size_t>(*stored_bytes(plan.shape, plan.bits)));
    stream.read(packed);
    stream.finish();
    if (order.fortran) reorder_from_fortran(packed, plan.file_shape, 1);
    unpack(packed, plan.bits, plan.as.integers && plan.as.integers->is_signed, values);
    return values;
  }
  const auto each = static_cast<std::size_t>(plan.bits / 8);
  stream.read(values.bytes());
  stream.finish();
  settle_byte_order(values.bytes(), each, order.big_endian);
  if (order.fortran) reorder_from_fortran(values.bytes(), plan.file_shape, each);
  settle_codes(values, plan.as, name);
  return values;
}

std::span<const std::byte> bytes_for_file(const tensor& values, int bits, std::vector<std::byte>& scratch) {
  const auto each = static_cast<std::size_t>(values.type().bytes());
  if (bits < 8) {
    scratch.assign(static_cast<std::size_t>(*stored_bytes(values.shape(), bits)), std::byte{0});
    const unsigned mask = (1u << bits) - 1;  // the sign of a negative int4 fills its byte
    std::size_t at = 0;
    for (const std::byte code : values.bytes()) {
      const unsigned placed = (std::to_integer<unsigned>(code) & mask) << (at % 8);
      scratch[at / 8] |= static_cast<std::byte>(placed & 0xff);
      if (placed > 0xff) scratch[at / 8 + 1] |= static_cast<std::byte>(placed >> 8);
      at += static_cast<std::size_t>(bits);
    }
    return scratch;
  }
  if (!is_tf32(values.type()) && (std::endian::native == std::endian::little || each == 1)) return values.bytes();
  scratch.assign(values.bytes().begin(), values.bytes().end());
  if (is_tf32(values.type())) {
    for (std::size_t i = 0; i < values.size(); ++i) store_code(scratch.data() + i * each, 4, values[i] << tf32_padding);
  }
  settle_byte_order(scratch, each, false);
  return scratch;
}

}  // namespace assay::detail
