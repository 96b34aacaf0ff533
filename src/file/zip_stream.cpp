// The bytes of a zip archive's entry, unpacked and checked.
#include <algorithm>
#include <array>
#include <limits>
#include <new>

#include <zlib.h>

#include "fail.hpp"
#include "zip_archive.hpp"

namespace assay::detail {
namespace {

class zip_stream : public byte_stream {
 public:
  zip_stream(const byte_source& source, const zip_entry& entry, std::uint64_t begin)
      : source_(source), entry_(entry), next_(begin), end_(begin + entry.packed) {}

  std::uint64_t size() const override { return entry_.size; }
  void read(std::span<std::byte> out) override {
    if (out.size() > entry_.size - given_) refuse("ends after " + std::to_string(entry_.size) + " bytes");
    fill(out);
    given_ += out.size();
    for (auto rest = out; !rest.empty();) {
      const std::size_t some = std::min<std::size_t>(rest.size(), std::numeric_limits<::uInt>::max());
      crc_ = static_cast<std::uint32_t>(
          ::crc32(crc_, reinterpret_cast<const ::Bytef*>(rest.data()), static_cast<::uInt>(some)));
      rest = rest.subspan(some);
    }
  }
  void finish() override {
    if (given_ != entry_.size) {
      refuse("has " + std::to_string(entry_.size - given_) + " bytes after the end of its data");
    }
    check_end();
    if (crc_ != entry_.crc) refuse("has another checksum (CRC-32) than the archive says: its data is damaged");
  }

 protected:
  virtual void fill(std::span<std::byte> out) = 0;
  virtual void check_end() {}
  [[noreturn]] void refuse(const std::string& why) const {
    fail(source_.name(), "the entry " + in_quotes(entry_.name) + " " + why + ".");
  }
  /// The next packed bytes, as many as fit.
  std::size_t take(std::span<std::byte> out) {
    const auto some = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), end_ - next_));
    source_.read_at(next_, out.first(some));
    next_ += some;
    return some;
  }

 private:
  const byte_source& source_;
  const zip_entry& entry_;
  std::uint64_t next_, end_, given_ = 0;
  std::uint32_t crc_ = 0;
};

class stored_stream final : public zip_stream {
 public:
  using zip_stream::zip_stream;

 private:
  void fill(std::span<std::byte> out) override { take(out); }
};

class deflated_stream final : public zip_stream {
 public:
  deflated_stream(const byte_source& source, const zip_entry& entry, std::uint64_t begin)
      : zip_stream(source, entry, begin) {
    constexpr int raw_deflate = -15;  // no zlib header; the largest window
    if (::inflateInit2(&state_, raw_deflate) != Z_OK) throw std::bad_alloc();
  }
  ~deflated_stream() override { ::inflateEnd(&state_); }

 private:
  void fill(std::span<std::byte> out) override {
    while (!out.empty()) {
      const std::size_t some = inflate_some(out);
      if (some == 0) refuse("unpacks to fewer bytes than it claims");
      out = out.subspan(some);
    }
  }
  void check_end() override {
    std::byte one{};
    if (inflate_some({&one, 1}) != 0) refuse("unpacks to more bytes than it claims");
    if (!ended_) refuse("is cut short: its compressed data has no end");
  }
  /// Unpacks at least one byte, unless the data ends.
  std::size_t inflate_some(std::span<std::byte> out) {
    const std::size_t most = std::min<std::size_t>(out.size(), std::numeric_limits<::uInt>::max());
    state_.next_out = reinterpret_cast<::Bytef*>(out.data());
    state_.avail_out = static_cast<::uInt>(most);
    while (state_.avail_out == most && !ended_) {
      if (state_.avail_in == 0) {
        state_.next_in = reinterpret_cast<::Bytef*>(packed_.data());
        state_.avail_in = static_cast<::uInt>(take(packed_));
      }
      const int result = ::inflate(&state_, Z_NO_FLUSH);
      if (result == Z_MEM_ERROR) throw std::bad_alloc();
      if (result == Z_BUF_ERROR) break;  // no input is left
      if (result != Z_OK && result != Z_STREAM_END) refuse("is damaged: its compressed data is malformed");
      ended_ = result == Z_STREAM_END;
    }
    return most - state_.avail_out;
  }

  ::z_stream state_{};
  std::array<std::byte, 1 << 16> packed_;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<byte_stream> open_zip_entry(const byte_source& source, const zip_entry& entry, std::uint64_t begin) {
  if (entry.method == 0) return std::make_unique<stored_stream>(source, entry, begin);
  return std::make_unique<deflated_stream>(source, entry, begin);
}

void skip(byte_stream& stream, std::uint64_t bytes) {
  std::vector<std::byte> scratch(static_cast<std::size_t>(std::min<std::uint64_t>(bytes, 1 << 20)));
  while (bytes != 0) {
    const auto some = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, scratch.size()));
    stream.read(std::span(scratch).first(some));
    bytes -= some;
  }
}

}  // namespace assay::detail
