// Real GPUs on trial: every capture is what its matrix unit's claim says, bit for bit; it passes under the claims that
// people make of it, and fails under stricter ones.
#include <catch2/catch.hpp>

#include <filesystem>
#include <sstream>

#include <assay/file/npy.hpp>
#include <assay/format/name.hpp>
#include <assay/judge/judge.hpp>
#include <support/budget.hpp>

using namespace assay;
namespace fs = std::filesystem;

namespace {

/// Whether captures lie beside this checkout.
bool are_there() {
  if (fs::is_directory(ASSAY_CAPTURES)) return true;
  WARN("skipped: there are no captures at " ASSAY_CAPTURES);
  return false;
}

/// GPU_INSTRUCTION_INPUT_OUTPUT, and the tensors a, b, c and d in the folder of that name.
struct capture {
  std::string gpu, instruction, in, out;
  kernel_call call{"dot"};
  tensor got;

  explicit capture(const std::string& name) {
    std::istringstream words(name);
    for (std::string* word : {&gpu, &instruction, &in, &out}) std::getline(words, *word, '_');
    const auto input = find_named_format(in), output = find_named_format(out);
    REQUIRE((input && output));
    const fs::path folder = fs::path(ASSAY_CAPTURES) / name;
    call.set_input("a", read_npy(folder / "a.npy", input));
    call.set_input("b", read_npy(folder / "b.npy", input));
    call.set_input("c", read_npy(folder / "c.npy", output));
    got = read_npy(folder / "d.npy", output);
  }
  std::string unit() const { return gpu + "." + instruction + "." + in + "." + out; }
  verdict judged(const std::string& claim, const judge_options& options = {}) const {
    return judge(call, std::span(&got, 1), parse_claim("dot", claim), options);
  }
};

}  // namespace

TEST_CASE("Captured results of GPUs pass as the matrix units that gave them, bit for bit") {
  if (!are_there()) return;
  std::size_t cases = 0, failures = 0;
  std::string first;
  for (const auto& folder : fs::directory_iterator(ASSAY_CAPTURES)) {
    if (!folder.is_directory()) continue;
    ++cases;
    if (test::is_sanitized && cases % 4 != 0) continue;
    const capture c(folder.path().filename().string());
    const verdict v = c.judged("accumulate=unit:" + c.unit() + " to=" + c.out);
    CHECK(v.exact_claim);
    CHECK(v.judged == v.elements);
    if (!v.pass && failures++ == 0) first = c.unit() + ": " + summary(v);
  }
  INFO("the first that fails: " << first);
  CHECK(failures == 0);
  CHECK(cases >= 48);
}

TEST_CASE("An H100 does not sum in sequence in fp32, and the diagnosis finds what it is") {
  if (!are_there()) return;
  const capture h100("h100_mma_fp16_fp32");
  const verdict v = h100.judged("accumulate=floating:binary32 order=sequential to=binary32");
  CHECK(!v.pass);
  REQUIRE(!v.diagnosis.empty());
  CHECK_THAT(v.diagnosis[0].explanation, Catch::Matchers::Contains("matrix unit h100.mma.fp16.fp32"));
  CHECK(v.diagnosis[0].bit_for_bit);
  CHECK(v.diagnosis[0].failing_explained == v.diagnosis[0].failing);
  CHECK(v.low > 4 * v.high);  // it truncates
}

TEST_CASE("Captures pass under the claims that people make of them, and fail under stricter ones") {
  if (!are_there()) return;
  struct row {
    const char *name, *claim;
  };
  const row rows[]{
      {"h100_mma_fp16_fp32", "tensor-core"},    {"h100_mma_bf16_fp32", "tensor-core"},
      {"a100_mma_bf16_fp32", "tensor-core"},    {"v100_mma_fp16_fp32", "tensor-core"},
      {"h100_wgmma_e4m3fn_fp32", "hopper-fp8"}, {"h200_wgmma_e5m2_fp32", "hopper-fp8"},
      {"ada_mma_e4m3fn_fp32", "ada-fp8"},
  };
  for (const row& r : std::span(rows).first(test::fewer(std::size(rows)))) {
    const verdict v = capture(r.name).judged(r.claim, {.diagnose = false});
    INFO(r.name << ": " << summary(v));
    CHECK(v.pass);
  }
  const judge_options quick{.diagnose = false};
  CHECK(!capture("h100_wgmma_e4m3fn_fp32").judged("fp32-accumulate", quick).pass);
  CHECK(!capture("h100_mma_fp16_fp32").judged("accumulate=unit:a100.mma.fp16.fp32 exact", quick).pass);
}
