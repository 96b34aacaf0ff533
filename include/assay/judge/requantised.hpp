// Products of integers that become small integers again, as quantised networks store them, judged:
//
//   y_ij = clamp(round(scale_j (sum over k of (a_ik - zero_a_i) (b_kj - zero_b_j) + bias_j)) + zero_y)
//
// which is ONNX's QLinearMatMul, FBGEMM's and PyTorch's requantisation and the int8 epilogue of CUTLASS, TensorRT and
// oneDNN, where the zero point is added before rounding (zero_point_inside). Integers and scales, which are binary32,
// are exact numbers: so the real value before it is rounded is a rational number, and the truth proves the integer that
// it is rounded and clamped to.
//
// There is no second judge: the product is a gemm whose results are whole numbers, a fixed-point format with an ulp of
// 1, moved by the zero point. What is claimed is one of
//
//   exact        the real value is rounded once: the integer is the truth's
//   float_scale  the sum is converted to binary32, multiplied there by the scale (plus the zero point, where that is
//                inside), and rounded to an integer: another integer than the truth's is allowed where the real value
//                lies so near to a tie that roundings of binary32 may carry it across, and nowhere else. This holds
//                always; no statistics are made
//
// Needs assay::runtime and assay::reference.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <assay/format/integer_format.hpp>
#include <assay/judge/judge.hpp>
#include <assay/number/requantise.hpp>

namespace assay {

/// Elements that are integers of a type, each in the low bits of an element of `codes`, which are as many or more.
struct integer_tensor {
  tensor codes;
  integer_format type = int8;

  std::int64_t operator[](std::size_t i) const {
    const int unused = 64 - type.bits;
    const std::uint64_t bits = codes[i] << unused;
    return type.is_signed ? static_cast<std::int64_t>(bits) >> unused : static_cast<std::int64_t>(bits >> unused);
  }
};

enum class requantised_by : std::uint8_t { exact, float_scale };

struct requantised_product {
  integer_tensor a,
      b;  ///< (M, K) and (K, N), or stored transposed; with a third axis in front, a batch. At most 16 bits
  bool transpose_a = false, transpose_b = false;
  std::vector<std::int32_t> zero_a,
      zero_b;                              ///< none, one, or one for each row of a and each column of b, within 16 bits
  std::vector<std::int32_t> bias;          ///< none, or one for each column, added to the sums
  std::vector<float> scales;               ///< one, or one for each column; finite
  integer_format to = int8;                ///< at most 16 bits
  rounding mode = rounding::ties_to_even;  ///< not stochastic
  /// The zero point, of the type `to`, and a clamp narrower than the type.
  requantised_range range = {};
  bool zero_point_inside = false;  ///< y = clamp(round(scale sum + zero point)), which is another tie where it is odd
  requantised_by claimed = requantised_by::float_scale;

  /// The product as a gemm over numbers: zero points taken off, and a bias as two more products of each sum. Its
  /// results are y without a zero point that is added behind the rounding.
  kernel_call call() const;
  /// The judge's own explanations for such results, which refer to this.
  std::vector<hypothesis> hypotheses() const;
};

/// `got` are integers of the type `to`, of the shape (M, N) or (batch, M, N). The verdict's values, codes and distances
/// are those of integers. Throws std::invalid_argument for what does not fit.
verdict judge(const requantised_product& product, const tensor& got, const judge_options& options = {});

}  // namespace assay
