#include "lines.hpp"

namespace assay::kernel {

namespace {

std::size_t axis_index(const extents& shape, std::int64_t axis) {
  const auto rank = static_cast<std::int64_t>(shape.rank());
  if (axis < -rank || axis >= rank) {
    throw std::invalid_argument("axis is " + std::to_string(axis) + "; expected " + std::to_string(-rank) + " to " +
                                std::to_string(rank - 1) + " for x of shape " + to_string(shape) + ".");
  }
  return static_cast<std::size_t>(axis < 0 ? axis + rank : axis);
}

axis_lines lines_between(const extents& shape, std::size_t first, std::size_t last) {
  axis_lines lines;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    (axis < first ? lines.outer : axis < last ? lines.length : lines.inner) *= shape[axis];
  }
  return lines;
}

}  // namespace

axis_lines lines_along(const extents& shape, std::int64_t axis) {
  if (shape.rank() == 0 && (axis == 0 || axis == -1)) return {};
  const std::size_t i = axis_index(shape, axis);
  return lines_between(shape, i, i + 1);
}

axis_lines lines_of_last(const extents& shape, std::int64_t axes) {
  if (axes < 1 || static_cast<std::uint64_t>(axes) > shape.rank()) {
    throw std::invalid_argument("axes is " + std::to_string(axes) + "; expected 1 to " + std::to_string(shape.rank()) +
                                " for x of shape " + to_string(shape) + ".");
  }
  return lines_between(shape, shape.rank() - static_cast<std::size_t>(axes), shape.rank());
}

extents reduced_shape(const extents& shape, std::int64_t axis, bool keep) {
  if (shape.rank() == 0) return shape;
  const std::size_t reduced = axis_index(shape, axis);
  std::vector<std::size_t> sizes;
  for (std::size_t i = 0; i < shape.rank(); ++i) {
    if (i != reduced) sizes.push_back(shape[i]);
    if (i == reduced && keep) sizes.push_back(1);
  }
  return extents(std::span<const std::size_t>(sizes));
}

void require_shape(const kernel_call& call, std::string_view name, const extents& due) {
  if (call.has_input(name) && call.input(name).shape() != due) {
    throw std::invalid_argument(std::string(name) + " has the shape " + to_string(call.input(name).shape()) +
                                "; expected " + to_string(due) + ".");
  }
}

}  // namespace assay::kernel
