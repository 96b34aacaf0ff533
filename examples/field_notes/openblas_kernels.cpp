// OpenBLAS: sgemm. Usage: openblas_kernels FOLDER
#include <cstdio>

#include <cblas.h>

#include "dump.hpp"

using namespace field_notes;

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: openblas_kernels FOLDER\n", stderr);
    return 2;
  }
  const std::string folder = argv[1];
  constexpr int m = 96, n = 80, k = 512;
  const auto a = normal_numbers(m * k, 1), b = normal_numbers(k * n, 2);
  std::vector<float> d(m * n);
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1, a.data(), k, b.data(), n, 0, d.data(), n);
  const element_type type = element_type::of(binary32);
  dump(folder, "sgemm_a", a, type, {m, k});
  dump(folder, "sgemm_b", b, type, {k, n});
  dump(folder, "sgemm_d", d, type, {m, n});
  std::printf("OpenBLAS: %s\n", openblas_get_config());
}
