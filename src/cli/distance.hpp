// How far two values lie apart, in ulps of the second in a given format.
#pragma once

#include <assay/number/arithmetic.hpp>
#include <assay/tensor/tensor.hpp>

namespace assay::cli {

/// (|a| - |b|) / ulp(b) where the signs agree, so that negative is smaller in magnitude; else minus the sum of both.
/// 0 for two NaNs or equal infinities, NaN where the classes differ. ulp(b) is the gap of f's numbers around |b|, for
/// subnormals and zero the smallest gap.
double ulps_apart(encoded a, encoded b, format f);

/// The n-th integer of a tensor, as a double that it rounds to.
double integer_value(const tensor& values, std::size_t n);

}  // namespace assay::cli
