// Mean and variance of a line, with their errors: what norms are made of. Derived in reduction.cpp.
#pragma once

#include "bounds.hpp"

namespace assay::detail {

struct moments {
  bounded mean;      ///< its error counts as shared
  bounded squares;   ///< sum of (x - mean)^2
  bounded variance;  ///< divided by n - correction
};

moments moments_of(const bound_question& q, std::span<const double> x, double correction);

/// gelu, silu and the others by the name that gemm's attribute has.
bounded bounded_activation(const roundings& r, std::string_view name, bounded x);

}  // namespace assay::detail
