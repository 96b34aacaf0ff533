// The one step of block scales that touches every element: sums of a block, scaled and added up.
#pragma once

#include <cstddef>

#include <assay/bulk/gemm_block_scales.hpp>

namespace assay::gemm_kernels {

/// y[j] takes d[j], a and b[j] as the order says.
void add_scaled(block_scale_order order, const float* d, float a, const float* b, std::size_t count, float* y);

}  // namespace assay::gemm_kernels
