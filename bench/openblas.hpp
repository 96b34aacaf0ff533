// OpenBLAS, the peer of the GEMM benchmarks. Its header defines names of ours: it stays in openblas.cpp.
#pragma once

#include <cstddef>

namespace bench {

void use_openblas_threads(int threads);

/// c = a b, square matrices of n x n, row-major.
void openblas_gemm(std::size_t n, const float* a, const float* b, float* c);
void openblas_gemm(std::size_t n, const double* a, const double* b, double* c);

}  // namespace bench
