// From what a file says of its elements, and what the user states, to a tensor of codes.
#pragma once

#include <optional>
#include <string>

#include <assay/file/file_reference.hpp>

#include "byte_source.hpp"

namespace assay::detail {

/// What a file says of its elements.
struct stored_elements {
  std::string words;                 ///< in sentences: float16, F8_E4M3
  std::optional<element_type> type;  ///< nothing: raw bits that do not say what they mean
  int bits = 8;                      ///< of one element in the file; below 8 they are packed, low bits first
};

/// How they become a tensor.
struct element_plan {
  stated_type as;
  extents file_shape, shape;  ///< they differ for pairs in a byte
  int bits = 8;               ///< of one code in the file: 4 for pairs in a byte
};

/// Bytes that so many elements take in a file, packed ones padded to a byte; nothing where it does not fit.
std::optional<std::uint64_t> stored_bytes(const extents& shape, int bits);

/// Throws file_error, in a sentence that begins with `name`, when what is stated does not fit what is stored.
element_plan plan_elements(const stored_elements& stored, const extents& shape,
                           const std::optional<stated_type>& stated, std::string_view name);

/// How the elements lie in a file.
struct element_order {
  bool big_endian = false;
  bool fortran = false;  ///< the first axis varies fastest
};

/// The elements, which must be all that is left in the stream: where they lie if that can be, else read into memory
/// that is taken for them. Refuses bits that no code of the type has. Throws file_error.
tensor read_elements(byte_stream& stream, const element_plan& plan, element_order order, std::string_view name);

/// A new tensor; throws file_error when there is no memory for it.
tensor new_tensor(const element_type& type, const extents& shape, std::string_view name);

/// Unpacks, swaps and checks what read_elements() has read: for readers that gather elements themselves.
void unpack(std::span<const std::byte> packed, int bits, bool is_signed, tensor& out);
void settle_byte_order(std::span<std::byte> bytes, std::size_t each, bool big_endian);
void settle_codes(tensor& values, const stated_type& as, std::string_view name);

/// The codes as files hold them: little endian, tf32 as binary32, `bits` each below 8. `scratch` owns what had to be
/// changed; without any change the tensor's own bytes are returned.
std::span<const std::byte> bytes_for_file(const tensor& values, int bits, std::vector<std::byte>& scratch);

}  // namespace assay::detail
