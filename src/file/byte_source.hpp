// Where bytes come from: a file or memory of known size, and streams through a part of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include <assay/tensor/storage.hpp>

namespace assay::detail {

/// Bytes at any place.
class byte_source {
 public:
  explicit byte_source(std::string name) : name_(std::move(name)) {}
  byte_source(const byte_source&) = delete;
  byte_source& operator=(const byte_source&) = delete;
  virtual ~byte_source() = default;

  /// What errors call it.
  const std::string& name() const { return name_; }
  virtual std::uint64_t size() const = 0;
  /// Fills `out` with the bytes from `offset` on. By size() there are so many; throws file_error if there are not,
  /// because another program has cut the file short since.
  virtual void read_at(std::uint64_t offset, std::span<std::byte> out) const = 0;
  /// The `size` bytes from `offset` on where they lie, as a tensor's own; nothing where they have to be read.
  virtual std::optional<tensor_storage> lend(std::uint64_t, std::uint64_t, std::size_t /*alignment*/) const {
    return std::nullopt;
  }

 private:
  std::string name_;
};

class memory_source final : public byte_source {
 public:
  memory_source(std::span<const std::byte> bytes, std::string name) : byte_source(std::move(name)), bytes_(bytes) {}
  std::uint64_t size() const override { return bytes_.size(); }
  void read_at(std::uint64_t offset, std::span<std::byte> out) const override;

 private:
  std::span<const std::byte> bytes_;
};

/// Whether tensors may be the file's own pages.
enum class reading : std::uint8_t { copied, mapped };

class file_source final : public byte_source {
 public:
  /// Throws file_error for what cannot be opened and for anything but a regular file.
  explicit file_source(const std::filesystem::path& path, reading how = reading::copied);
  ~file_source() override;
  std::uint64_t size() const override { return size_; }
  void read_at(std::uint64_t offset, std::span<std::byte> out) const override;
  /// Maps large parts, privately. Pages of the file from the part's first to its last stay mapped.
  std::optional<tensor_storage> lend(std::uint64_t offset, std::uint64_t size, std::size_t alignment) const override;

  /// Throws file_error when the file has another size or time of modification than when it was opened.
  void check_unchanged() const;

 private:
  int descriptor_ = -1;
  reading how_;
  std::uint64_t size_ = 0;
  std::timespec modified_{};
};

/// Bytes one after another, of known number.
class byte_stream {
 public:
  byte_stream() = default;
  byte_stream(const byte_stream&) = delete;
  byte_stream& operator=(const byte_stream&) = delete;
  virtual ~byte_stream() = default;

  virtual std::uint64_t size() const = 0;
  /// Fills `out` with the next bytes. By size() there are so many; throws file_error if there are not.
  virtual void read(std::span<std::byte> out) = 0;
  /// All bytes that read() has not given, where they lie, in place of reading them; nothing where they have to be read.
  virtual std::optional<tensor_storage> lend(std::size_t /*alignment*/) { return std::nullopt; }
  /// To be called after the last byte: throws file_error if the bytes read were not the right ones (a checksum).
  virtual void finish() {}
};

/// A part of a source.
class range_stream final : public byte_stream {
 public:
  range_stream(const byte_source& source, std::uint64_t begin, std::uint64_t length)
      : source_(source), next_(begin), end_(begin + length), length_(length) {}
  explicit range_stream(const byte_source& source) : range_stream(source, 0, source.size()) {}
  std::uint64_t size() const override { return length_; }
  void read(std::span<std::byte> out) override {
    source_.read_at(next_, out);
    next_ += out.size();
  }
  std::optional<tensor_storage> lend(std::size_t alignment) override {
    return source_.lend(next_, end_ - next_, alignment);
  }

 private:
  const byte_source& source_;
  std::uint64_t next_, end_, length_;
};

/// The little-endian unsigned integer in these bytes.
inline std::uint64_t little_endian(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | std::to_integer<std::uint64_t>(bytes[i]);
  return value;
}

/// Appends the low `bytes` bytes of the value.
inline void append_little_endian(std::string& text, std::uint64_t value, int bytes) {
  for (; bytes > 0; --bytes, value >>= 8) text += static_cast<char>(value & 0xff);
}

}  // namespace assay::detail
