// What an integer GEMM has beyond a product: zero points, and requantisation into small integers.
//
//   sum = bias + sum over k of (a - zero_a) (b - zero_b), in an integer accumulator
//   D = sum, or clamp(round(sum * factor) + zero point)
#pragma once

#include <assay/bulk/operands.hpp>
#include <assay/number/requantise.hpp>

namespace assay {

/// How sums become D's integers. One factor for all of D, or one for each column: a vector of size 1 or n.
struct gemm_requantisation {
  requantiser by = requantiser::none;            ///< none: D takes the sums as they are
  epilogue_vector scales = {};                   ///< of float_scale; finite
  rounding mode = rounding::ties_to_even;        ///< of float_scale: to an integer; not stochastic
  integer_vector multipliers = {}, shifts = {};  ///< of the fixed-point ways: see fixed_point_multiplier
  requantised_range range = {};
};

}  // namespace assay
