#include "openblas.hpp"

#include <cblas.h>

namespace bench {

void use_openblas_threads(int threads) { openblas_set_num_threads(threads); }

void openblas_gemm(std::size_t n, const float* a, const float* b, float* c) {
  const auto m = static_cast<blasint>(n);
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, m, m, 1, a, m, b, m, 0, c, m);
}

void openblas_gemm(std::size_t n, const double* a, const double* b, double* c) {
  const auto m = static_cast<blasint>(n);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, m, m, 1, a, m, b, m, 0, c, m);
}

}  // namespace bench
