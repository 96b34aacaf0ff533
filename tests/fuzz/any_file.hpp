// What every reader of tensors owes: any bytes give tensors or file_error, and no more memory than the bytes justify.
#pragma once

#include <cstdlib>
#include <span>

#include <assay/file/tensor_file.hpp>

/// The byte chooses the type that the user states: a named format, another type, or none.
inline std::optional<assay::stated_type> stated_by(std::uint8_t choice) {
  constexpr std::string_view others[]{"e2m1fn_x2", "int4", "uint8", "bool", "int16", "uint64", "e5m6"};
  const std::size_t which = choice % 32, formats = assay::named_formats.size();
  if (which < formats) return assay::named_formats[which].value;
  if (which - formats < std::size(others)) return assay::parse_stated_type(others[which - formats]);
  return std::nullopt;
}

inline void check(bool holds) {
  if (!holds) std::abort();
}

inline void check_tensor(const assay::tensor& t, std::size_t most_bytes) {
  check(t.bytes().size() <= most_bytes);
  for (std::size_t i = 0; i < t.size(); ++i) {
    check(!t.type().is_floating() || (t[i] & ~t.type().layout.code_mask()) == 0);
    check(t.type().what != assay::element_type::kind::boolean || t[i] <= 1);
  }
}

/// Lists the file's tensors and reads the first ones. A byte of the file makes at most `growth` bytes of memory.
inline void read_every_tensor(std::span<const std::byte> file, const char* path,
                              const std::optional<assay::stated_type>& stated, std::size_t growth) {
  std::vector<assay::tensor_entry> entries;
  try {
    entries = assay::parse_list(file, path);
  } catch (const assay::file_error&) {
    return;
  }
  if (entries.size() > 8) entries.resize(8);
  for (const assay::tensor_entry& entry : entries) {
    try {
      assay::file_reference reference;
      reference.path = path;
      if (!entry.name.empty()) reference.tensor = entry.name;
      reference.type = stated;
      const assay::tensor t = assay::parse_tensor(file, reference);
      check_tensor(t, growth * file.size());
    } catch (const assay::file_error&) {
    }
  }
}
