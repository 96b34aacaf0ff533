// Files whose tensors stay where they lie while something is computed from them.
#pragma once

#include <memory>
#include <vector>

#include <assay/file/tensor_file.hpp>

namespace assay {

namespace detail {
class file_source;
}

/// Reads tensors as read_tensor() does, but large ones whose elements lie in the file as they do in memory are mapped:
/// privately, so that what is written to such a tensor stays in memory and never reaches the file. That are elements of
/// a .npy, .safetensors or raw file of a megabyte and more that are uncompressed, in C order and the machine's byte
/// order, aligned to their size, and of which every code is one.
///
/// A mapped tensor is only as good as its file. Where another program overwrites the file, elements may change;
/// check_unchanged() finds that. Where another program cuts it short, the elements that are gone end the process with
/// SIGBUS, as does a failing disk; who cannot have that uses read_tensor(). A file that is removed, or replaced by
/// renaming another over it, as this library's writers do, stays what it was.
class input_files {
 public:
  input_files();
  input_files(const input_files&) = delete;
  input_files& operator=(const input_files&) = delete;
  ~input_files();

  /// Throws file_error. The tensor may outlive this object.
  tensor read(const file_reference& reference);

  /// To be called once what was computed from the tensors is complete and before it is believed: throws file_error when
  /// a mapped file has another size or time of modification than when it was opened.
  void check_unchanged() const;

 private:
  std::vector<std::unique_ptr<const detail::file_source>> mapped_;
};

}  // namespace assay
