// Entrywise bounds by kernel: how far a value may be from the real one, under the claim, before it is stored.
//
// Each kernel's bound is in a file of its own, its derivation in the comment above it. What they share is the number
// type of roundings.hpp. Calls come in a plain form: the axis of lines is the last one.
#pragma once

#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include <assay/catalogue/call.hpp>
#include <assay/judge/claim.hpp>
#include <assay/reference/truth.hpp>

#include "roundings.hpp"

namespace assay::detail {

/// An element of a binary64 tensor.
inline double double_at(const tensor& t, std::size_t i) {
  double x = 0;
  std::memcpy(&x, t.bytes().data() + i * sizeof x, sizeof x);
  return x;
}

/// For each element of one result. `likely` is never above `worst`. Infinite: anything may come out, because the
/// claimed arithmetic may overflow on the way.
struct error_bounds {
  std::vector<double> worst, likely;

  void resize(std::size_t n) {
    worst.resize(n);
    likely.resize(n);
  }
  void set(std::size_t i, const bounded& b, double lambda) {
    // The computation above errs by a few units in the last place of double: see roundings.hpp.
    constexpr double slack = 1 + 0x1p-30;
    worst[i] = b.worst * slack;
    likely[i] = b.likely(lambda) * slack;
  }
};

struct bound_question {
  const kernel_call& call;
  std::span<const reference::truth> truths;  ///< with enclosures, and scales where the kernel has them
  const roundings& how;
  const claim& claimed;

  std::size_t elements(std::size_t result = 0) const { return truths[result].value.size(); }
  /// The middle of the enclosure: the real value, as well as a double can say.
  double truth(std::size_t i, std::size_t result = 0) const;
  double scale(std::size_t i, std::size_t result = 0) const;
};

using bound_function = std::vector<error_bounds> (*)(const bound_question&);

struct bound_row {
  std::string_view kernel;
  bound_function of;
};
using bound_family = std::span<const bound_row>;

bound_family pointwise_bounds();
bound_family reduction_bounds();
bound_family product_bounds();
bound_family softmax_bounds();
bound_family norm_bounds();
bound_family loss_bounds();
bound_family attention_bounds();
bound_family window_bounds();
bound_family cell_bounds();
bound_family moving_bounds();
bound_family gradient_bounds();

/// Null for a kernel without one.
bound_function find_bound(std::string_view kernel);

// ---- for the kernels' files ----

/// The values of a tensor's codes; nothing where the input was not given.
std::vector<double> doubles(const tensor& x);
std::vector<double> doubles(const kernel_call& call, std::string_view input);
/// A mask's bytes, or nothing.
std::vector<std::uint8_t> mask_bytes(const kernel_call& call, std::string_view input = "mask");

/// An index input's integers, or nothing.
std::vector<std::int64_t> integers_of(const kernel_call& call, std::string_view name);

inline std::vector<error_bounds> one(error_bounds b) {
  std::vector<error_bounds> all;
  all.push_back(std::move(b));
  return all;
}

/// The line length and the number of lines along the last axis.
struct line_shape {
  std::size_t lines = 1, n = 1;

  explicit line_shape(const extents& shape, std::size_t axes = 1) {
    for (std::size_t a = 0; a < shape.rank(); ++a) (a + axes < shape.rank() ? lines : n) *= shape[a];
  }
};

/// (N, C, ...) or (C,): class c of position p in sample n.
struct class_shape {
  std::size_t samples = 1, classes = 1, inner = 1;

  explicit class_shape(const extents& x) {
    if (x.rank() == 1) {
      classes = x[0];
      return;
    }
    samples = x[0];
    classes = x[1];
    for (std::size_t axis = 2; axis < x.rank(); ++axis) inner *= x[axis];
  }
  std::size_t positions() const { return samples * inner; }
  std::size_t at(std::size_t position, std::size_t c) const {
    return (position / inner * classes + c) * inner + position % inner;
  }
};

}  // namespace assay::detail
