// Tensors in files of every kind: .npy, .npz, .safetensors, PyTorch's .pt and .pth, raw .bin.
//
// The kind is told by the first bytes, then by the name's ending; a reference with a shape is to a raw file. Files are
// untrusted: every size is checked against the file's before memory is taken, compressed data that claims to grow
// beyond reason is inflated once without being kept, and nothing in a file is ever executed. docs/file-formats.md says
// what is read, what is written, and what is refused and why.
//
// Files are read here, not mapped: one that another program cuts short meanwhile ends in file_error, and afterwards it
// may do as it likes. input_files.hpp maps large ones.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <assay/file/error.hpp>
#include <assay/file/file_reference.hpp>

namespace assay {

enum class file_kind : std::uint8_t { npy, npz, safetensors, pytorch, raw };

/// One tensor of a file, without its elements.
struct tensor_entry {
  std::string name;   ///< empty where the kind holds one tensor without a name
  std::string dtype;  ///< in the file's words: <f2, F8_E4M3, torch.bfloat16
  extents shape;
};

/// The file's tensors in its order. A raw file's has its dtype and shape only from a reference: it is refused here.
/// Throws file_error.
std::vector<tensor_entry> list_tensors(const std::filesystem::path& path);
std::vector<tensor_entry> parse_list(std::span<const std::byte> bytes, const std::filesystem::path& path);

/// One tensor. Without a name the file must hold exactly one; if not, or if there is none of that name, the error lists
/// the names. A stated type gives meaning to raw bits (integers, NumPy's V1, V2, ...); that of elements which speak for
/// themselves must agree. A file that changes while it is read is refused. Throws file_error.
tensor read_tensor(const file_reference& reference);

/// The same from the bytes of a file; the reference's path is what errors call it, and its ending counts.
tensor parse_tensor(std::span<const std::byte> bytes, const file_reference& reference);

/// The text-to-text map that .safetensors files carry, as `__metadata__`; of other kinds empty. Throws file_error.
using file_metadata = std::map<std::string, std::string>;
file_metadata read_metadata(const std::filesystem::path& path);
file_metadata parse_metadata(std::span<const std::byte> bytes, const std::filesystem::path& path);

struct named_tensor {
  std::string name;
  tensor values;
};

/// Writes a file of the kind that the name's ending says: .npy, .npz, .safetensors or .bin. It appears whole or not at
/// all, and replaces what was there. .safetensors keeps every format that it has a name for (F4 and F6 packed); it, and
/// the others all but binary16, binary32 and binary64, hold other formats as raw bits, tf32 as the binary32 it lies in.
/// Raw files are little-endian codes without any header, formats below 8 bits packed, low bits first.
/// A tensor without a name is `arr_0` in a .npz (NumPy's own default) and `tensor` in a .safetensors.
/// Throws file_error.
void write_tensor(const file_reference& to, const tensor& values, const file_metadata& metadata = {});

/// What write_tensor() would refuse by its name alone, to be asked before a long computation. Throws file_error.
void check_output(const file_reference& to);

/// Several tensors, in a kind that holds several. Names must differ. Throws file_error.
void write_tensors(const std::filesystem::path& path, std::span<const named_tensor> tensors,
                   const file_metadata& metadata = {});

}  // namespace assay
