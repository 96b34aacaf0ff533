// The shape of a tensor: up to eight extents, the last axis varying fastest.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>

namespace assay {

inline constexpr std::size_t max_rank = 8;

/// A rank-0 shape, (), is one element.
class extents {
 public:
  constexpr extents() = default;
  constexpr extents(std::initializer_list<std::size_t> sizes)
      : extents(std::span<const std::size_t>(sizes.begin(), sizes.size())) {}
  /// Throws std::invalid_argument above max_rank.
  explicit constexpr extents(std::span<const std::size_t> sizes) : rank_(sizes.size()) {
    if (rank_ > max_rank) throw std::invalid_argument("a shape of more than 8 axes");
    std::copy(sizes.begin(), sizes.end(), sizes_.begin());
  }

  constexpr std::size_t rank() const { return rank_; }
  constexpr std::size_t operator[](std::size_t axis) const { return sizes_[axis]; }
  constexpr const std::size_t* begin() const { return sizes_.data(); }
  constexpr const std::size_t* end() const { return sizes_.data() + rank_; }
  constexpr bool operator==(const extents& other) const {
    return std::equal(begin(), end(), other.begin(), other.end());
  }

  /// The number of elements, or nothing when it does not fit std::size_t. A zero extent makes it 0 whatever the others.
  constexpr std::optional<std::size_t> checked_count() const {
    if (std::find(begin(), end(), std::size_t{0}) != end()) return 0;
    std::size_t count = 1;
    for (const std::size_t size : *this) {
      if (size > std::numeric_limits<std::size_t>::max() / count) return std::nullopt;
      count *= size;
    }
    return count;
  }
  /// Throws std::length_error where checked_count() gives nothing.
  constexpr std::size_t count() const {
    const auto n = checked_count();
    if (!n) throw std::length_error("a shape of more elements than memory has addresses");
    return *n;
  }

  /// The shape without its last axis; of a rank-0 shape itself.
  constexpr extents without_last() const { return extents(std::span(sizes_.data(), rank_ == 0 ? 0 : rank_ - 1)); }

 private:
  std::array<std::size_t, max_rank> sizes_{};
  std::size_t rank_ = 0;
};

}  // namespace assay
