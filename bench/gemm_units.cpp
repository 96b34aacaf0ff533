// Matrix units, one row for each kind of machine and input format.
#include "gemm_support.hpp"

int main(int argc, char** argv) {
  using namespace bench;
  register_openblas<float>("sgemm");
  register_openblas<float>("sgemm/threads:2", 2);
  const std::string limit = "sgemm 8";
  for (const char* unit :
       {"v100.mma.fp16.fp32",       "v100.mma.fp16.fp16",       "a100.mma.fp16.fp32",     "a100.mma.fp16.fp16",
        "a100.mma.bf16.fp32",       "a100.mma.tf32.fp32",       "h100.mma.fp16.fp32",     "h100.mma.e4m3fn.fp32",
        "h100.mma.e4m3fn.fp16",     "ada.mma.e4m3fn.fp16",      "h100.wgmma.e4m3fn.fp32", "h100.wgmma.e5m2.fp32",
        "b200.tcgen05.e4m3fn.fp32", "b200.tcgen05.e2m1fn.fp32", "cdna1.mfma.fp16.fp32",   "cdna1.mfma.bf16.fp32",
        "cdna2.mfma.bf16.fp32",     "cdna3.mfma.fp16.fp32",     "cdna3.mfma.bf16.fp32",   "cdna3.mfma.xf32.fp32",
        "cdna3.mfma.e4m3fnuz.fp32"}) {
    const accumulate::matrix_unit row = *accumulate::find_matrix_unit(unit);
    register_gemm(unit, {.type = row.input, .accumulator = "unit:" + std::string(unit), .d = row.output()}, limit);
  }
  register_gemm("h100.wgmma.e4m3fn.fp32/promote:128",
                {.type = e4m3fn, .accumulator = "unit:h100.wgmma.e4m3fn.fp32/promote:128/floating:binary32"}, limit);
  register_gemm("h100.mma.fp16.fp32/threads:2",
                {.type = binary16, .accumulator = "unit:h100.mma.fp16.fp32", .threads = 2},
                "sgemm/threads:2/real_time 8");
  return run(argc, argv);
}
