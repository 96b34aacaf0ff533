// Sums in binary16 by the processor's own binary16 arithmetic (AVX-512 FP16): every operation is IEEE 754's, rounded
// once, with subnormals, infinities and NaNs, whatever MXCSR says about flushing. Inputs must be binary16 numbers.
//
// This file's kernels are compiled for that instruction set alone, beside Highway's, which does not know it.
#pragma once

#include <cstddef>

#include "tile.hpp"

namespace assay::gemm_kernels {

/// Panels are packed as floats and then narrowed in place: A's numbers to pairs of the same code, which broadcast
/// without a shuffle, B's to one code each. Tiles hold floats.
struct half_tiles {
  std::size_t rows, columns;
  void (*narrow_left)(float* panel, std::size_t size);
  void (*narrow_right)(float* panel, std::size_t size);
  tile_kernel<float> fused, separate;
  void (*merge)(float* into, const float* from);
};

/// Null where the compiler or the processor has no such arithmetic.
const half_tiles* half_kernels();

}  // namespace assay::gemm_kernels
