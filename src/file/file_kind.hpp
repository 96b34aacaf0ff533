// Kinds of files by the endings of their names.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <assay/file/tensor_file.hpp>

namespace assay::detail {

/// Nothing for an ending that no kind has.
std::optional<file_kind> kind_of_name(const std::filesystem::path& path);

/// ".npy, .npz, ... or .bin".
std::string kinds_to_read();
std::string kinds_to_write();

}  // namespace assay::detail
