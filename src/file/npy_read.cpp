#include <algorithm>
#include <array>

#include <assay/file/npy.hpp>
#include <assay/tensor/describe.hpp>

#include "container.hpp"
#include "fail.hpp"
#include "npy_stream.hpp"

namespace assay {
namespace detail {
namespace {

std::string dtype_in_words(const npy_header& header) {
  const std::string bits = std::to_string(8 * header.item_bytes);
  switch (header.letter) {
    case 'f': return "float" + bits;
    case 'i': return "int" + bits;
    case 'u': return "uint" + bits;
    case 'b': return "bool";
    default: return "raw " + bits + "-bit elements (" + header.dtype() + ")";
  }
}

stored_elements stored_elements_of(const npy_header& header, bool is_stated) {
  stored_elements stored{dtype_in_words(header), std::nullopt, 8 * header.item_bytes};
  switch (header.letter) {
    case 'f':
      switch (header.item_bytes) {
        // NumPy has no f1. ml_dtypes (0.6) writes it for float8_e5m2 alone, the only one that follows IEEE 754; its
        // other formats of 8 bits are V1. Whoever states another format may know better.
        case 1:
          if (!is_stated) stored.type = element_type::of(e5m2);
          break;
        case 2: stored.type = element_type::of(binary16); break;
        case 4: stored.type = element_type::of(binary32); break;
        default: stored.type = element_type::of(binary64); break;
      }
      break;
    case 'b': stored.type = element_type::boolean(); break;
    case 'i':
    case 'u': stored.type = element_type::integer(stored.bits, header.letter == 'i'); break;
    default: break;
  }
  return stored;
}

/// The header's shape must need exactly the bytes that there are.
void check_size(const npy_header& header, std::uint64_t data_bytes, std::string_view name) {
  const std::string shape = "shape " + to_string(header.shape) + " of " + header.dtype() + " needs ";
  const std::string found = " of data, but there are " + std::to_string(data_bytes) + ".";
  const auto needed = stored_bytes(header.shape, 8 * header.item_bytes);
  if (!needed || *needed > data_bytes) {
    fail(name, "is truncated: " + shape +
                   (needed ? std::to_string(*needed) + " bytes" : std::string("more than any file can hold")) + found);
  }
  if (*needed < data_bytes) {
    fail(name, "has " + std::to_string(data_bytes - *needed) + " bytes too many: " + shape + std::to_string(*needed) +
                   " bytes" + found);
  }
}

class npy_container final : public tensor_container {
 public:
  explicit npy_container(const byte_source& source) : source_(source) { names_.emplace_back(); }
  tensor_entry describe(std::size_t) const override {
    range_stream stream(source_);
    const npy_header header = read_npy_header(stream, source_.name());
    return {"", header.dtype(), header.shape};
  }
  tensor read(std::size_t, const std::optional<stated_type>& stated) const override {
    range_stream stream(source_);
    const npy_header header = read_npy_header(stream, source_.name());
    return read_npy_elements(stream, header, stated, source_.name());
  }

 private:
  const byte_source& source_;
};

}  // namespace

npy_header read_npy_header(byte_stream& stream, std::string_view name) {
  std::array<std::byte, npy_preamble_bytes> preamble{};
  const auto available = static_cast<std::size_t>(std::min<std::uint64_t>(stream.size(), npy_version_1_preamble_bytes));
  stream.read(std::span(preamble).first(available));
  std::size_t read = available;
  if (needs_longer_preamble(std::span(preamble).first(read)) && stream.size() >= npy_preamble_bytes) {
    stream.read(std::span(preamble).subspan(read));
    read = npy_preamble_bytes;
  }
  const auto place = find_npy_dictionary(std::span(preamble).first(read), stream.size(), name);
  std::string text(place.length, '\0');
  stream.read(std::as_writable_bytes(std::span(text)));
  npy_header header = parse_npy_dictionary(text, name);
  header.data_begin = place.begin + place.length;
  return header;
}

tensor read_npy_elements(byte_stream& stream, const npy_header& header, const std::optional<stated_type>& stated,
                         std::string_view name) {
  const auto plan = plan_elements(stored_elements_of(header, stated.has_value()), header.shape, stated, name);
  check_size(header, stream.size() - header.data_begin, name);
  return read_elements(stream, plan, {header.big_endian, header.fortran_order}, name);
}

std::unique_ptr<tensor_container> open_npy(const byte_source& source) {
  return std::make_unique<npy_container>(source);
}

}  // namespace detail

namespace {

tensor read(const detail::byte_source& source, std::optional<format> stated) {
  return detail::open_npy(source)->read(0, stated ? std::optional<stated_type>(*stated) : std::nullopt);
}

}  // namespace

tensor read_npy(const std::filesystem::path& path, std::optional<format> stated) {
  const detail::file_source source(path);
  tensor values = read(source, stated);
  source.check_unchanged();
  return values;
}

tensor parse_npy(std::span<const std::byte> bytes, std::string_view name, std::optional<format> stated) {
  return read(detail::memory_source(bytes, std::string(name)), stated);
}

}  // namespace assay
