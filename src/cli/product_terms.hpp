// What one element of a matrix product is made of, in short: for the worst elements of a report.
#pragma once

#include <string>
#include <vector>

#include <assay/catalogue/call.hpp>

namespace assay::cli {

/// A few lines about the result's element n of a gemm or dot: the ranges of its row and column, the sum of the terms'
/// magnitudes and how it compares with the sum, the largest term and its k. Scales are in the terms; alpha, c and bias
/// are not. Nothing for other kernels, and where terms are not finite.
std::vector<std::string> product_terms(const kernel_call& call, std::size_t n);

}  // namespace assay::cli
