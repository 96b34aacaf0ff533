// A kernel call cut into units that can be computed and judged apart: lines, rows, channels, heads, elements.
//
// The judge streams through a large result a few units at a time, and draws samples of units: each time it makes a
// smaller call of the same kernel, whose results are some of the whole call's. What a unit is follows from the kernel
// and its attributes; a kernel whose every result depends on every input is one unit.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include <assay/catalogue/call.hpp>

namespace assay::detail {

/// A smaller call, and where its results lie in the whole ones.
struct part {
  const kernel_call* whole_call = nullptr;  ///< where the part is the whole
  std::optional<kernel_call> own_call;
  std::vector<std::size_t> units;
  /// For each result: elements of a unit that lie behind each other in the whole, or 0.
  std::vector<std::size_t> blocks;
  /// Where blocks has 0: the whole result's element of each of the part's; empty: that very element.
  std::vector<std::vector<std::size_t>> places;

  const kernel_call& call() const { return own_call ? *own_call : *whole_call; }
  std::size_t place(std::size_t result, std::size_t i) const {
    if (blocks.empty()) return i;
    const std::size_t block = blocks[result];
    if (block != 0) return units[i / block] * block + i % block;
    return places[result].empty() ? i : places[result][i];
  }
  /// Elements that lie behind each other in the part and in the whole.
  struct run {
    std::size_t first, place, count;
  };
  /// All of a result of `size` elements.
  std::vector<run> runs(std::size_t result, std::size_t size) const;
};

class partition {
 public:
  /// `results` are the whole call's, for their shapes.
  partition(const kernel_call& call, std::span<const tensor> results);

  std::size_t units() const { return units_; }
  /// Elements of inputs and results that belong to one unit, about.
  std::size_t unit_size() const { return unit_size_; }

  part take(std::span<const std::size_t> units) const;
  part whole() const;
  /// Which of a part's units its i-th element of a result belongs to, of `size` elements.
  std::size_t unit_of_element(const part& p, std::size_t result, std::size_t i, std::size_t size) const;
  /// How many elements of a result each unit of a part has, where they lie unit after unit in the part.
  std::optional<std::size_t> elements_of_unit(const part& p, std::size_t result, std::size_t size) const;

  /// How a tensor takes part: it is the same for all units, or its elements at these axes belong to one unit each.
  struct role {
    std::vector<std::size_t> unit_axes;  ///< empty: shared
    bool in_place = false;               ///< the only unit axis stays where it is; else units come first
    std::size_t ones = 0;                ///< axes of extent 1 put in after the units
    bool drop_ones = false;              ///< a kept axis of extent 1 is left out

    bool shared() const { return unit_axes.empty(); }
    /// Units lie interleaved in a part, too.
    bool in_place_behind() const { return in_place && unit_axes[0] != 0; }
    /// Whether a unit's elements lie behind each other: its axes are the first.
    bool is_leading() const {
      for (std::size_t k = 0; k < unit_axes.size(); ++k) {
        if (unit_axes[k] != k) return false;
      }
      return true;
    }
  };

 private:
  std::vector<std::size_t> places_of(const extents& shape, const role& r, std::span<const std::size_t> units) const;
  static extents part_shape(const extents& shape, const role& r, std::size_t units);
  tensor gather(const tensor& x, const role& r, std::span<const std::size_t> units) const;

  const kernel_call* call_;
  std::size_t units_ = 1, unit_size_ = 1;
  std::vector<std::pair<std::string, role>> inputs_;
  std::vector<role> results_;
  std::vector<extents> result_shapes_;
  std::vector<std::pair<std::string, attribute_value>> settings_;  ///< of the part's call
};

}  // namespace assay::detail
