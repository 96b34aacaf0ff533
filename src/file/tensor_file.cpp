#include <assay/file/tensor_file.hpp>

#include <assay/file/input_files.hpp>

#include <algorithm>
#include <array>

#include "container.hpp"
#include "fail.hpp"
#include "file_kind.hpp"
#include "zip_archive.hpp"

namespace assay {
namespace detail {
namespace {

bool begins_with(const byte_source& source, std::string_view magic) {
  std::string first(magic.size(), '\0');
  if (source.size() < first.size()) return false;
  source.read_at(0, std::as_writable_bytes(std::span(first)));
  return first == magic;
}

/// A length that the file can have, then '{'.
bool looks_like_safetensors(const byte_source& source) {
  std::array<std::byte, 9> first{};
  if (source.size() < first.size()) return false;
  source.read_at(0, first);
  return first[8] == std::byte{'{'} && little_endian(std::span(first).first(8)) <= source.size() - 8;
}

bool is_pytorch_archive(const byte_source& source) {
  const zip_archive archive(source);
  return std::any_of(archive.entries().begin(), archive.entries().end(),
                     [](const zip_entry& entry) { return entry.name.ends_with("/data.pkl"); });
}

[[noreturn]] void refuse_old_pytorch(const byte_source& source) {
  fail(source.name(),
       "is a pickle, not an archive: PyTorch wrote such files before version 1.6; load it and save it again.");
}

/// By what the file begins with, then by its ending.
file_kind kind_of(const byte_source& source, const file_reference& reference) {
  if (reference.shape) return file_kind::raw;
  const auto by_name = kind_of_name(reference.path);
  if (begins_with(source, "\x93NUMPY")) return file_kind::npy;
  if (begins_with(source, "PK\x03\x04") || begins_with(source, "PK\x05\x06")) {
    if (by_name == file_kind::pytorch || by_name == file_kind::npz) return *by_name;
    return is_pytorch_archive(source) ? file_kind::pytorch : file_kind::npz;
  }
  if (by_name == file_kind::pytorch && begins_with(source, "\x80")) refuse_old_pytorch(source);
  if (by_name) return *by_name;
  if (looks_like_safetensors(source)) return file_kind::safetensors;
  fail(source.name(), "is of no known kind: neither its first bytes nor its name say so; expected " + kinds_to_read() +
                          ". For raw bytes state format and shape, as in FILE:bfloat16[64,128].");
}

std::unique_ptr<tensor_container> open(const byte_source& source, file_kind kind) {
  switch (kind) {
    case file_kind::npz: return open_npz(source);
    case file_kind::safetensors: return open_safetensors(source);
    case file_kind::pytorch: return open_pytorch(source);
    case file_kind::npy:
    case file_kind::raw: break;
  }
  return open_npy(source);
}

std::size_t find(const tensor_container& file, const file_reference& reference) {
  const auto& names = file.names();
  const std::string path = reference.path.string();
  if (!reference.tensor) {
    if (names.size() == 1) return 0;
    fail(path, "holds " + std::to_string(names.size()) + " tensors: " + listed(names) + "; name one, as in " +
                   reference.path.filename().string() + "#" + names.front() + ".");
  }
  const auto found = std::find(names.begin(), names.end(), *reference.tensor);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  const std::string missing = "holds no tensor " + in_quotes(*reference.tensor, 100);
  if (names.size() == 1 && names.front().empty()) {
    fail(path, missing + ": its only one has no name; leave out the #.");
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string_view closest = closest_name(*reference.tensor, views);
  fail(path,
       missing + (closest.empty() ? "; it holds " + listed(names) + "."
                                  : ". Did you mean " + std::string(closest) + "? It holds " + listed(names) + "."));
}

tensor read(const byte_source& source, const file_reference& reference) {
  const file_kind kind = kind_of(source, reference);
  if (kind == file_kind::raw) {
    if (reference.tensor) fail(source.name(), "is a raw file, whose only tensor has no name; leave out the #.");
    return read_raw(source, reference.type, reference.shape);
  }
  const auto file = open(source, kind);
  return file->read(find(*file, reference), reference.type);
}

std::vector<tensor_entry> list(const byte_source& source, const std::filesystem::path& path) {
  const file_kind kind = kind_of(source, {path, std::nullopt, std::nullopt, std::nullopt});
  if (kind == file_kind::raw) fail(source.name(), "is a raw file: it does not say what it holds.");
  const auto file = open(source, kind);
  std::vector<tensor_entry> entries;
  for (std::size_t i = 0; i < file->names().size(); ++i) entries.push_back(file->describe(i));
  return entries;
}

file_metadata metadata(const byte_source& source, const std::filesystem::path& path) {
  const file_kind kind = kind_of(source, {path, std::nullopt, std::nullopt, std::nullopt});
  return kind == file_kind::raw ? file_metadata() : open(source, kind)->metadata();
}

}  // namespace
}  // namespace detail

tensor read_tensor(const file_reference& reference) {
  const detail::file_source source(reference.path);
  tensor values = detail::read(source, reference);
  source.check_unchanged();
  return values;
}

input_files::input_files() = default;
input_files::~input_files() = default;

tensor input_files::read(const file_reference& reference) {
  auto source = std::make_unique<const detail::file_source>(reference.path, detail::reading::mapped);
  tensor values = detail::read(*source, reference);
  source->check_unchanged();
  if (!values.owns_memory()) mapped_.push_back(std::move(source));
  return values;
}

void input_files::check_unchanged() const {
  for (const auto& source : mapped_) source->check_unchanged();
}

tensor parse_tensor(std::span<const std::byte> bytes, const file_reference& reference) {
  return detail::read(detail::memory_source(bytes, reference.path.string()), reference);
}

std::vector<tensor_entry> list_tensors(const std::filesystem::path& path) {
  return detail::list(detail::file_source(path), path);
}
std::vector<tensor_entry> parse_list(std::span<const std::byte> bytes, const std::filesystem::path& path) {
  return detail::list(detail::memory_source(bytes, path.string()), path);
}

file_metadata read_metadata(const std::filesystem::path& path) {
  return detail::metadata(detail::file_source(path), path);
}
file_metadata parse_metadata(std::span<const std::byte> bytes, const std::filesystem::path& path) {
  return detail::metadata(detail::memory_source(bytes, path.string()), path);
}

}  // namespace assay
