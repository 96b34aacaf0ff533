#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string>

#include <assay/file/atomic_file.hpp>
#include <assay/file/npy.hpp>
#include <assay/tensor/describe.hpp>

namespace assay {
namespace {

std::string dtype_of(const element_type& type) {
  const std::string bytes = std::to_string(type.bytes());
  const std::string order = type.bytes() == 1 ? "|" : "<";
  switch (type.what) {
    case element_type::kind::boolean: return "|b1";
    case element_type::kind::signed_integer: return order + "i" + bytes;
    case element_type::kind::unsigned_integer: return order + "u" + bytes;
    case element_type::kind::floating: break;
  }
  const format& f = type.layout;
  const bool native = f == binary16 || f == binary32 || f == binary64 || f == tf32;
  return order + (native ? "f" : "u") + bytes;
}

/// Preamble and dictionary, padded with spaces so that the data starts at a multiple of 64 bytes.
std::string header_of(const tensor& values) {
  std::string text = "{'descr': '" + dtype_of(values.type()) +
                     "', 'fortran_order': False, 'shape': " + to_string(values.shape()) + ", }";
  constexpr std::size_t preamble = 10;
  text.append(63 - (preamble + text.size()) % 64, ' ');
  text += '\n';
  const auto length = static_cast<unsigned>(text.size());
  const std::array<char, preamble> start{
      '\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0, static_cast<char>(length & 0xff), static_cast<char>(length >> 8)};
  return std::string(start.begin(), start.end()) + text;
}

}  // namespace

void write_npy(const std::filesystem::path& path, const tensor& values) {
  const std::string header = header_of(values);
  const bool is_tf32 = values.type().is_floating() && values.type().layout == tf32;
  tensor as_in_files;
  std::span<const std::byte> data = values.bytes();
  if (is_tf32 || (std::endian::native == std::endian::big && values.type().bytes() > 1)) {
    as_in_files = values;
    for (std::size_t i = 0; is_tf32 && i < values.size(); ++i) as_in_files.set(i, values[i] << 13);
    if constexpr (std::endian::native == std::endian::big) {
      const auto each = static_cast<std::ptrdiff_t>(values.type().bytes());
      for (auto at = as_in_files.bytes().begin(); at != as_in_files.bytes().end(); at += each)
        std::reverse(at, at + each);
    }
    data = as_in_files.bytes();
  }
  const std::array<std::span<const std::byte>, 2> parts{std::as_bytes(std::span(header)), data};
  write_file(path, parts);
}

}  // namespace assay
