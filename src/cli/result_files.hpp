// Where results go: one to the file named; several to one file that holds several tensors, under their names, else to
// files beside each other with the result's name inserted, as in grad.npy: grad.dx.npy, grad.dweight.npy.
#pragma once

#include <string>
#include <vector>

#include <assay/catalogue/kernel_info.hpp>
#include <assay/file/tensor_file.hpp>
#include <assay/tensor/tensor.hpp>

namespace assay::cli {

/// grad.npy, dx: grad.dx.npy; grad.safetensors, dx: grad.safetensors#dx.
std::string with_name(const std::string& file, std::string_view name);

/// The file of one of the kernel's results.
std::string result_file(const std::string& file, const kernel_info& kernel, std::size_t result);

/// Whether a result was asked for: those that were not are empty.
inline bool was_asked_for(const tensor& result) { return !(result.size() == 0 && result.shape() == extents{0}); }

/// Writes them as above; one without a name to the file itself. Throws file_error.
void write_named(const std::string& file, std::vector<named_tensor> tensors);

/// Writes what was asked for of the kernel's results. Throws file_error.
void write_results(const std::string& file, const kernel_info& kernel, std::vector<tensor> results);

/// "-o out.npy writes out.dx.npy, out.dweight.npy." for a kernel of several results, else nothing.
std::string result_files_help(const kernel_info& kernel);

}  // namespace assay::cli
