// The matrix units of CDNA2 and CDNA3 (see composition in accumulate/matrix_unit.hpp). What makes the fast paths exact,
// beside unit_tile.hpp: where they serve, every product and every sum is a multiple of 2^(unit_lowest_exponent - 24)
// and far from overflow, so that nothing is subnormal.
//
// - late_addend and even_odd: the products' sum is an integer of 32 bits in units of 2^(e - 24). Floored to 31 bits
//   below the addend's alignment it is one of at most 38, as is the addend: their sum is exact in binary64, and
//   converting that to binary32 is the one rounding. With AVX-512 two floats hold it instead, where it can.
// - rounded_pairs: each step is a binary32 operation.
#pragma once

#include "unit_tile.hpp"

namespace assay::gemm_kernels {

/// The shape of tiles and the merge are those of unit_kernels().
struct amd_tiles {
  unit_kernel late_addend, even_odd, rounded_pairs;  ///< null where the machine has no vectors
};

const amd_tiles& amd_kernels();

}  // namespace assay::gemm_kernels
