#include "groups.hpp"

#include <cmath>
#include <cstring>
#include <string>

#include <assay/tensor/describe.hpp>

#include "vectorised.hpp"

namespace assay::reference {

namespace {

/// The low bytes of codes, one after another: as many bytes each as make up `out`.
ASSAY_VECTORISED void store_codes(std::span<std::byte> out, std::span<const std::uint64_t> codes) {
  const auto each = [&](auto word) {
    for (std::size_t i = 0; i < codes.size(); ++i) {
      word = static_cast<decltype(word)>(codes[i]);
      std::memcpy(out.data() + i * sizeof word, &word, sizeof word);
    }
  };
  switch (codes.empty() ? 0 : out.size() / codes.size()) {
    case 0: return;
    case 1: return each(std::uint8_t{});
    case 2: return each(std::uint16_t{});
    case 4: return each(std::uint32_t{});
    default: return each(std::uint64_t{});
  }
}

/// ball::bounds() of many.
ASSAY_VECTORISED void bounds_of_line(std::span<const double> values, std::span<const double> radii, double* lower,
                                     double* upper) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double v = values[i], r = radii[i];
    const double reach = r == 0 ? 0.0 : r * (1 + 0x1p-20) + std::abs(v) * 0x1p-52 + 0x1p-1074;
    lower[i] = v - reach;
    upper[i] = r == 0 ? v : v + reach;  // -0 stays itself
  }
}

}  // namespace

decisions& decisions::operator+=(const decisions& other) {
  special += other.special;
  fast += other.fast;
  interval += other.interval;
  exact += other.exact;
  most_bits = std::max(most_bits, other.most_bits);
  return *this;
}

axis_lines::axis_lines(const extents& shape, int axis, const char* name) {
  const auto rank = static_cast<int>(shape.rank());
  const int from_front = axis < 0 ? axis + rank : axis;
  if (from_front < 0 || from_front >= rank) {
    throw std::invalid_argument("axis " + std::to_string(axis) + " of " + name + ", whose shape is " +
                                to_string(shape) + "; expected " + std::to_string(-rank) + " to " +
                                std::to_string(rank - 1));
  }
  for (int i = 0; i < rank; ++i) {
    (i < from_front ? outer : i == from_front ? length : inner) *= shape[static_cast<std::size_t>(i)];
  }
}

axis_lines last_axes(const extents& shape, std::size_t axes, const char* name) {
  if (axes == 0 || axes > shape.rank()) {
    throw std::invalid_argument("the last " + std::to_string(axes) + " axes of " + name + ", whose shape is " +
                                to_string(shape) + "; expected 1 to " + std::to_string(shape.rank()));
  }
  std::size_t lines = 1, each = 1;
  for (std::size_t i = 0; i < shape.rank(); ++i) (i < shape.rank() - axes ? lines : each) *= shape[i];
  return {lines, each};
}

extents without_axis(const extents& shape, int axis, bool keep) {
  const std::size_t at = static_cast<std::size_t>(axis < 0 ? axis + static_cast<int>(shape.rank()) : axis);
  std::vector<std::size_t> sizes(shape.begin(), shape.end());
  if (keep) {
    sizes[at] = 1;
  } else {
    sizes.erase(sizes.begin() + static_cast<std::ptrdiff_t>(at));
  }
  return extents(sizes);
}

line_mask::line_mask(std::span<const std::uint8_t> keep, const extents& shape, const axis_lines& lines)
    : keep_(keep), lines_(lines) {
  if (!keep.empty() && keep.size() != shape.count()) {
    throw std::invalid_argument("a mask of " + std::to_string(keep.size()) + " elements; expected " +
                                std::to_string(shape.count()) + ", one for each of shape " + to_string(shape));
  }
}

void put_codes(truth& t, std::size_t n, std::span<const std::uint64_t> codes) {
  const auto bytes = static_cast<std::size_t>(t.value.type().bytes());
  store_codes(t.value.bytes().subspan(n * bytes, codes.size() * bytes), codes);
}

void put_scales(truth& t, std::size_t n, std::span<const double> scales) {
  std::memcpy(t.scale.bytes().data() + n * sizeof(double), scales.data(), scales.size_bytes());
}

void line_of_truth::line(const workspace& w) const {
  const std::size_t count = w.codes.size();
  if (step_ == 1) {
    put_codes(truth_, first_, w.codes);
  } else {
    for (std::size_t k = 0; k < count; ++k) truth_.value.set(first_ + k * step_, w.codes[k]);
  }
  if (truth_.lower.size() == 0) return;
  if (step_ == 1) {
    bounds_of_line(w.values, w.radii, reinterpret_cast<double*>(truth_.lower.bytes().data()) + first_,
                   reinterpret_cast<double*>(truth_.upper.bytes().data()) + first_);
    return;
  }
  for (std::size_t k = 0; k < count; ++k) {
    const ball::bounds_pair bounds = ball(w.values[k], w.radii[k]).bounds();
    truth_.lower.set(first_ + k * step_, std::bit_cast<std::uint64_t>(bounds.lower));
    truth_.upper.set(first_ + k * step_, std::bit_cast<std::uint64_t>(bounds.upper));
  }
}

truth make_truth(const request& want, const extents& shape) {
  truth result{tensor(element_type::of(want.to), shape), {}, {}, {}, {}};
  if (want.enclosure) {
    result.lower = tensor(element_type::of(binary64), shape);
    result.upper = tensor(element_type::of(binary64), shape);
  }
  return result;
}

}  // namespace assay::reference
