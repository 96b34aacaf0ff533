// One side of a product of matrices: vectors of doubles, to be multiplied in pairs.
//
// The rows of the left matrix are such vectors, and the columns of the right one. Where they come from is a factor's
// own business: a tensor read along any axes, the windows of a convolution, two tensors joined.
#pragma once

#include <span>

#include "reader.hpp"

namespace assay::reference {

/// Which vector: of which product of a batch, and its number in it.
struct place {
  std::size_t batch = 0, vector = 0;
};

/// Numbers of a factor's block: one for so many vectors, and so many elements of each.
struct block_scales {
  const reader* values = nullptr;  ///< null: all scales are 1
  std::size_t vectors = 1, elements = 1;
  std::size_t batch_step = 0, vector_step = 0, element_step = 0;  ///< from block to block, in C order

  double operator()(place at, std::size_t k) const {
    return (*values)[at.batch * batch_step + at.vector / vectors * vector_step + k / elements * element_step];
  }
  /// Elements from the k-th on that have its scale.
  std::size_t run(std::size_t k) const { return elements - k % elements; }
};

class factor {
 public:
  factor(std::size_t vectors, std::size_t elements) : count(vectors), length(elements) {}
  factor(const factor&) = delete;
  factor& operator=(const factor&) = delete;
  virtual ~factor() = default;

  /// out.size() elements of a vector from the first on, without their scales.
  virtual void read(place at, std::size_t first, std::span<double> out) const = 0;
  /// `each` elements of so many vectors from the one at `at` on, vector after vector.
  virtual void read_many(place at, std::size_t many, std::size_t first, std::size_t each, double* out) const {
    for (std::size_t v = 0; v < many; ++v) read({at.batch, at.vector + v}, first, {out + v * each, each});
  }

  const std::size_t count, length;
  block_scales scales;
  double multiplier = 1;  ///< of every element, finite
};

/// Elements of a tensor at equal steps in its C order.
class strided_factor : public factor {
 public:
  struct steps {
    std::size_t batch, vector, element;
  };
  strided_factor(const reader& values, std::size_t vectors, std::size_t elements, steps s)
      : factor(vectors, elements), values_(values), steps_(s) {}

  void read(place at, std::size_t first, std::span<double> out) const override {
    values_.read(start(at, first), steps_.element, out);
  }
  void read_many(place at, std::size_t many, std::size_t first, std::size_t each, double* out) const override {
    if (steps_.vector == 1 && steps_.element != 1) {
      values_.read_transposed(start(at, first), steps_.element, many, each, out);
    } else {
      factor::read_many(at, many, first, each, out);
    }
  }

 private:
  std::size_t start(place at, std::size_t first) const {
    return at.batch * steps_.batch + at.vector * steps_.vector + first * steps_.element;
  }

  const reader& values_;
  steps steps_;
};

}  // namespace assay::reference
