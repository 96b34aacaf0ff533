#include <algorithm>
#include <deque>
#include <limits>
#include <numeric>

#include <assay/file/atomic_file.hpp>
#include <assay/file/npy.hpp>
#include <assay/file/tensor_file.hpp>
#include <assay/tensor/describe.hpp>

#include "elements.hpp"
#include "fail.hpp"
#include "file_kind.hpp"
#include "npy_stream.hpp"
#include "safetensors_header.hpp"
#include "zip_archive.hpp"

namespace assay {
namespace {

using namespace detail;
using parts = std::vector<std::span<const std::byte>>;

/// Tensors by reference, with their names.
struct named_view {
  std::string name;
  const tensor* values;
};

void check_names(const std::filesystem::path& path, std::span<const named_view> tensors) {
  std::vector<std::string_view> names;
  for (const named_view& one : tensors) {
    if (one.name.empty()) fail(path.string(), "a tensor to be written has no name.");
    if (!is_utf8(one.name)) fail(path.string(), "the tensor's name " + in_quotes(one.name) + " is not UTF-8.");
    names.push_back(one.name);
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) fail(path.string(), "two tensors to be written are named " + in_quotes(*twice, 100) + ".");
}

/// The dtype that has the tensor's own meaning, or the unsigned integers that hold its bits.
const safetensors_dtype& dtype_for(const element_type& type) {
  const auto find = [](const element_type& wanted) {
    return std::find_if(safetensors_dtypes().begin(), safetensors_dtypes().end(), [&](const safetensors_dtype& row) {
      return row.type && to_string(*row.type) == to_string(wanted);
    });
  };
  const bool as_binary32 = type.is_floating() && type.layout == tf32;
  const auto own = find(as_binary32 ? element_type::of(binary32) : type);
  return own != safetensors_dtypes().end() ? *own : *find(element_type::integer(8 * type.bytes(), false));
}

/// As safetensors' own writer does: wide elements first, so that all are aligned; then by name.
void write_safetensors(const std::filesystem::path& path, std::span<const named_view> tensors,
                       const file_metadata& metadata) {
  std::vector<std::size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<safetensors_tensor> header;
  for (const named_view& one : tensors) {
    const safetensors_dtype& dtype = dtype_for(one.values->type());
    const extents& shape = one.values->shape();
    const std::uint64_t bytes = *stored_bytes(shape, dtype.bits);
    if (one.name == "__metadata__") fail(path.string(), "no tensor in a .safetensors file may be named __metadata__.");
    if (one.values->size() % 8 * static_cast<std::size_t>(dtype.bits) % 8 != 0) {
      fail(path.string(), "the " + std::to_string(one.values->size()) + " elements of " + in_quotes(one.name, 100) +
                              " in " + std::string(dtype.name) + " do not fill whole bytes, as .safetensors demands.");
    }
    header.push_back({one.name, std::string(dtype.name), {shape.begin(), shape.end()}, 0, bytes, &dtype});
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return header[a].of != header[b].of ? header[a].of > header[b].of : header[a].name < header[b].name;
  });
  std::vector<safetensors_tensor> sorted;
  std::deque<std::vector<std::byte>> scratch;
  parts all(1);
  std::uint64_t at = 0;
  for (const std::size_t i : order) {
    sorted.push_back(std::move(header[i]));
    sorted.back().begin = at;
    at = sorted.back().end += at;
    all.push_back(bytes_for_file(*tensors[i].values, sorted.back().of->bits, scratch.emplace_back()));
  }
  for (const auto& [key, value] : metadata) {
    if (!is_utf8(key) || !is_utf8(value)) fail(path.string(), "the metadata " + in_quotes(key) + " is not UTF-8.");
  }
  const std::string preamble = safetensors_preamble_of(sorted, metadata);
  all.front() = std::as_bytes(std::span(preamble));
  write_file(path, all);
}

void write_npz(const std::filesystem::path& path, std::span<const named_view> tensors) {
  std::deque<std::vector<std::byte>> scratch;
  std::deque<std::string> preambles;
  std::vector<zip_part> files;
  for (const named_view& one : tensors) {
    const std::string& preamble = preambles.emplace_back(npy_preamble_of(*one.values));
    const auto elements = bytes_for_file(*one.values, 8 * one.values->type().bytes(), scratch.emplace_back());
    files.push_back({one.name + ".npy", {std::as_bytes(std::span(preamble)), elements}});
    if (files.back().name.size() > std::numeric_limits<std::uint16_t>::max()) {
      fail(path.string(), "the tensor's name " + in_quotes(one.name) + " is too long for a zip archive.");
    }
  }
  std::vector<std::string> records;
  write_file(path, zip_of(files, records));
}

void write_raw(const std::filesystem::path& path, const tensor& values) {
  const element_type& type = values.type();
  const bool packed = type.is_floating() && type.layout.width() < 8;
  std::vector<std::byte> scratch;
  const auto bytes = bytes_for_file(values, packed ? type.layout.width() : 8 * type.bytes(), scratch);
  write_file(path, {&bytes, 1});
}

bool holds_names(file_kind kind) { return kind == file_kind::npz || kind == file_kind::safetensors; }

/// The kind that the ending says, if such files are written.
file_kind kind_to_write(const std::filesystem::path& path) {
  const auto kind = kind_of_name(path);
  if (!kind || kind == file_kind::pytorch) {
    fail(path.string(), (kind ? "PyTorch's files are read, not written" : "its ending names no kind of file") +
                            std::string("; expected a name that ends in ") + kinds_to_write() + ".");
  }
  return *kind;
}

[[noreturn]] void refuse_names(const std::filesystem::path& path) {
  fail(path.string(), "holds one tensor without a name; .npz and .safetensors hold named ones.");
}

void write(const std::filesystem::path& path, std::vector<named_view> tensors, const file_metadata& metadata) {
  const file_kind kind = kind_to_write(path);
  const bool holds_many = holds_names(kind);
  if (!holds_many && (tensors.size() != 1 || !tensors.front().name.empty())) refuse_names(path);
  if (holds_many && tensors.size() == 1 && tensors.front().name.empty()) {
    tensors.front().name = kind == file_kind::npz ? "arr_0" : "tensor";
  }
  if (holds_many) check_names(path, tensors);
  switch (kind) {
    case file_kind::npz: write_npz(path, tensors); return;
    case file_kind::safetensors: write_safetensors(path, tensors, metadata); return;
    case file_kind::raw: write_raw(path, *tensors.front().values); return;
    case file_kind::npy:
    case file_kind::pytorch: break;
  }
  write_npy(path, *tensors.front().values);
}

}  // namespace

void check_output(const file_reference& to) {
  if (!holds_names(kind_to_write(to.path)) && to.tensor) refuse_names(to.path);
}

void write_tensor(const file_reference& to, const tensor& values, const file_metadata& metadata) {
  write(to.path, {{to.tensor.value_or(""), &values}}, metadata);
}

void write_tensors(const std::filesystem::path& path, std::span<const named_tensor> tensors,
                   const file_metadata& metadata) {
  std::vector<named_view> views;
  for (const named_tensor& one : tensors) views.push_back({one.name, &one.values});
  write(path, std::move(views), metadata);
}

}  // namespace assay
