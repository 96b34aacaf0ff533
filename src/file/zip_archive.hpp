// Zip archives, as NumPy's .npz and PyTorch's .pt are: stored or deflated entries, Zip64. After PKWARE's APPNOTE.TXT
// 6.3; its section numbers are in the code. Nothing is believed that the file's size or the data itself contradicts.
#pragma once

#include <memory>
#include <vector>

#include "byte_source.hpp"

namespace assay::detail {

struct zip_entry {
  std::string name;
  std::uint16_t flags = 0, method = 0;
  std::uint32_t crc = 0;
  std::uint64_t packed = 0, size = 0;  ///< bytes in the archive, and unpacked
  std::uint64_t header = 0;            ///< where its local header lies
};

class zip_archive {
 public:
  /// Reads the central directory. Throws file_error for what is no archive, is damaged, or has an entry twice. The
  /// source must outlive the archive.
  explicit zip_archive(const byte_source& source);

  const std::vector<zip_entry>& entries() const { return entries_; }
  /// Null if there is none of that name.
  const zip_entry* find(std::string_view name) const;

  /// The entry's bytes; finish() checks their number and their CRC. An entry that claims to be large and to unpack to
  /// more than 16 times its size is unpacked once without being kept before this returns, so that whoever takes memory
  /// for its size() takes it for data that is there. Throws file_error.
  std::unique_ptr<byte_stream> open(const zip_entry& entry) const;

 private:
  void read_directory(std::uint64_t begin, std::uint64_t length, std::uint64_t count);
  std::uint64_t find_data(const zip_entry& entry) const;

  const byte_source& source_;
  std::uint64_t data_end_ = 0;  ///< where the central directory begins
  std::vector<zip_entry> entries_;
  std::vector<std::size_t> by_name_;
};

/// The stream of an entry whose data was found to begin there. Source and entry must outlive it.
std::unique_ptr<byte_stream> open_zip_entry(const byte_source& source, const zip_entry& entry, std::uint64_t begin);

/// Reads so many bytes of a stream and forgets them.
void skip(byte_stream& stream, std::uint64_t bytes);

/// A file inside an archive that is to be written.
struct zip_part {
  std::string name;
  std::vector<std::span<const std::byte>> data;
};

/// The archive's bytes, stored without compression, as parts to be written one after another: the spans are those of
/// `parts` and of `scratch`, which owns the archive's own records.
std::vector<std::span<const std::byte>> zip_of(std::span<const zip_part> parts, std::vector<std::string>& scratch);

}  // namespace assay::detail
