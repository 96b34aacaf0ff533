// A read-only view of codes that lie somewhere in memory: a format chosen at run time, a shape, and strides.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include <assay/format/format.hpp>
#include <assay/tensor/extents.hpp>

namespace assay {

/// The unsigned integer of 1, 2, 4 or 8 bytes that lies at `where`, in the machine's byte order, at any alignment.
inline std::uint64_t load_code(const std::byte* where, int bytes) {
  const auto load = [&](auto word) {
    std::memcpy(&word, where, sizeof word);
    return std::uint64_t{word};
  };
  switch (bytes) {
    case 1: return load(std::uint8_t{});
    case 2: return load(std::uint16_t{});
    case 4: return load(std::uint32_t{});
    default: return load(std::uint64_t{});
  }
}

/// Not inlined: GCC 12 follows a width that cannot occur and warns of it.
[[gnu::noinline]] inline void store_code(std::byte* where, int bytes, std::uint64_t code) {
  const int skipped = std::endian::native == std::endian::big ? 8 - bytes : 0;
  std::memcpy(where, reinterpret_cast<const std::byte*>(&code) + skipped, static_cast<std::size_t>(bytes));
}

/// Views do not own: what they look at must outlive them. A stride of 0 repeats one element along an axis, so that a
/// matrix product is a batch of dot products without a copy (see broadcast_rows and broadcast_columns).
class code_view {
 public:
  code_view() = default;
  /// Codes of f, contiguous in C order. Each takes storage_bytes(f).
  code_view(const void* data, format f, extents shape)
      : data_(static_cast<const std::byte*>(data)), layout_(f), bytes_(storage_bytes(f)), shape_(shape) {
    std::ptrdiff_t stride = bytes_;
    for (std::size_t axis = shape_.rank(); axis-- > 0;) {
      strides_[axis] = stride;
      stride *= static_cast<std::ptrdiff_t>(shape_[axis]);
    }
  }
  /// The same with strides in bytes, which may be zero or negative.
  code_view(const void* data, format f, extents shape, std::span<const std::ptrdiff_t> strides)
      : data_(static_cast<const std::byte*>(data)), layout_(f), bytes_(storage_bytes(f)), shape_(shape) {
    if (strides.size() != shape.rank()) throw std::invalid_argument("a view needs as many strides as axes");
    std::copy(strides.begin(), strides.end(), strides_.begin());
  }

  bool has_data() const { return data_ != nullptr; }
  format layout() const { return layout_; }
  const extents& shape() const { return shape_; }
  std::size_t size() const { return shape_.count(); }
  /// Elements along the last axis; 1 for a rank-0 view.
  std::size_t line_length() const { return shape_.rank() == 0 ? 1 : shape_[shape_.rank() - 1]; }

  /// The first element, when they all lie in C order without gaps; else null.
  const std::byte* contiguous() const {
    std::ptrdiff_t stride = bytes_;
    for (std::size_t axis = shape_.rank(); axis-- > 0;) {
      if (shape_[axis] != 1 && strides_[axis] != stride) return nullptr;
      stride *= static_cast<std::ptrdiff_t>(shape_[axis]);
    }
    return data_;
  }

  /// The n-th element in C order.
  std::uint64_t operator[](std::size_t n) const { return load_code(data_ + offset(n, shape_.rank()), bytes_); }

  /// Copies the n-th line along the last axis; `out` holds line_length() codes.
  void copy_line(std::size_t n, std::span<std::uint64_t> out) const {
    const std::size_t rank = shape_.rank();
    const std::byte* start = data_ + offset(n, rank == 0 ? 0 : rank - 1);
    const std::ptrdiff_t step = rank == 0 ? 0 : strides_[rank - 1];
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = load_code(start + static_cast<std::ptrdiff_t>(i) * step, bytes_);
  }

  /// The n-th line along the last axis alone, as (1, K).
  code_view only_line(std::size_t n) const {
    const std::size_t rank = shape_.rank();
    const std::ptrdiff_t step = rank == 0 ? 0 : strides_[rank - 1];
    return {data_ + offset(n, rank == 0 ? 0 : rank - 1),
            layout_,
            {1, line_length()},
            std::array<std::ptrdiff_t, 2>{0, step}};
  }
  /// The n-th element alone, as (1,).
  code_view only_element(std::size_t n) const {
    return {data_ + offset(n, shape_.rank()), layout_, {1}, std::array<std::ptrdiff_t, 1>{0}};
  }

  /// A matrix (M, K) as (M, n, K): row m in all of (m, 0) to (m, n - 1).
  code_view broadcast_rows(std::size_t n) const {
    return with_axes({shape_[0], n, shape_[1]}, {strides_[0], 0, strides_[1]});
  }
  /// A matrix (K, N) as (m, N, K): column j in all of (0, j) to (m - 1, j).
  code_view broadcast_columns(std::size_t m) const {
    return with_axes({m, shape_[1], shape_[0]}, {0, strides_[1], strides_[0]});
  }

 private:
  code_view with_axes(extents shape, std::initializer_list<std::ptrdiff_t> strides) const {
    if (shape_.rank() != 2) throw std::invalid_argument("only a matrix can be broadcast");
    return {data_, layout_, shape, std::span(strides.begin(), strides.size())};
  }
  /// Of the n-th place among the first `axes` axes.
  std::ptrdiff_t offset(std::size_t n, std::size_t axes) const {
    std::ptrdiff_t bytes = 0;
    for (std::size_t axis = axes; axis-- > 0;) {
      bytes += static_cast<std::ptrdiff_t>(n % shape_[axis]) * strides_[axis];
      n /= shape_[axis];
    }
    return bytes;
  }

  const std::byte* data_ = nullptr;
  format layout_{8, 23, 127};
  int bytes_ = 4;
  extents shape_{0};
  std::array<std::ptrdiff_t, max_rank> strides_{};
};

}  // namespace assay
