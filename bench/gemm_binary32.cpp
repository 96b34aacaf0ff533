// Sums in binary32, one fused multiply-add after another, for inputs of several formats and in several orders.
#include "gemm_support.hpp"

int main(int argc, char** argv) {
  using namespace bench;
  register_openblas<float>("sgemm");
  register_openblas<float>("sgemm/threads:2", 2);
  const std::string limit = "sgemm 1.67";
  for (const format f : {binary32, binary16, bfloat16, e4m3fn, e5m2}) {
    register_gemm(name(f), {.type = f, .accumulator = "floating:binary32"}, limit);
  }
  for (const char* order : {"reversed", "blocked:128", "pairwise:64", "split_k:4", "warp"}) {
    register_gemm("binary16/" + std::string(order), {binary16, "floating:binary32", order}, limit);
  }
  register_gemm("binary16/rounded", {.type = binary16, .accumulator = "floating:binary32:rounded"}, "sgemm 3");
  register_gemm("binary16/threads:2", {.type = binary16, .accumulator = "floating:binary32", .threads = 2},
                "sgemm/threads:2/real_time 1.67");
  return run(argc, argv);
}
