// The inputs of a recurrent cell, checked, and their factors: vectors of x and h joined, and of both weights.
#pragma once

#include <optional>

#include <assay/reference/cells.hpp>

#include "../engine/matrix_sums.hpp"

namespace assay::reference {

/// Vectors of two matrices one after the other.
class joined_factor : public factor {
 public:
  joined_factor(const factor& front, const factor& back)
      : factor(front.count, front.length + back.length), front_(front), back_(back) {}

  void read(place at, std::size_t first, std::span<double> out) const override {
    const std::size_t of_front = first < front_.length ? std::min(front_.length - first, out.size()) : 0;
    if (of_front > 0) front_.read(at, first, out.first(of_front));
    if (of_front < out.size()) back_.read(at, first + of_front - front_.length, out.subspan(of_front));
  }

 private:
  const factor &front_, &back_;
};

struct cell_factors {
  std::size_t samples, inputs, states;
  reader x_values, h_values, w_ih_values, w_hh_values;
  std::optional<reader> b_ih_values, b_hh_values;
  strided_factor x, h, w_ih, w_hh;
  joined_factor both, weights;

  /// Throws std::invalid_argument for shapes that do not fit so many gates.
  cell_factors(const cell_inputs& in, std::size_t gates);

  /// Addends of the sums of a matrix whose columns are the rows of the weights.
  std::vector<addend> biases(bool of_x, bool of_h) const;
};

/// Throws std::invalid_argument unless the shape is this one.
void check_shape(const code_view& view, const char* name, const extents& due, const char* meaning);

}  // namespace assay::reference
