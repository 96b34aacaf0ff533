// Integer products: 16-bit numbers in pairs along k, summed in 32 bits modulo 2^32, as one instruction of most machines
// does it (pmaddwd). Modulo 2^32 no order matters; integer_route.cpp knows when that is the sum.
#pragma once

#include <cstdint>

#include "tile.hpp"

namespace assay::gemm_kernels {

/// A lane of a panel holds the numbers of k and k + 1, k even, in its lower and upper half; a lane of a tile one sum.
/// The walk counts single k and starts at an even one; an odd one at the end has a zero beside it.
struct integer_tiles {
  std::size_t rows, columns;
  void (*walk)(const std::int32_t* a, const std::int32_t* b, k_walk k, std::int32_t* tile);
};

const integer_tiles& integer_kernels();

}  // namespace assay::gemm_kernels
