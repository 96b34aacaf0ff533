// What every kind of file is to its users: named tensors, read one at a time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <assay/file/tensor_file.hpp>

#include "byte_source.hpp"

namespace assay::detail {

/// An opened file. The source that it was opened from must outlive it.
class tensor_container {
 public:
  tensor_container() = default;
  tensor_container(const tensor_container&) = delete;
  tensor_container& operator=(const tensor_container&) = delete;
  virtual ~tensor_container() = default;

  /// In the file's order; one empty name where the kind holds one tensor without a name.
  const std::vector<std::string>& names() const { return names_; }
  virtual tensor_entry describe(std::size_t index) const = 0;
  virtual tensor read(std::size_t index, const std::optional<stated_type>& stated) const = 0;
  virtual file_metadata metadata() const { return {}; }

 protected:
  std::vector<std::string> names_;
};

// Each throws file_error for what is not of its kind, or is damaged.
std::unique_ptr<tensor_container> open_npy(const byte_source& source);
std::unique_ptr<tensor_container> open_npz(const byte_source& source);
std::unique_ptr<tensor_container> open_safetensors(const byte_source& source);
std::unique_ptr<tensor_container> open_pytorch(const byte_source& source);

/// A raw file's only tensor. Without a shape it has one axis, as long as the file.
tensor read_raw(const byte_source& source, const std::optional<stated_type>& type, const std::optional<extents>& shape);

}  // namespace assay::detail
