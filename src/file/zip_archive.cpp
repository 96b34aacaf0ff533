#include "zip_archive.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

#include "fail.hpp"

namespace assay::detail {
namespace {

using bytes_view = std::span<const std::byte>;

constexpr std::uint32_t local_signature = 0x04034b50, central_signature = 0x02014b50, end_signature = 0x06054b50,
                        end64_signature = 0x06064b50, locator_signature = 0x07064b50;
constexpr std::size_t local_bytes = 30, central_bytes = 46, end_bytes = 22, locator_bytes = 20, end64_bytes = 56;
constexpr std::uint64_t longest_directory = 100'000'000;

std::uint64_t field(bytes_view record, std::size_t at, std::size_t bytes) {
  return little_endian(record.subspan(at, bytes));
}

/// The end of central directory record (4.3.16): the last place where its signature stands and its comment's length is
/// what remains of the file.
std::uint64_t find_end(const byte_source& source) {
  constexpr std::size_t longest_comment = 0xffff;
  const std::uint64_t size = source.size();
  const auto tail = static_cast<std::size_t>(std::min<std::uint64_t>(size, end_bytes + longest_comment));
  std::vector<std::byte> bytes(tail);
  source.read_at(size - tail, bytes);
  for (std::size_t at = tail < end_bytes ? 0 : tail - end_bytes + 1; at-- > 0;) {
    const bytes_view record = bytes_view(bytes).subspan(at);
    if (field(record, 0, 4) == end_signature && field(record, 20, 2) == record.size() - end_bytes) {
      return size - tail + at;
    }
  }
  fail(source.name(), "is no whole zip archive: it has no central directory at its end. It may be truncated.");
}

/// Where the central directory is, and how many entries it has.
struct directory_place {
  std::uint64_t begin = 0, length = 0, count = 0, limit = 0;
};

/// Reads the Zip64 records (4.3.14, 4.3.15) where the plain one says that they are needed.
directory_place find_directory(const byte_source& source) {
  const std::uint64_t end = find_end(source);
  std::byte buffer[end64_bytes];
  const bytes_view record(buffer);
  source.read_at(end, std::span(buffer).first(end_bytes));
  directory_place place{field(record, 16, 4), field(record, 12, 4), field(record, 10, 2), end};
  const bool in_parts = field(record, 4, 2) != field(record, 6, 2) || field(record, 8, 2) != field(record, 10, 2);
  const bool needs_64 = place.begin == 0xffffffff || place.length == 0xffffffff || place.count == 0xffff;
  if (needs_64 && end >= locator_bytes) {
    source.read_at(end - locator_bytes, std::span(buffer).first(locator_bytes));
    const std::uint64_t at = field(record, 8, 8);
    if (field(record, 0, 4) == locator_signature && at <= end - locator_bytes &&
        end - locator_bytes - at >= end64_bytes) {
      source.read_at(at, buffer);
      if (field(record, 0, 4) != end64_signature) fail(source.name(), "has a damaged Zip64 directory record.");
      place = {field(record, 48, 8), field(record, 40, 8), field(record, 32, 8), at};
    }
  }
  if (in_parts) fail(source.name(), "is one part of a zip archive in several files, which is not supported.");
  if (place.begin > place.limit || place.length > place.limit - place.begin ||
      place.count > place.length / central_bytes) {
    fail(source.name(), "has a damaged central directory: " + std::to_string(place.count) + " entries in " +
                            std::to_string(place.length) + " bytes from " + std::to_string(place.begin) +
                            " do not fit before its end at " + std::to_string(place.limit) + ".");
  }
  if (place.length > longest_directory) {
    fail(source.name(), "has a central directory of " + std::to_string(place.length) + " bytes; expected at most " +
                            std::to_string(longest_directory) + ".");
  }
  return place;
}

/// Takes the sizes that do not fit 32 bits from the extra field of Zip64 (4.5.3). False when they are not there.
bool read_zip64_sizes(bytes_view extra, zip_entry& entry) {
  std::uint64_t* const values[]{&entry.size, &entry.packed, &entry.header};
  if (std::none_of(std::begin(values), std::end(values), [](const auto* v) { return *v == 0xffffffff; })) return true;
  while (extra.size() >= 4) {
    const auto length = static_cast<std::size_t>(field(extra, 2, 2));
    if (length > extra.size() - 4) return false;
    bytes_view body = extra.subspan(4, length);
    if (field(extra, 0, 2) == 0x0001) {
      for (std::uint64_t* const value : values) {
        if (*value != 0xffffffff) continue;
        if (body.size() < 8) return false;
        *value = field(body, 0, 8);
        body = body.subspan(8);
      }
      return true;
    }
    extra = extra.subspan(4 + length);
  }
  return false;
}

std::string text_of(bytes_view bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

}  // namespace

zip_archive::zip_archive(const byte_source& source) : source_(source) {
  const directory_place place = find_directory(source);
  data_end_ = place.begin;
  read_directory(place.begin, place.length, place.count);
  by_name_.resize(entries_.size());
  std::iota(by_name_.begin(), by_name_.end(), std::size_t{0});
  std::sort(by_name_.begin(), by_name_.end(),
            [&](std::size_t a, std::size_t b) { return entries_[a].name < entries_[b].name; });
  for (std::size_t i = 1; i < by_name_.size(); ++i) {
    const std::string& name = entries_[by_name_[i]].name;
    if (name == entries_[by_name_[i - 1]].name) fail(source.name(), "has the entry " + in_quotes(name) + " twice.");
  }
}

void zip_archive::read_directory(std::uint64_t begin, std::uint64_t length, std::uint64_t count) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(length));
  source_.read_at(begin, bytes);
  bytes_view rest = bytes;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto damaged = [&] {
      fail(source_.name(), "has a damaged central directory: its entry " + std::to_string(i) + " is malformed.");
    };
    if (rest.size() < central_bytes || field(rest, 0, 4) != central_signature) damaged();
    const auto name = static_cast<std::size_t>(field(rest, 28, 2)),
               extra = static_cast<std::size_t>(field(rest, 30, 2)),
               comment = static_cast<std::size_t>(field(rest, 32, 2));
    if (name + extra + comment > rest.size() - central_bytes) damaged();
    zip_entry entry{text_of(rest.subspan(central_bytes, name)),
                    static_cast<std::uint16_t>(field(rest, 8, 2)),
                    static_cast<std::uint16_t>(field(rest, 10, 2)),
                    static_cast<std::uint32_t>(field(rest, 16, 4)),
                    field(rest, 20, 4),
                    field(rest, 24, 4),
                    field(rest, 42, 4)};
    if (!read_zip64_sizes(rest.subspan(central_bytes + name, extra), entry)) damaged();
    entries_.push_back(std::move(entry));
    rest = rest.subspan(central_bytes + name + extra + comment);
  }
}

const zip_entry* zip_archive::find(std::string_view name) const {
  const auto at = std::lower_bound(by_name_.begin(), by_name_.end(), name,
                                   [&](std::size_t i, std::string_view n) { return entries_[i].name < n; });
  return at != by_name_.end() && entries_[*at].name == name ? &entries_[*at] : nullptr;
}

/// Where the data begins: behind the local header (4.3.7), which must tell of the same entry.
std::uint64_t zip_archive::find_data(const zip_entry& entry) const {
  const auto damaged = [&](const std::string& why) {
    fail(source_.name(), "the archive is damaged: the entry " + in_quotes(entry.name) + " " + why + ".");
  };
  if (entry.header > data_end_ || data_end_ - entry.header < local_bytes) damaged("lies outside of it");
  std::byte header[local_bytes];
  source_.read_at(entry.header, header);
  const auto name = static_cast<std::size_t>(field(header, 26, 2));
  const std::uint64_t before = local_bytes + name + field(header, 28, 2);
  if (field(header, 0, 4) != local_signature) damaged("has no header where the directory says");
  if (before > data_end_ - entry.header || entry.packed > data_end_ - entry.header - before) {
    damaged("claims " + std::to_string(entry.packed) + " bytes, more than there are before the directory");
  }
  std::vector<std::byte> local_name(name);
  source_.read_at(entry.header + local_bytes, local_name);
  if (text_of(local_name) != entry.name || field(header, 8, 2) != entry.method) {
    damaged("is another one by its own header");
  }
  return entry.header + before;
}

std::unique_ptr<byte_stream> zip_archive::open(const zip_entry& entry) const {
  const std::string what = "the entry " + in_quotes(entry.name);
  if ((entry.flags & 1) != 0) fail(source_.name(), what + " is encrypted, which is not supported.");
  if (entry.method != 0 && entry.method != 8) {
    fail(source_.name(), what + " is compressed by method " + std::to_string(entry.method) +
                             "; expected stored (0) or deflated (8) data.");
  }
  // A match of 258 bytes costs deflate at least two bits.
  const std::uint64_t most = entry.method == 0                         ? entry.packed
                             : entry.packed > ~std::uint64_t{0} / 1032 ? ~std::uint64_t{0}
                                                                       : 1032 * entry.packed;
  if (entry.size > most || (entry.method == 0 && entry.size != entry.packed)) {
    fail(source_.name(), what + " claims that its " + std::to_string(entry.packed) + " bytes unpack to " +
                             std::to_string(entry.size) + ", which they cannot.");
  }
  const std::uint64_t begin = find_data(entry);
  constexpr std::uint64_t harmless = std::uint64_t{16} << 20, usual_ratio = 16;
  if (entry.size > harmless && entry.size / usual_ratio > entry.packed) {
    const auto trial = open_zip_entry(source_, entry, begin);
    skip(*trial, entry.size);
    trial->finish();
  }
  return open_zip_entry(source_, entry, begin);
}

}  // namespace assay::detail
