// Writes zip archives without compression, with Zip64 fields where a size or a place needs them.
#include <algorithm>
#include <limits>

#include <zlib.h>

#include "zip_archive.hpp"

namespace assay::detail {
namespace {

constexpr std::uint64_t most_32 = 0xffffffff, most_16 = 0xffff;

std::uint32_t crc_of(const zip_part& part) {
  ::uLong crc = 0;
  for (auto bytes : part.data) {
    while (!bytes.empty()) {
      const std::size_t some = std::min<std::size_t>(bytes.size(), std::numeric_limits<::uInt>::max());
      crc = ::crc32(crc, reinterpret_cast<const ::Bytef*>(bytes.data()), static_cast<::uInt>(some));
      bytes = bytes.subspan(some);
    }
  }
  return static_cast<std::uint32_t>(crc);
}

/// The fields that local header and directory have in common, from the version that a reader needs to the extra's
/// length (4.3.7): flags with UTF-8 names, no compression, no time but the first that there is (1980-01-01).
std::string common_fields(const zip_part& part, std::uint32_t crc, std::uint64_t size, std::size_t extra) {
  std::string text;
  append_little_endian(text, extra != 0 ? 45 : 20, 2);
  append_little_endian(text, 0x0800, 2);
  append_little_endian(text, 0, 2);
  append_little_endian(text, 0, 2);
  append_little_endian(text, 0x0021, 2);
  append_little_endian(text, crc, 4);
  append_little_endian(text, std::min(size, most_32), 4);
  append_little_endian(text, std::min(size, most_32), 4);
  append_little_endian(text, part.name.size(), 2);
  append_little_endian(text, extra, 2);
  return text;
}

/// The Zip64 extra field (4.5.3): those of the values that do not fit 32 bits.
std::string zip64_extra(std::initializer_list<std::uint64_t> values) {
  std::string body;
  for (const std::uint64_t value : values) append_little_endian(body, value, 8);
  if (body.empty()) return body;
  std::string text;
  append_little_endian(text, 0x0001, 2);
  append_little_endian(text, body.size(), 2);
  return text + body;
}

std::string directory_entry(const zip_part& part, std::uint32_t crc, std::uint64_t size, std::uint64_t at) {
  const bool large = size >= most_32, far = at >= most_32;
  const std::string extra = large && far ? zip64_extra({size, size, at})
                            : large      ? zip64_extra({size, size})
                            : far        ? zip64_extra({at})
                                         : "";
  std::string text = "PK\x01\x02";
  append_little_endian(text, 45, 2);
  text += common_fields(part, crc, size, extra.size());
  text.append(10, '\0');  // no comment, the first disk, no attributes
  append_little_endian(text, std::min(at, most_32), 4);
  return text + part.name + extra;
}

std::string end_of_directory(std::uint64_t count, std::uint64_t begin, std::uint64_t length) {
  std::string text;
  if (count >= most_16 || begin >= most_32 || length >= most_32) {
    text += "PK\x06\x06";
    append_little_endian(text, 44, 8);
    append_little_endian(text, 45, 2);
    append_little_endian(text, 45, 2);
    append_little_endian(text, 0, 8);
    append_little_endian(text, count, 8);
    append_little_endian(text, count, 8);
    append_little_endian(text, length, 8);
    append_little_endian(text, begin, 8);
    text += "PK\x06\x07";
    append_little_endian(text, 0, 4);
    append_little_endian(text, begin + length, 8);
    append_little_endian(text, 1, 4);
  }
  text += "PK\x05\x06";
  append_little_endian(text, 0, 4);
  append_little_endian(text, std::min(count, most_16), 2);
  append_little_endian(text, std::min(count, most_16), 2);
  append_little_endian(text, std::min(length, most_32), 4);
  append_little_endian(text, std::min(begin, most_32), 4);
  append_little_endian(text, 0, 2);
  return text;
}

}  // namespace

std::vector<std::span<const std::byte>> zip_of(std::span<const zip_part> parts, std::vector<std::string>& scratch) {
  std::vector<std::span<const std::byte>> all;
  scratch.clear();
  scratch.reserve(parts.size() + 1);  // spans point into it
  std::string directory;
  std::uint64_t at = 0;
  for (const zip_part& part : parts) {
    std::uint64_t size = 0;
    for (const auto bytes : part.data) size += bytes.size();
    const std::uint32_t crc = crc_of(part);
    const std::string extra = size >= most_32 ? zip64_extra({size, size}) : "";
    scratch.push_back("PK\x03\x04" + common_fields(part, crc, size, extra.size()) + part.name + extra);
    all.push_back(std::as_bytes(std::span(scratch.back())));
    all.insert(all.end(), part.data.begin(), part.data.end());
    directory += directory_entry(part, crc, size, at);
    at += scratch.back().size() + size;
  }
  const std::uint64_t length = directory.size();
  scratch.push_back(directory + end_of_directory(parts.size(), at, length));
  all.push_back(std::as_bytes(std::span(scratch.back())));
  return all;
}

}  // namespace assay::detail
