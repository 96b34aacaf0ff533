// What real GPUs computed passes the judge under the claims that people make of them, and fails under stricter ones.
#include <catch2/catch.hpp>

#include <filesystem>

#include <assay/file/npy.hpp>
#include <assay/judge/judge.hpp>
#include <support/budget.hpp>

using namespace assay;

namespace {

tensor codes(const std::filesystem::path& file, format f) {
  const tensor raw = read_npy(file.string());
  tensor x(element_type::of(f), raw.shape());
  for (std::size_t i = 0; i < x.size(); ++i) x.set(i, raw[i]);
  return x;
}

verdict judged_capture(const std::string& name, format in, format out, const std::string& claim_text) {
  const std::filesystem::path folder = std::filesystem::path(ASSAY_CAPTURES) / name;
  kernel_call call("dot");
  call.set_input("a", codes(folder / "a.npy", in));
  call.set_input("b", codes(folder / "b.npy", in));
  call.set_input("c", codes(folder / "c.npy", out));
  const tensor got[]{codes(folder / "d.npy", out)};
  return judge(call, got, parse_claim("dot", claim_text), {.diagnose = false});
}

}  // namespace

TEST_CASE("Captures of matrix units pass as what they are") {
  if (!std::filesystem::exists(ASSAY_CAPTURES)) {
    WARN("no captures at " ASSAY_CAPTURES);
    return;
  }
  struct row {
    const char* name;
    format in, out;
    const char* claim;
  };
  const row rows[]{
      {"h100_mma_fp16_fp32", binary16, binary32, "tensor-core"},
      {"h100_mma_bf16_fp32", bfloat16, binary32, "tensor-core"},
      {"a100_mma_bf16_fp32", bfloat16, binary32, "tensor-core"},
      {"v100_mma_fp16_fp32", binary16, binary32, "tensor-core"},
      {"h100_wgmma_e4m3fn_fp32", e4m3fn, binary32, "hopper-fp8"},
      {"h200_wgmma_e5m2_fp32", e5m2, binary32, "hopper-fp8"},
      {"ada_mma_e4m3fn_fp32", e4m3fn, binary32, "ada-fp8"},
      {"h100_mma_fp16_fp32", binary16, binary32, "accumulate=unit:h100.mma.fp16.fp32 exact"},
  };
  for (const row& r : std::span(rows).first(test::fewer(std::size(rows)))) {
    const verdict v = judged_capture(r.name, r.in, r.out, r.claim);
    INFO(r.name << ": " << summary(v));
    CHECK(v.pass);
  }
  CHECK(!judged_capture("h100_wgmma_e4m3fn_fp32", e4m3fn, binary32, "fp32-accumulate").pass);
  CHECK(!judged_capture("h100_mma_fp16_fp32", binary16, binary32, "accumulate=unit:a100.mma.fp16.fp32 exact").pass);
}
