// Sums that are rounded to a small format after each operation: multiply then add, or fused.
#include "gemm_support.hpp"

int main(int argc, char** argv) {
  using namespace bench;
  register_openblas<float>("sgemm");
  register_openblas<float>("sgemm/threads:2", 2);
  for (const format f : {binary16, bfloat16}) {
    register_gemm(name(f) + "/rounded", {.type = f, .accumulator = "floating:" + name(f) + ":rounded", .d = f},
                  "sgemm 8");
    register_gemm(name(f) + "/fused", {.type = f, .accumulator = "floating:" + name(f), .d = f}, "sgemm 15");
  }
  // Without the processor's own binary16, which does not saturate.
  register_gemm("binary16/rounded/saturated",
                {.type = binary16, .accumulator = "floating:binary16:rounded:saturate_finite", .d = binary16},
                "sgemm 8");
  register_gemm("binary16/fused/saturated",
                {.type = binary16, .accumulator = "floating:binary16:saturate_finite", .d = binary16}, "sgemm 15");
  register_gemm("binary16/rounded/threads:2",
                {.type = binary16, .accumulator = "floating:binary16:rounded", .d = binary16, .threads = 2},
                "sgemm/threads:2/real_time 8");
  return run(argc, argv);
}
