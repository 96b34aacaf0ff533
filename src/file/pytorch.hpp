// The tensors of a PyTorch file: what a pickle's calls of _rebuild_tensor_v2 and its like say, without making them.
#pragma once

#include <string>
#include <vector>

#include "elements.hpp"
#include "pickle.hpp"

namespace assay::detail {

/// A dtype of PyTorch.
struct torch_dtype {
  std::string_view name;     ///< torch.NAME
  std::string_view storage;  ///< torch.STORAGE, the class of its typed storages, if there is one
  int bytes;
  std::optional<element_type> type;  ///< nothing for complex numbers
  bool pairs = false;                ///< two codes a byte
};

struct torch_tensor {
  std::string name;  ///< keys and indices from the root on, joined by /
  const torch_dtype* dtype = nullptr;
  extents shape;
  std::vector<std::uint64_t> strides;  ///< in elements, as many as axes
  std::uint64_t offset = 0;            ///< in elements
  std::string storage;                 ///< its key
  std::uint64_t storage_bytes = 0;

  /// One past the last element of the storage that the tensor uses; `offset` for an empty tensor.
  std::uint64_t end() const;
  bool is_contiguous() const;
};

/// Whether the dotted name may occur in such a pickle.
bool is_torch_global(std::string_view dotted);

/// All tensors below the root, each checked to lie in its storage. Throws file_error.
std::vector<torch_tensor> find_torch_tensors(const pickle& tree, std::string_view name);

}  // namespace assay::detail
