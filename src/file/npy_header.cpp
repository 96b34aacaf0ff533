#include "npy_header.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <vector>

#include "fail.hpp"

namespace assay::detail {
namespace {

/// Reads the one Python dictionary that NumPy writes: strings, True, False, and tuples of integers.
class dictionary_reader {
 public:
  dictionary_reader(std::string_view text, std::string_view name) : rest_(text), name_(name) {}

  npy_header read() {
    expect('{');
    while (!accept('}')) {
      const std::string_view key = string("a key");
      expect(':');
      if (key == "descr" && !has_descr_) {
        has_descr_ = true;
        descr(string("a dtype such as '<f4' (structured dtypes are not supported)"));
      } else if (key == "fortran_order" && !has_order_) {
        has_order_ = true;
        header_.fortran_order = boolean();
      } else if (key == "shape" && !has_shape_) {
        has_shape_ = true;
        header_.shape = shape();
      } else {
        fail(name_,
             "the header has the key " + in_quotes(key) + "; expected descr, fortran_order and shape, each once.");
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (!rest_.empty()) fail(name_, "the header goes on after its dictionary with " + in_quotes(rest_) + ".");
    if (!has_descr_ || !has_order_ || !has_shape_) {
      fail(name_, "the header lacks a key; expected descr, fortran_order and shape.");
    }
    return header_;
  }

 private:
  void skip_space() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\n' || rest_[0] == '\t' || rest_[0] == '\r')) {
      rest_.remove_prefix(1);
    }
  }
  bool accept(char c) {
    skip_space();
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(name_, "the header has " + in_quotes(rest_) + " where '" + c + "' was expected.");
  }
  std::string_view string(const char* expected) {
    skip_space();
    const char quote = rest_.empty() ? '\0' : rest_[0];
    const std::size_t end = quote == '\'' || quote == '"' ? rest_.find(quote, 1) : std::string_view::npos;
    if (end == std::string_view::npos)
      fail(name_, "the header has " + in_quotes(rest_) + "; expected " + expected + ".");
    const std::string_view text = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return text;
  }
  bool boolean() {
    skip_space();
    for (const bool value : {true, false}) {
      const std::string_view word = value ? "True" : "False";
      if (!rest_.starts_with(word)) continue;
      rest_.remove_prefix(word.size());
      return value;
    }
    fail(name_, "the header's fortran_order is " + in_quotes(rest_) + "; expected True or False.");
  }
  extents shape() {
    expect('(');
    std::vector<std::size_t> sizes;
    while (!accept(')')) {
      skip_space();
      std::size_t size = 0;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
      if (error != std::errc()) fail(name_, "the header's shape has " + in_quotes(rest_) + "; expected an extent.");
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      if (!rest_.empty() && rest_[0] == 'L') rest_.remove_prefix(1);  // Python 2's long integers
      if (sizes.size() == max_rank) fail(name_, "the shape has more than 8 axes; at most 8 are supported.");
      sizes.push_back(size);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return extents(std::span<const std::size_t>(sizes));
  }

  void descr(std::string_view text) {
    const std::string_view whole = text;
    const auto unsupported = [&] {
      fail(name_,
           "the dtype is " + in_quotes(whole) + "; expected f2, f4, f8, b1, i1 to i8, u1 to u8, V1, V2, V4 or V8.");
    };
    if (text.empty()) unsupported();
    if (std::string_view("<>|=").find(text[0]) != std::string_view::npos) {
      header_.big_endian = text[0] == '>' || (text[0] == '=' && std::endian::native == std::endian::big);
      text.remove_prefix(1);
    }
    if (text.size() != 2) unsupported();
    header_.letter = text[0];
    header_.item_bytes = text[1] - '0';
    const bool power = text[1] == '1' || text[1] == '2' || text[1] == '4' || text[1] == '8';
    const bool known = header_.letter == 'f' || header_.letter == 'i' || header_.letter == 'u' ||
                       header_.letter == 'V' || (header_.letter == 'b' && text[1] == '1');
    if (!power || !known) unsupported();
  }

  std::string_view rest_, name_;
  npy_header header_;
  bool has_descr_ = false, has_order_ = false, has_shape_ = false;
};

}  // namespace

std::string npy_header::dtype() const {
  std::string text(1, item_bytes == 1 ? '|' : big_endian ? '>' : '<');
  text += letter;
  return text + std::to_string(item_bytes);
}

bool needs_longer_preamble(std::span<const std::byte> preamble) {
  return preamble.size() > 6 && std::to_integer<int>(preamble[6]) > 1;
}

npy_dictionary_place find_npy_dictionary(std::span<const std::byte> preamble, std::uint64_t file_bytes,
                                         std::string_view name) {
  constexpr std::array<unsigned char, 6> magic{0x93, 'N', 'U', 'M', 'P', 'Y'};
  if (file_bytes == 0) fail(name, "the file is empty; expected a .npy file.");
  if (std::memcmp(preamble.data(), magic.data(), std::min(preamble.size(), magic.size())) != 0) {
    fail(name, "is not a .npy file: it does not begin with \\x93NUMPY.");
  }
  const auto byte = [&](std::size_t i) { return std::to_integer<std::size_t>(preamble[i]); };
  const std::string truncated = "the file ends inside its header, after " + std::to_string(file_bytes) + " bytes.";
  if (preamble.size() < 8) fail(name, truncated);
  const std::size_t version = byte(6);
  if (version < 1 || version > 3 || byte(7) != 0) {
    fail(name,
         "has .npy version " + std::to_string(version) + "." + std::to_string(byte(7)) + "; expected 1.0, 2.0 or 3.0.");
  }
  const std::size_t begin = version == 1 ? 10 : 12;
  if (preamble.size() < begin) fail(name, truncated);
  std::size_t length = byte(8) | byte(9) << 8;
  if (version > 1) length |= byte(10) << 16 | byte(11) << 24;
  if (length > file_bytes - begin) {
    fail(name, "the header claims " + std::to_string(length) + " bytes, but the file has only " +
                   std::to_string(file_bytes - begin) + " after the preamble: it is truncated.");
  }
  constexpr std::size_t longest = std::size_t{1} << 20;
  if (length > longest)
    fail(name, "the header claims " + std::to_string(length) + " bytes; expected at most a megabyte.");
  return {begin, length};
}

npy_header parse_npy_dictionary(std::string_view text, std::string_view name) {
  return dictionary_reader(text, name).read();
}

}  // namespace assay::detail
