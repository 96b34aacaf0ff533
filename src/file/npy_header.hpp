// The header of a .npy file: a magic string, a version, and a Python dictionary as text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <assay/tensor/extents.hpp>

namespace assay::detail {

/// What the dictionary says, not yet judged.
struct npy_header {
  bool big_endian = false;
  char letter = 0;     ///< of the dtype: f, i, u, b, V
  int item_bytes = 0;  ///< 1, 2, 4 or 8
  bool fortran_order = false;
  extents shape;
  std::uint64_t data_begin = 0;  ///< bytes before the elements

  /// As NumPy writes it: <f4, |u1.
  std::string dtype() const;
};

/// Magic, version and the length field, of 2 bytes in version 1 and of 4 later.
inline constexpr std::size_t npy_version_1_preamble_bytes = 10, npy_preamble_bytes = 12;

/// Whether the first bytes are those of a version whose preamble is the longer one.
bool needs_longer_preamble(std::span<const std::byte> preamble);

/// Where the dictionary lies: after `begin` bytes, `length` of them.
struct npy_dictionary_place {
  std::size_t begin = 0, length = 0;
};

/// Reads the preamble (as much of it as the file has) of a file of that size; the dictionary is inside the file.
/// Throws file_error.
npy_dictionary_place find_npy_dictionary(std::span<const std::byte> preamble, std::uint64_t file_bytes,
                                         std::string_view name);

/// Throws file_error.
npy_header parse_npy_dictionary(std::string_view text, std::string_view name);

}  // namespace assay::detail
