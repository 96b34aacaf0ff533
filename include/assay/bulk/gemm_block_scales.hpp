// Block scales: low-precision inputs whose every block of k has factors of its own.
//
//   y = start; for each block of k in turn: d = sum of the block's a b, in the accumulator, from +0, rounded to
//   binary32; then y takes d times the two scales, in binary32 as block_scale_order says.
//
// DeepSeek-V3's fp8 GEMM (arXiv 2412.19437, 3.3): A in blocks of 1 x 128, B of 128 x 128, binary32 scales. OCP MX v1.0:
// blocks of 1 x 32 on both sides, e8m0fnu scales.
#pragma once

#include <assay/bulk/operands.hpp>

namespace assay {

/// Each operation is rounded to binary32, to nearest, ties to even.
enum class block_scale_order : std::uint8_t {
  one_by_one,   ///< y = y + (d * a) * b
  scale_first,  ///< y = y + d * (a * b)
  fused,        ///< y = fma(d * a, b, y)
};

/// Scales of op(A) and op(B): without codes a side has none, which is the same as ones.
struct gemm_block_scales {
  matrix a = {};  ///< ceil(m / block_m) x ceil(k / block_k), binary32 or e8m0fnu
  matrix b = {};  ///< ceil(k / block_k) x ceil(n / block_n), binary32 or e8m0fnu
  std::size_t block_m = 1, block_n = 1, block_k = 128;
  block_scale_order order = block_scale_order::one_by_one;

  bool is_on() const { return a.codes != nullptr || b.codes != nullptr; }
};

}  // namespace assay
