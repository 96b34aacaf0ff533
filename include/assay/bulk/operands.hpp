// Matrices and vectors in the caller's memory, as the bulk kernels take them: plain records that own nothing.
#pragma once

#include <cstddef>
#include <cstdint>

#include <assay/accumulate/accumulator.hpp>

namespace assay {

enum class matrix_layout : std::uint8_t { row_major, column_major };

/// A matrix of codes in the caller's memory, each stored in 1, 2, 4 or 8 bytes (storage_bytes of its format, or the
/// fewest that hold the integer), and further matrices of a batch behind it.
template <class Pointer>
struct basic_matrix {
  Pointer codes = nullptr;
  element type = binary32;
  std::size_t rows = 0, columns = 0;
  matrix_layout layout = matrix_layout::row_major;
  std::size_t leading_dimension = 0;  ///< elements from one row (column) to the next; 0: as many as it has
  std::size_t batch_stride = 0;       ///< elements from one matrix to the next; 0: all batches share one
};
using matrix = basic_matrix<const void*>;
using output_matrix = basic_matrix<void*>;

/// A vector of the epilogue, or none.
struct epilogue_vector {
  const float* values = nullptr;
  std::size_t size = 0;
};

/// The same of integers.
struct integer_vector {
  const std::int32_t* values = nullptr;
  std::size_t size = 0;
};

}  // namespace assay
