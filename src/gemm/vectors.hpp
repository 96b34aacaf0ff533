// op(A)'s rows and op(B)'s columns are the same thing here: vectors of codes along k, somewhere in memory. This room
// decodes them exactly and packs them into panels (see tile.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <type_traits>

#include <assay/accumulate/accumulator.hpp>

namespace assay::gemm_kernels {

/// `count` vectors of `length` codes each. Element k of vector v is code number v * between + k * along.
struct vectors {
  const void* codes = nullptr;
  element in;
  std::size_t count = 0, length = 0;
  std::size_t between = 0, along = 0;
};

/// Uninitialised memory, aligned for every vector.
template <class T>
class aligned_buffer {
 public:
  aligned_buffer() = default;
  explicit aligned_buffer(std::size_t size)
      : size_(size), data_(static_cast<T*>(::operator new[](size * sizeof(T), alignment))) {}
  T* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) const { return data_.get()[i]; }

 private:
  static constexpr std::align_val_t alignment{64};
  struct release {
    void operator()(T* p) const { ::operator delete[](p, alignment); }
  };
  std::size_t size_ = 0;
  std::unique_ptr<T, release> data_;
};

/// What a fast path must know of an element type: all its values have at most `digits` significant bits, are multiples of
/// 2^lowest_bit, and finite ones are below 2^below.
struct value_range {
  int digits, lowest_bit, below;

  constexpr bool within(const value_range& other) const {
    return digits <= other.digits && lowest_bit >= other.lowest_bit && below <= other.below;
  }
  /// Of products of such values: they are exact in numbers that this range is within.
  constexpr value_range times(const value_range& other) const {
    return {digits + other.digits, lowest_bit + other.lowest_bit, below + other.below};
  }
};
constexpr value_range range_of(format f) { return {f.precision(), f.min_ulp_exponent(), f.max_exponent() + 1}; }
constexpr value_range range_of(integer_format f) { return {f.bits, 0, f.bits}; }
constexpr value_range range_of(const element& e) {
  return std::visit([](const auto& type) { return range_of(type); }, e);
}
inline constexpr value_range float_range = range_of(binary32), double_range = range_of(binary64);

/// Bytes that a code takes in memory.
constexpr std::size_t bytes_of(const element& e) {
  if (const auto* f = std::get_if<format>(&e)) return static_cast<std::size_t>(storage_bytes(*f));
  const int bits = std::get<integer_format>(e).bits;
  return bits <= 8 ? 1 : bits <= 16 ? 2 : bits <= 32 ? 4 : 8;
}

/// Decodes `count` codes that are `stride` elements apart. NaNs become the canonical NaN. The values must fit.
void decode_run(const void* codes, const element& in, std::size_t first, std::size_t stride, std::size_t count,
                float* out);
void decode_run(const void* codes, const element& in, std::size_t first, std::size_t stride, std::size_t count,
                double* out);

/// Calls work(pointer to the first code) with codes as unsigned integers of their storage width.
template <class Work>
void with_codes(const void* codes, std::size_t bytes, const Work& work) {
  switch (bytes) {
    case 1: return work(static_cast<const std::uint8_t*>(codes));
    case 2: return work(static_cast<const std::uint16_t*>(codes));
    case 4: return work(static_cast<const std::uint32_t*>(codes));
    default: return work(static_cast<const std::uint64_t*>(codes));
  }
}

/// Integers, two's complement in the low bits of a code. `Number` must hold them.
template <class Number>
void decode_integer_run(const void* codes, integer_format in, std::size_t first, std::size_t stride, std::size_t count,
                        Number* out) {
  // As bits, and the sign bit subtracted twice: the lowest number may be that of Number itself.
  using word = std::make_unsigned_t<Number>;
  const auto mask = static_cast<word>(in.code_mask());
  const word sign = in.is_signed ? word{1} << (in.bits - 1) : word{0};
  with_codes(codes, bytes_of(in), [&](const auto* from) {
    from += first;
    const auto number = [&](auto code) {
      return static_cast<Number>(((static_cast<word>(code) & mask) ^ sign) - sign);
    };
    if (stride == 1) {
      for (std::size_t i = 0; i < count; ++i) out[i] = number(from[i]);
    } else {
      for (std::size_t i = 0; i < count; ++i) out[i] = number(from[i * stride]);
    }
  });
}

constexpr std::size_t panels_of(std::size_t count, std::size_t width) { return (count + width - 1) / width; }

/// Packs panel number `panel` of `width` vectors; vectors beyond the last are zeros. With an index, place k of the panel
/// holds element index[k].
template <class Lane>
void pack_panel(const vectors& v, std::size_t panel, std::size_t width, std::span<const std::uint32_t> index,
                Lane* out);

extern template void pack_panel(const vectors&, std::size_t, std::size_t, std::span<const std::uint32_t>, float*);
extern template void pack_panel(const vectors&, std::size_t, std::size_t, std::span<const std::uint32_t>, double*);

}  // namespace assay::gemm_kernels
