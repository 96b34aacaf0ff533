// Exact sums, rounded once.
#include "gemm_support.hpp"

int main(int argc, char** argv) {
  using namespace bench;
  register_openblas<double>("dgemm");
  register_openblas<double>("dgemm/threads:2", 2);
  register_gemm("e4m3fn", {.type = e4m3fn, .accumulator = "exact"}, "dgemm 2");
  register_gemm("int8", {.type = int8, .accumulator = "exact"}, "dgemm 2");
  register_gemm("e5m2", {.type = e5m2, .accumulator = "exact"}, "dgemm 6.67");
  register_gemm("binary16", {.type = binary16, .accumulator = "exact"}, "dgemm 6.67");
  register_gemm("bfloat16", {.type = bfloat16, .accumulator = "exact"}, "dgemm 12.5");
  register_gemm("binary32", {.type = binary32, .accumulator = "exact"}, "dgemm");
  register_gemm("e4m3fn/from_c", {.type = e4m3fn, .accumulator = "exact", .has_start = true}, "dgemm");
  register_gemm("binary16/from_c", {.type = binary16, .accumulator = "exact", .has_start = true}, "dgemm");
  register_gemm("e4m3fn/threads:2", {.type = e4m3fn, .accumulator = "exact", .threads = 2},
                "dgemm/threads:2/real_time 2");
  return run(argc, argv);
}
