#include "cell_factors.hpp"

#include <assay/tensor/describe.hpp>

namespace assay::reference {

namespace {

std::size_t extent(const code_view& view, const char* name, std::size_t axis) {
  if (view.shape().rank() == 2) return view.shape()[axis];
  throw std::invalid_argument(std::string(name) + " has shape " + to_string(view.shape()) + "; expected a matrix");
}

}  // namespace

void check_shape(const code_view& view, const char* name, const extents& due, const char* meaning) {
  if (view.shape() == due) return;
  throw std::invalid_argument(std::string(name) + " has shape " + to_string(view.shape()) + "; expected " +
                              to_string(due) + ", " + meaning);
}

cell_factors::cell_factors(const cell_inputs& in, std::size_t gates)
    : samples(extent(in.x, "x", 0)),
      inputs(extent(in.x, "x", 1)),
      states(extent(in.h, "h", 1)),
      x_values(in.x, "x"),
      h_values(in.h, "h"),
      w_ih_values(in.w_ih, "w_ih"),
      w_hh_values(in.w_hh, "w_hh"),
      x(x_values, samples, inputs, {0, inputs, 1}),
      h(h_values, samples, states, {0, states, 1}),
      w_ih(w_ih_values, gates * states, inputs, {0, inputs, 1}),
      w_hh(w_hh_values, gates * states, states, {0, states, 1}),
      both(x, h),
      weights(w_ih, w_hh) {
  const std::size_t rows = gates * states;
  check_shape(in.h, "h", {samples, states}, "(N, H)");
  check_shape(in.w_ih, "w_ih", {rows, inputs}, "so many gates of H rows, and I columns");
  check_shape(in.w_hh, "w_hh", {rows, states}, "so many gates of H rows, and H columns");
  if (in.b_ih.has_data()) {
    check_shape(in.b_ih, "b_ih", {rows}, "one for each row of w_ih");
    b_ih_values.emplace(in.b_ih, "b_ih");
  }
  if (in.b_hh.has_data()) {
    check_shape(in.b_hh, "b_hh", {rows}, "one for each row of w_hh");
    b_hh_values.emplace(in.b_hh, "b_hh");
  }
}

std::vector<addend> cell_factors::biases(bool of_x, bool of_h) const {
  std::vector<addend> all;
  if (of_x && b_ih_values) all.push_back({&*b_ih_values, {0, 0, 1}});
  if (of_h && b_hh_values) all.push_back({&*b_hh_values, {0, 0, 1}});
  return all;
}

}  // namespace assay::reference
