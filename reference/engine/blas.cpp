#include "blas.hpp"

#include <mutex>

#include <cblas.h>

namespace assay::reference {

namespace {

std::mutex mutex;
int users = 0, threads_before = 1;

}  // namespace

void multiply(std::size_t m, std::size_t n, std::size_t k, const double* a, const double* b, bool add, double* c) {
  if (m == 0 || n == 0 || k == 0) return;
  const auto rows = static_cast<blasint>(m), columns = static_cast<blasint>(n), length = static_cast<blasint>(k);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, columns, length, 1, a, length, b, length, add ? 1 : 0, c,
              columns);
}

single_threaded_blas::single_threaded_blas() {
  const std::lock_guard lock(mutex);
  if (users++ != 0) return;
  threads_before = openblas_get_num_threads();
  if (threads_before != 1) openblas_set_num_threads(1);
}

single_threaded_blas::~single_threaded_blas() {
  const std::lock_guard lock(mutex);
  if (--users == 0 && threads_before != 1) openblas_set_num_threads(threads_before);
}

}  // namespace assay::reference
