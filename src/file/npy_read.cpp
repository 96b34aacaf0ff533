#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <assay/file/npy.hpp>
#include <assay/tensor/describe.hpp>

#include "npy_header.hpp"

namespace assay {
namespace {

/// Bytes one after another, from a file or from memory, of known total length.
class byte_source {
 public:
  virtual ~byte_source() = default;
  virtual std::uint64_t size() const = 0;
  /// Fills `out` with the next bytes. There must be so many.
  virtual void read(std::span<std::byte> out) = 0;
};

class memory_source final : public byte_source {
 public:
  explicit memory_source(std::span<const std::byte> bytes) : size_(bytes.size()), rest_(bytes) {}
  std::uint64_t size() const override { return size_; }
  void read(std::span<std::byte> out) override {
    std::copy_n(rest_.begin(), out.size(), out.begin());
    rest_ = rest_.subspan(out.size());
  }

 private:
  std::size_t size_;
  std::span<const std::byte> rest_;
};

class file_source final : public byte_source {
 public:
  explicit file_source(const std::filesystem::path& path) : name_(path.string()) {
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // do not wait for a pipe's writer
    struct ::stat status {};
    if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0) {
      const int error = errno;
      if (descriptor_ >= 0) ::close(descriptor_);
      throw file_error(name_ + ": cannot be opened: " + std::strerror(error) + ".");
    }
    if (!S_ISREG(status.st_mode)) {
      ::close(descriptor_);
      throw file_error(name_ + (S_ISDIR(status.st_mode) ? ": is a directory; expected a .npy file."
                                                        : ": is not a regular file; expected a .npy file."));
    }
    size_ = static_cast<std::uint64_t>(status.st_size);
  }
  file_source(const file_source&) = delete;
  file_source& operator=(const file_source&) = delete;
  ~file_source() override { ::close(descriptor_); }

  std::uint64_t size() const override { return size_; }
  void read(std::span<std::byte> out) override {
    while (!out.empty()) {
      constexpr std::size_t most = std::size_t{1} << 30;
      const ::ssize_t got = ::read(descriptor_, out.data(), std::min(out.size(), most));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw file_error(name_ + ": cannot be read: " + std::strerror(errno) + ".");
      if (got == 0) throw file_error(name_ + ": became shorter while it was read.");
      out = out.subspan(static_cast<std::size_t>(got));
    }
  }

 private:
  std::string name_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

[[noreturn]] void fail(std::string_view name, const std::string& sentence) {
  throw file_error(std::string(name) + ": " + sentence);
}

/// tf32 codes are 19 bits, but lie in files as hardware has them.
constexpr int tf32_padding = 13;

std::string dtype_in_words(const detail::npy_header& header) {
  const std::string bits = std::to_string(8 * header.item_bytes);
  switch (header.letter) {
    case 'f': return "float" + bits;
    case 'i': return "int" + bits;
    case 'u': return "uint" + bits;
    case 'b': return "bool";
    default: return "raw " + bits + "-bit elements";
  }
}

std::optional<format> native_format(const detail::npy_header& header) {
  if (header.letter != 'f') return std::nullopt;
  switch (header.item_bytes) {
    case 2: return binary16;
    case 4: return binary32;
    case 8: return binary64;
    default: return std::nullopt;
  }
}

/// What the elements are, from what the file says and the user states.
element_type type_of_elements(const detail::npy_header& header, std::optional<format> stated, std::string_view name) {
  const auto native = native_format(header);
  if (!stated) {
    if (native) return element_type::of(*native);
    if (header.letter == 'b') return element_type::boolean();
    if (header.letter == 'i' || header.letter == 'u') {
      return element_type::integer(8 * header.item_bytes, header.letter == 'i');
    }
    fail(name, "holds " + dtype_in_words(header) + " (" + header.dtype() +
                   "), which do not say what they mean; state their format, as in FILE:bfloat16.");
  }
  if (native && *native != *stated && !(*stated == tf32 && *native == binary32)) {
    fail(name, "holds " + dtype_in_words(header) + ", which is " + format_name(*native) + ", but " +
                   format_name(*stated) + " was stated.");
  }
  if (header.letter == 'b') fail(name, "holds bool, but " + format_name(*stated) + " was stated.");
  if (header.item_bytes != storage_bytes(*stated)) {
    fail(name, "holds " + dtype_in_words(header) + ", but a code of " + format_name(*stated) + " takes " +
                   std::to_string(8 * storage_bytes(*stated)) + " bits.");
  }
  return element_type::of(*stated);
}

/// From the order of the file, first axis fastest, to C order.
void reorder_from_fortran(tensor& values) {
  const extents& shape = values.shape();
  if (shape.rank() < 2 || values.size() == 0) return;
  const auto each = static_cast<std::size_t>(values.type().bytes());
  const std::vector<std::byte> source(values.bytes().begin(), values.bytes().end());
  std::array<std::size_t, max_rank> strides{}, index{};
  std::size_t stride = each;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  std::size_t from = 0;
  for (std::size_t to = 0; to < source.size(); to += each) {
    std::memcpy(values.bytes().data() + to, source.data() + from, each);
    for (std::size_t axis = shape.rank(); axis-- > 0;) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= shape[axis] * strides[axis];
      index[axis] = 0;
    }
  }
}

void swap_bytes(std::span<std::byte> bytes, std::size_t each) {
  for (std::size_t at = 0; at < bytes.size(); at += each) {
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                 bytes.begin() + static_cast<std::ptrdiff_t>(at + each));
  }
}

/// Turns what lies in the file into codes, and refuses bits that no code of the format has.
void settle_codes(tensor& values, std::string_view name) {
  const element_type& type = values.type();
  if (type.what == element_type::kind::boolean) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] > 1)
        fail(name, "element " + std::to_string(i) + " is " + std::to_string(values[i]) + "; expected a bool, 0 or 1.");
    }
  }
  if (!type.is_floating() || type.layout.width() == 8 * type.bytes()) return;
  const bool is_tf32 = type.layout == tf32;
  const std::uint64_t unused = is_tf32 ? (std::uint64_t{1} << tf32_padding) - 1 : ~type.layout.code_mask();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint64_t bits = values[i];
    if ((bits & unused) != 0) {
      char hex[17]{};
      std::snprintf(hex, sizeof hex, "%llx", static_cast<unsigned long long>(bits));
      fail(name, "element " + std::to_string(i) + " is 0x" + hex + ", which is no code of " + format_name(type.layout) +
                     (is_tf32 ? ": expected a binary32 with 13 zero bits at its end."
                              : ": expected only its low " + std::to_string(type.layout.width()) + " bits to be set."));
    }
    if (is_tf32) values.set(i, bits >> tf32_padding);
  }
}

tensor read(byte_source& source, std::string_view name, std::optional<format> stated) {
  std::array<std::byte, detail::npy_preamble_bytes> preamble{};
  const auto available = static_cast<std::size_t>(std::min<std::uint64_t>(source.size(), preamble.size()));
  source.read(std::span(preamble).first(available));
  const auto place = detail::find_npy_dictionary(std::span(preamble).first(available), source.size(), name);

  // In version 1 the dictionary begins two bytes before the preamble that was read ends.
  std::string text(place.length, '\0');
  const std::size_t already = std::min(available - place.begin, place.length);
  std::memcpy(text.data(), preamble.data() + place.begin, already);
  source.read(std::as_writable_bytes(std::span(text)).subspan(already));
  const detail::npy_header header = detail::parse_npy_dictionary(text, name);
  const element_type type = type_of_elements(header, stated, name);

  const std::uint64_t data_bytes = source.size() - place.begin - place.length;
  const auto each = static_cast<std::size_t>(header.item_bytes);
  const auto count = header.shape.checked_count();
  if (!count || *count > std::numeric_limits<std::size_t>::max() / 2 / each || *count * each > data_bytes) {
    const std::string expected = !count || *count > std::numeric_limits<std::size_t>::max() / 2 / each
                                     ? "more than any file can hold"
                                     : std::to_string(*count * each) + " bytes";
    fail(name, "is truncated: shape " + to_string(header.shape) + " of " + header.dtype() + " needs " + expected +
                   " of data, but there are " + std::to_string(data_bytes) + ".");
  }
  if (*count * each < data_bytes) {
    fail(name, "has " + std::to_string(data_bytes - *count * each) + " bytes too many: shape " +
                   to_string(header.shape) + " of " + header.dtype() + " needs " + std::to_string(*count * each) +
                   " bytes of data, but there are " + std::to_string(data_bytes) + ".");
  }

  tensor values(type, header.shape);
  const std::size_t spill = available - place.begin - already;  // a dictionary of fewer than two bytes does not parse
  if (spill != 0) fail(name, "the header is too short.");
  source.read(values.bytes());
  if (header.big_endian != (std::endian::native == std::endian::big)) swap_bytes(values.bytes(), each);
  if (header.fortran_order) reorder_from_fortran(values);
  settle_codes(values, name);
  return values;
}

}  // namespace

tensor read_npy(const std::filesystem::path& path, std::optional<format> stated) {
  file_source source(path);
  return read(source, path.string(), stated);
}

tensor parse_npy(std::span<const std::byte> bytes, std::string_view name, std::optional<format> stated) {
  memory_source source(bytes);
  return read(source, name, stated);
}

}  // namespace assay
