// The owning run-time tensor: what its elements are is known when a file has been read, not before.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <assay/format/formats.hpp>
#include <assay/tensor/storage.hpp>
#include <assay/tensor/view.hpp>

namespace assay {

/// What one element is.
struct element_type {
  enum class kind : std::uint8_t { floating, signed_integer, unsigned_integer, boolean };

  kind what = kind::floating;
  format layout = binary32;  ///< of floating elements, else ignored
  int integer_bits = 0;      ///< of integers: 8, 16, 32 or 64

  static constexpr element_type of(format f) { return {kind::floating, f, 0}; }
  static constexpr element_type integer(int bits, bool is_signed) {
    return {is_signed ? kind::signed_integer : kind::unsigned_integer, binary32, bits};
  }
  static constexpr element_type boolean() { return {kind::boolean, binary32, 8}; }

  constexpr bool is_floating() const { return what == kind::floating; }
  /// Bytes in memory: 1, 2, 4 or 8.
  constexpr int bytes() const { return is_floating() ? storage_bytes(layout) : integer_bits / 8; }
};

/// Elements in C order, one code (or integer) each, in the machine's byte order, formats below 8 bits one code a byte;
/// aligned to their size. A copy has memory of its own.
class tensor {
 public:
  tensor() = default;
  /// All bits zero. Throws std::length_error when the shape has more bytes than memory has addresses.
  tensor(element_type type, extents shape) : type_(type), shape_(shape), bytes_(checked_bytes(type, shape)) {}
  /// In this memory, aligned to an element's size. Throws std::invalid_argument when the shape needs another number of
  /// bytes.
  tensor(element_type type, extents shape, tensor_storage bytes)
      : type_(type), shape_(shape), bytes_(std::move(bytes)) {
    if (checked_bytes(type, shape) != bytes_.bytes().size()) {
      throw std::invalid_argument("the memory of a tensor is not as large as its shape needs");
    }
  }

  const element_type& type() const { return type_; }
  const extents& shape() const { return shape_; }
  std::size_t size() const { return bytes().size() / static_cast<std::size_t>(type_.bytes()); }
  std::span<std::byte> bytes() { return bytes_.bytes(); }
  std::span<const std::byte> bytes() const { return bytes_.bytes(); }
  /// Whether its bytes are memory of its own, not those of a file that is mapped.
  bool owns_memory() const { return !bytes_.is_lent(); }

  /// The n-th element's bits in C order.
  std::uint64_t operator[](std::size_t n) const { return load_code(bytes().data() + at(n), type_.bytes()); }
  void set(std::size_t n, std::uint64_t code) { store_code(bytes().data() + at(n), type_.bytes(), code); }

  /// Throws std::invalid_argument when the elements are integers.
  code_view view() const {
    if (!type_.is_floating()) throw std::invalid_argument("a view of codes needs floating-point elements");
    return {bytes().data(), type_.layout, shape_};
  }

 private:
  static std::size_t checked_bytes(element_type type, const extents& shape) {
    const std::size_t count = shape.count(), each = static_cast<std::size_t>(type.bytes());
    if (count > std::numeric_limits<std::size_t>::max() / 2 / each) {
      throw std::length_error("a tensor of more bytes than memory has addresses");
    }
    return count * each;
  }
  std::size_t at(std::size_t n) const { return n * static_cast<std::size_t>(type_.bytes()); }

  element_type type_;
  extents shape_{0};
  tensor_storage bytes_;
};

}  // namespace assay
