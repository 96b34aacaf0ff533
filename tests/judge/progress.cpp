// Emulations and checks tell how far they are.
#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

#include <assay/judge/judge.hpp>
#include <assay/kernel/run.hpp>
#include <assay/number/convert.hpp>
#include <assay/progress.hpp>

using namespace assay;

namespace {

/// The stages that an observer hears of while `work` runs: each from 0 forwards to its total, but for a diagnosis,
/// which ends where it has found the reason.
template <class Work>
std::vector<stage_progress> stages(const Work& work) {
  std::vector<stage_progress> all;
  const observed watching([&](const stage_progress& p) {
    if (p.done == 0) {
      all.push_back(p);
      return;
    }
    REQUIRE(!all.empty());
    CHECK(p.what == all.back().what);
    CHECK(p.done > all.back().done);
    CHECK(p.done <= p.total);
    all.back() = p;
  });
  work();
  for (const stage_progress& stage : all) CHECK((stage.done == stage.total || stage.what == "diagnosis"));
  return all;
}

tensor numbers(extents shape, std::uint64_t seed) {
  tensor t(element_type::of(bfloat16), shape);
  for (std::size_t i = 0; i < t.size(); ++i) {
    seed = seed * 6364136223846793005 + 1442695040888963407;
    t.set(i, convert(static_cast<double>(seed >> 40) * 0x1p-23 - 1, bfloat16).code);
  }
  return t;
}

kernel_call product(std::size_t rows) {
  kernel_call call("gemm");
  call.set_input("a", numbers({rows, 96}, 1));
  call.set_input("b", numbers({96, 64}, 2));
  return call;
}

}  // namespace

TEST_CASE("Emulated kernels tell of their elements, whatever sums are kept in", "[slow]") {
  for (const char* accumulate : {"floating:binary32", "floating:bfloat16", "exact", "floating:e5m10",
                                 "unit:h100.mma.bf16.fp32", "floating:bfloat16:stochastic=8"}) {
    INFO(accumulate);
    for (const unsigned threads : {1U, 3U}) {
      const kernel_call call = product(300);
      const arithmetic with = parse_arithmetic("gemm", std::string("to=binary32 accumulate=") + accumulate);
      std::vector<tensor> watched;
      const auto all = stages([&] { watched = run_kernel(call, with, threads); });
      REQUIRE(!all.empty());
      CHECK(all.front().what == "emulation");
      CHECK(all.front().unit == "elements");
      CHECK(all.front().total == 300 * 64);
      CHECK(std::ranges::equal(watched[0].bytes(), run_kernel(call, with, 1)[0].bytes()));
    }
  }
  kernel_call softmax("softmax");
  softmax.set_input("x", numbers({500, 100}, 3));
  const auto all = stages([&] { run_kernel(softmax, {}, 2); });
  REQUIRE(all.size() == 1);
  CHECK(all[0].total == 50000);
}

TEST_CASE("A check tells of what it judges, what it tests and what it suspects, and judges the same", "[slow]") {
  const kernel_call call = product(400);
  const std::vector<tensor> wrong =
      run_kernel(call, parse_arithmetic("gemm", "to=bfloat16 accumulate=floating:bfloat16"));
  const claim claimed = parse_claim("gemm", "fp32-accumulate to=bfloat16");
  for (const unsigned threads : {1U, 3U}) {
    judge_options how;
    how.threads = threads;
    verdict v;
    const auto all = stages([&] { v = judge(call, wrong, claimed, how); });
    std::set<std::string_view> names;
    for (const stage_progress& stage : all) names.insert(stage.what);
    CHECK(names.contains("truth") != names.contains("judging"));
    CHECK(names.contains("tests"));
    CHECK(names.contains("diagnosis"));
    CHECK(!v.pass);
    CHECK(summary(v) == summary(judge(call, wrong, claimed, how)));
  }
}
