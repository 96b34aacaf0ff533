// Where results go: one to the file named, several to files beside each other with the result's name inserted, as in
// grad.npy: grad.dx.npy, grad.dweight.npy.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <assay/catalogue/kernel_info.hpp>
#include <assay/tensor/tensor.hpp>

namespace assay::cli {

/// grad.npy, dx: grad.dx.npy.
std::filesystem::path with_name(const std::filesystem::path& path, std::string_view name);

/// The file of one of the kernel's results.
std::filesystem::path result_path(const std::filesystem::path& path, const kernel_info& kernel, std::size_t result);

}  // namespace assay::cli
