// The parts of a GEMM problem that only integers have: zero points, integer start values, requantisation, D of
// integers.
#pragma once

#include "check.hpp"

namespace assay::gemm_kernels {

bool has_integer_parts(const gemm_problem& p);

/// As check(): refuses what does not go together. Leading dimensions and such are checked elsewhere.
void check_integer_parts(const gemm_problem& p, const shape& s);

/// Element i of a vector that has one for all, or one for each; 0 if there is none.
inline std::int32_t element_of(const integer_vector& v, std::size_t i) {
  return v.values == nullptr ? 0 : v.values[v.size == 1 ? 0 : i];
}

/// The sum of row i and column j over the integers, element by element: what the fast paths must give. `start` is the
/// value that it starts from.
std::int64_t integer_sum(const gemm_problem& p, const vectors& a, const vectors& b, std::size_t i, std::size_t j,
                         std::int64_t start);

}  // namespace assay::gemm_kernels
