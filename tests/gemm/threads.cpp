// Two threads give the very bytes that one gives, whatever route computes them.
#include <catch2/catch.hpp>

#include <support/budget.hpp>

#include "problems.hpp"

using namespace gemm_test;

namespace {

struct route {
  const char *accumulator, *order;
  element in;
  bool fast = true;
};

struct result {
  std::vector<std::uint64_t> codes;
  float amax = 0;
  bool operator==(const result&) const = default;
};

result run(const route& x, bool epilogue, std::size_t threads) {
  const element in = x.in;
  // Several blocks down and across, or several pieces of rows.
  const std::size_t m = x.fast ? 110 : 9, n = x.fast ? 300 : 150;
  constexpr std::size_t k = test::fewer(40);
  std::mt19937 random(5);
  owned_matrix a(in, m, k), b(in, n, k), c(binary32, m, n), d(binary16, m, n);
  a.fill(random, numbers::ordinary);
  b.fill(random, numbers::ordinary);
  c.fill(random, numbers::ordinary);
  result r;
  gemm_problem p{.a = a.view(), .b = b.view(), .transpose_b = true};
  p.d = d.output();
  p.with = parse_accumulator(x.accumulator);
  p.order = parse_order(x.order);
  p.to = {rounding::stochastic, {}, {}, 12};
  p.seed = 77;
  p.threads = threads;
  if (epilogue) {
    p.c = c.view();
    p.c_in_epilogue = true;
    p.epilogue.amax = &r.amax;
    p.epilogue.alpha = 0.7f;
  }
  gemm(p);
  r.codes = d.memory;
  return r;
}

}  // namespace

TEST_CASE("Two threads give the bytes of one on every route") {
  for (const route& x : {route{"floating:binary32", "sequential", binary16},
                         {"floating:binary64", "pairwise", binary16},
                         {"floating:binary32/promote:16/floating:binary32", "sequential", binary16},
                         {"floating:binary16:rounded", "blocked:9", binary16},
                         {"floating:bfloat16", "warp", bfloat16},
                         {"floating:bfloat16:rounded", "reversed", bfloat16},
                         {"floating:e6m9:upward", "sequential", binary16, false},
                         {"floating:binary16:stochastic=9,seed=4", "split_k:3", binary16, false},
                         {"unit:h100.mma.fp16.fp32", "sequential", binary16},
                         {"unit:a100.mma.fp16.fp16", "pairwise:16", binary16},
                         {"unit:h100.mma.e4m3fn.fp32", "sequential", e4m3fn},
                         {"unit:h100.wgmma.e4m3fn.fp32/promote:32/floating:binary32", "sequential", e4m3fn},
                         {"exact", "sequential", e4m3fn},
                         {"exact", "sequential", binary32},
                         {"exact", "sequential", int8},
                         {"integer:32", "sequential", int8, false},
                         {"kahan:bfloat16", "sequential", e5m2, false}}) {
    for (const bool epilogue : {false, true}) {
      INFO(x.accumulator << ' ' << x.order << (epilogue ? " with epilogue" : ""));
      const result one = run(x, epilogue, 1);
      CHECK(run(x, epilogue, 2) == one);
      CHECK((!epilogue || one.amax > 0));
    }
  }
}
