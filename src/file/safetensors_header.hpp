// The header of a .safetensors file: its length in 8 bytes, then a JSON object of tensors. After the format's
// description in the README of huggingface/safetensors and, where that is silent, its own reader (0.8):
// tensors lie one after another without holes, in any order of names; every byte of the file belongs to one.
#pragma once

#include <vector>

#include <assay/file/tensor_file.hpp>

#include "byte_source.hpp"
#include "elements.hpp"

namespace assay::detail {

/// A dtype of the specification.
struct safetensors_dtype {
  std::string_view name;
  int bits;
  std::optional<element_type> type;  ///< nothing for the complex one, which is no type of ours
};

/// In the order in which its own writer lays tensors out: the later, the closer to the file's beginning.
std::span<const safetensors_dtype> safetensors_dtypes();

struct safetensors_tensor {
  std::string name, dtype;
  std::vector<std::uint64_t> shape;
  std::uint64_t begin = 0, end = 0;  ///< of its data, from the header's end on
  const safetensors_dtype* of = nullptr;
};

struct safetensors_header {
  std::uint64_t data_begin = 0;  ///< in the file
  std::vector<safetensors_tensor> tensors;
  file_metadata metadata;
};

/// Reads and checks the header. Throws file_error.
safetensors_header read_safetensors_header(const byte_source& source);

/// The same from the JSON text of a file with so many bytes of data behind it.
safetensors_header parse_safetensors_header(std::string_view json, std::uint64_t data_bytes, std::string_view name);

/// Length and JSON, padded with spaces to a multiple of 8 bytes, for the tensors in this order.
std::string safetensors_preamble_of(std::span<const safetensors_tensor> tensors, const file_metadata& metadata);

}  // namespace assay::detail
