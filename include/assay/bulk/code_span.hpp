// Spans of codes whose element type is known only at run time.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <span>
#include <type_traits>

#include <assay/number/number.hpp>

namespace assay {

namespace detail {
template <class T>
inline constexpr bool is_number = false;
template <format F>
inline constexpr bool is_number<number<F>> = true;
}  // namespace detail

/// What a code is stored in: one code an element, also for formats of 4, 6 or 19 bits. Bits above the format's width
/// are ignored when read, and zero when written.
template <class T>
concept code_storage = std::same_as<T, std::uint8_t> || std::same_as<T, std::uint16_t> ||
    std::same_as<T, std::uint32_t> || std::same_as<T, std::uint64_t> || detail::is_number<T>;

template <class Range>
concept range_of_codes = std::ranges::contiguous_range<Range> && std::ranges::sized_range<Range> &&
    code_storage<std::remove_cv_t<std::ranges::range_value_t<Range>>>;

/// A view of codes to read: made from any contiguous range of std::uint8_t, 16, 32 or 64, or of number<F>.
class const_code_span {
 public:
  template <range_of_codes Range>
  constexpr const_code_span(Range&& codes)  // NOLINT(google-explicit-constructor): a view, as std::span is
      : data_(std::ranges::data(codes)),
        size_(std::ranges::size(codes)),
        element_bytes_(static_cast<int>(sizeof(std::ranges::range_value_t<Range>))) {}

  constexpr const void* data() const { return data_; }
  constexpr std::size_t size() const { return size_; }
  constexpr int element_bytes() const { return element_bytes_; }

 private:
  const void* data_;
  std::size_t size_;
  int element_bytes_;
};

/// A view of codes to write.
class code_span {
 public:
  template <range_of_codes Range>
  requires(!std::is_const_v<std::remove_reference_t<std::ranges::range_reference_t<Range>>>) constexpr code_span(
      Range&& writable)  // NOLINT(google-explicit-constructor)
      : data_(std::ranges::data(writable)),
        size_(std::ranges::size(writable)),
        element_bytes_(static_cast<int>(sizeof(std::ranges::range_value_t<Range>))) {}

  constexpr void* data() const { return data_; }
  constexpr std::size_t size() const { return size_; }
  constexpr int element_bytes() const { return element_bytes_; }

 private:
  void* data_;
  std::size_t size_;
  int element_bytes_;
};

}  // namespace assay
