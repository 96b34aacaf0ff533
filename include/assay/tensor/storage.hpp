// The bytes that a tensor lies in.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <span>
#include <utility>

namespace assay {

/// Memory of its own, or memory that was lent with the function that gives it back: a file's, mapped. A copy of either
/// is memory of its own; what was moved from is empty.
class tensor_storage {
 public:
  /// Gives lent memory back. It is called once, from any thread.
  using release_function = void (*)(std::span<std::byte>) noexcept;

  tensor_storage() = default;
  /// All bits zero. Throws std::bad_alloc.
  explicit tensor_storage(std::size_t size) : bytes_(allocated(size)) {}
  /// Takes over memory that nobody else writes to, and that `release` gives back.
  tensor_storage(std::span<std::byte> lent, release_function release) noexcept : bytes_(lent), release_(release) {}
  tensor_storage(const tensor_storage& other) : tensor_storage(other.bytes_.size()) {
    std::copy(other.bytes_.begin(), other.bytes_.end(), bytes_.begin());
  }
  tensor_storage(tensor_storage&& other) noexcept
      : bytes_(std::exchange(other.bytes_, {})), release_(std::exchange(other.release_, give_back_own)) {}
  tensor_storage& operator=(tensor_storage other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(release_, other.release_);
    return *this;
  }
  ~tensor_storage() {
    if (!bytes_.empty()) release_(bytes_);
  }

  std::span<std::byte> bytes() { return bytes_; }
  std::span<const std::byte> bytes() const { return bytes_; }
  bool is_lent() const { return release_ != give_back_own; }

 private:
  static void give_back_own(std::span<std::byte> bytes) noexcept { std::free(bytes.data()); }
  /// By calloc: the pages of a large tensor are zero already, and need not be written before they are filled.
  static std::span<std::byte> allocated(std::size_t size) {
    if (size == 0) return {};
    void* const memory = std::calloc(size, 1);
    if (memory == nullptr) throw std::bad_alloc();
    return {static_cast<std::byte*>(memory), size};
  }

  std::span<std::byte> bytes_;
  release_function release_ = give_back_own;
};

}  // namespace assay
