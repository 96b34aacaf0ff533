// NumPy's .npy files, versions 1 to 3.
//
// float16, float32, float64, bool and all integers speak for themselves, in either byte order, C or Fortran order. Raw
// bits of another format come as integers or void elements of its storage width (u1, u2, u4, u8, i1 ..., V1, V2, V4),
// one code an element, and need that format stated. tf32 lies in memory as a binary32 whose 13 low bits are zero, in
// files too: its codes are the upper 19 bits.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include <assay/file/error.hpp>
#include <assay/tensor/tensor.hpp>

namespace assay {

/// Reads a whole file. Its header is not trusted: every size is checked against the file's before memory is taken.
/// Throws file_error.
tensor read_npy(const std::filesystem::path& path, std::optional<format> stated = std::nullopt);

/// The same from memory; `name` is what errors call it.
tensor parse_npy(std::span<const std::byte> bytes, std::string_view name, std::optional<format> stated = std::nullopt);

/// Writes version 1, C order, little endian: binary16, binary32, binary64, tf32 (as float32), integers and bool under
/// NumPy's own dtypes, other formats as raw bits (u1, u2, u4, u8). The file appears whole or not at all.
/// Throws file_error.
void write_npy(const std::filesystem::path& path, const tensor& values);

}  // namespace assay
