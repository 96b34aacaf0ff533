// OpenBLAS, the part of it that the truth uses.
#pragma once

#include <cstddef>

namespace assay::reference {

/// c = a b^T, or c += a b^T, in binary64, row-major and without gaps: a is m x k, b is n x k, c is m x n. On the
/// calling thread alone.
void multiply(std::size_t m, std::size_t n, std::size_t k, const double* a, const double* b, bool add, double* c);

/// While one of these lives, OpenBLAS starts no threads: the truth has its own.
class single_threaded_blas {
 public:
  single_threaded_blas();
  single_threaded_blas(const single_threaded_blas&) = delete;
  single_threaded_blas& operator=(const single_threaded_blas&) = delete;
  ~single_threaded_blas();
};

}  // namespace assay::reference
