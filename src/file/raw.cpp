// Raw files: little-endian codes, nothing else. Codes below 8 bits lie one a byte or packed, low bits first: the file's
// size tells which.
#include <assay/tensor/describe.hpp>

#include "container.hpp"
#include "elements.hpp"
#include "fail.hpp"

namespace assay::detail {
namespace {

/// One axis of as many elements as fill the file.
extents whole_file(std::uint64_t bytes, const stated_type& type, std::string_view name) {
  const auto each = static_cast<std::uint64_t>(type.type.bytes());
  if (type.pairs) return {static_cast<std::size_t>(2 * bytes)};
  if (type.code_bits() < 8 && type.type.what != element_type::kind::boolean) {
    fail(name, "holds codes of " + to_string(type) +
                   ", one or several in a byte: state the shape, as in FILE:" + to_string(type) + "[64,128].");
  }
  if (bytes % each != 0) {
    fail(name, "has " + std::to_string(bytes) + " bytes, which is no multiple of the " + std::to_string(each) +
                   " that an element of " + to_string(type) + " takes.");
  }
  return {static_cast<std::size_t>(bytes / each)};
}

}  // namespace

tensor read_raw(const byte_source& source, const std::optional<stated_type>& type,
                const std::optional<extents>& shape) {
  const std::string& name = source.name();
  if (!type) {
    fail(name, "raw bytes do not say what they are; state their format and shape, as in FILE:bfloat16[64,128].");
  }
  const std::uint64_t found = source.size();
  element_plan plan{*type, {}, shape ? *shape : whole_file(found, *type, name), 8 * type->type.bytes()};
  plan.file_shape = plan.shape;
  const auto plain = stored_bytes(plan.shape, plan.bits), packed = stored_bytes(plan.shape, type->code_bits());
  if (type->code_bits() < 8 && packed == found && (type->pairs || plain != found)) plan.bits = type->code_bits();
  const auto needed = type->pairs ? packed : plain;
  if (needed != found && plan.bits >= 8) {
    fail(name, "shape " + to_string(plan.shape) + " of " + to_string(*type) + " needs " +
                   (needed ? std::to_string(*needed) + " bytes" : std::string("more bytes than any file can hold")) +
                   (packed != plain && !type->pairs && packed ? " (packed " + std::to_string(*packed) + ")" : "") +
                   ", but the file has " + std::to_string(found) + ".");
  }
  range_stream stream(source);
  return read_elements(stream, plan, {}, name);
}

}  // namespace assay::detail
