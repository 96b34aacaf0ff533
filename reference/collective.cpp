#include <assay/reference/collective.hpp>

#include <stdexcept>
#include <string>

#include <assay/tensor/describe.hpp>

#include "engine/columns.hpp"

namespace assay::reference {

namespace {

extents without_ranks(const extents& shape) {
  if (shape.rank() == 0) throw std::invalid_argument("x has shape (); expected (ranks, ...)");
  return extents(std::span(shape.begin() + 1, shape.end()));
}

}  // namespace

truth all_reduce(const code_view& x, const request& want) {
  const extents sum = without_ranks(x.shape());
  return sum_of_columns(reader(x, "x"), x.shape()[0], sum, true, want);
}

truth reduce_scatter(const code_view& x, const request& want) {
  const extents sum = without_ranks(x.shape());
  const std::size_t ranks = x.shape()[0];
  if (sum.rank() == 0 || ranks == 0 || sum[0] % ranks != 0) {
    throw std::invalid_argument("x has shape " + to_string(x.shape()) +
                                "; expected (ranks, n, ...) with an n that the ranks divide");
  }
  // The parts follow one another, as the ranks do.
  std::vector<std::size_t> shape{ranks, sum[0] / ranks};
  shape.insert(shape.end(), sum.begin() + 1, sum.end());
  return sum_of_columns(reader(x, "x"), ranks, extents(shape), true, want);
}

}  // namespace assay::reference
