#include <array>
#include <string>
#include <vector>

#include <assay/file/atomic_file.hpp>
#include <assay/file/npy.hpp>
#include <assay/tensor/describe.hpp>

#include "npy_stream.hpp"

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

}  // namespace

/// Padded with spaces so that the elements start at a multiple of 64 bytes.
std::string detail::npy_preamble_of(const tensor& values) {
  std::string text = "{'descr': '" + dtype_of(values.type()) +
                     "', 'fortran_order': False, 'shape': " + to_string(values.shape()) + ", }";
  constexpr std::size_t preamble = npy_version_1_preamble_bytes;
  text.append(63 - (preamble + text.size()) % 64, ' ');
  text += '\n';
  std::string whole = "\x93NUMPY";
  whole += '\x01';
  whole += '\x00';
  detail::append_little_endian(whole, text.size(), 2);
  return whole + text;
}

void write_npy(const std::filesystem::path& path, const tensor& values) {
  const std::string preamble = detail::npy_preamble_of(values);
  std::vector<std::byte> scratch;
  const std::array<std::span<const std::byte>, 2> parts{
      std::as_bytes(std::span(preamble)), detail::bytes_for_file(values, 8 * values.type().bytes(), scratch)};
  write_file(path, parts);
}

}  // namespace assay
