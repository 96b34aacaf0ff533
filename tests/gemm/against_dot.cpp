// Every fast path gives the very bits of dot(), which defines what a sum is, on ordinary and on hard numbers.
#include <catch2/catch.hpp>

#include "same_as_dot.hpp"

using namespace gemm_test;

namespace {

/// Each of these with every order that plans differently.
std::vector<trial> in_all_orders(const trial& t) {
  std::vector<trial> all;
  for (const char* order : {"sequential", "reversed", "permuted:7", "blocked:1", "blocked:16", "blocked:100", "split_k:3",
                            "split_k:100", "pairwise", "pairwise:8", "lanes:8", "warp"}) {
    for (const bool has_c : {false, true}) {
      all.push_back(t);
      all.back().order = order;
      all.back().has_c = has_c;
    }
  }
  return all;
}

}  // namespace

TEST_CASE("A binary32 sum is that of dot for every input format") {
  std::vector<trial> trials;
  for (const format f : {binary16, bfloat16, e4m3fn, e5m2, binary32, tf32, e4m3fnuz, e3m2fn, e2m1fn, e4m3b11fnuz,
                         format{6, 9, 31}, format{8, 3, 127, encoding::fn}}) {
    for (const char* accumulator : {"floating:binary32", "floating:binary32:rounded"}) {
      trials.push_back({.accumulator = accumulator, .a = f, .b = f, .has_c = true});
    }
  }
  trials.push_back({.accumulator = "floating:binary32", .a = e4m3fn, .b = bfloat16, .d = binary16});
  trials.push_back({.accumulator = "floating:binary64", .a = binary32, .b = binary16, .d = binary64});
  trials.push_back({.accumulator = "floating:binary64:rounded", .a = binary64, .b = binary64, .c = binary64, .has_c = true});
  trials.push_back({.accumulator = "floating:binary32", .a = int8, .b = uint8});
  trials.push_back({.accumulator = "floating:binary32", .a = int4, .b = binary16, .d = e4m3fn});
  expect_same(trials, hard);
}

TEST_CASE("A binary32 sum is that of dot in every order") {
  expect_same(in_all_orders({.accumulator = "floating:binary32", .a = binary32, .b = binary32}),
              {numbers::ordinary, numbers::wide, numbers::any_bits});
  expect_same({{.accumulator = "floating:binary32", .order = "tree:((0+(3+1))+((2+4)+5))", .k = 6}},
              {numbers::ordinary, numbers::wide});
  expect_same({{.accumulator = "floating:binary32/promote:16/floating:binary32", .order = "reversed", .has_c = true},
               {.accumulator = "floating:binary32/promote:16/floating:binary32", .order = "pairwise", .has_c = true}},
              {numbers::ordinary, numbers::wide});
}

TEST_CASE("Long sums pass through several stages unchanged") {
  expect_same({{.accumulator = "floating:binary32", .m = 3, .n = 5, .k = 2500},
               {.accumulator = "floating:binary32", .order = "blocked:300", .m = 3, .n = 5, .k = 2500},
               {.accumulator = "floating:binary16:rounded", .m = 3, .n = 5, .k = 2500},
               {.accumulator = "unit:h100.mma.fp16.fp32", .m = 3, .n = 5, .k = 2500},
               {.accumulator = "exact", .m = 3, .n = 5, .k = 2500}},
              {numbers::ordinary, numbers::wide});
}

TEST_CASE("A sum in a small format is that of dot, multiplied and added or fused") {
  std::vector<trial> trials;
  for (const char* sum : {"binary16", "bfloat16", "e5m2", "e4m3fn", "tf32", "e4m3", "e3m2fn"}) {
    for (const char* multiply : {"", ":rounded", ":rounded:saturate_finite", ":saturate_finite"}) {
      for (const format in : {binary16, bfloat16, e5m2}) {
        trials.push_back({.accumulator = "floating:" + std::string(sum) + multiply, .a = in, .b = in, .c = binary16,
                          .has_c = trials.size() % 2 == 0, .n = 33});
      }
    }
  }
  trials.push_back({.accumulator = "floating:bfloat16", .a = binary32, .b = binary32});
  trials.push_back({.accumulator = "floating:binary16:rounded", .a = binary32, .b = binary32});
  trials.push_back({.accumulator = "floating:binary16", .a = int8, .b = int8, .d = binary16});
  expect_same(trials, hard);
}

TEST_CASE("A sum in a small format is that of dot in every order") {
  for (const char* accumulator : {"floating:binary16:rounded", "floating:bfloat16:rounded", "floating:bfloat16"}) {
    expect_same(in_all_orders({.accumulator = accumulator, .a = bfloat16, .b = bfloat16}),
                {numbers::ordinary, numbers::whole});
  }
}

TEST_CASE("Accumulators without a fast path give the bits of dot as well") {
  expect_same({{.accumulator = "floating:binary16:toward_zero", .m = 5, .n = 6, .k = 20},
               {.accumulator = "kahan:binary32", .m = 5, .n = 6, .k = 20},
               {.accumulator = "fixed:20.10", .m = 5, .n = 6, .k = 20},
               {.accumulator = "unit:cdna3.mfma.fp16.fp32", .has_c = true, .m = 5, .n = 6, .k = 20}},
              hard);
}

TEST_CASE("A matrix unit is that of dot for every row of the table") {
  std::vector<trial> trials;
  for (const accumulate::matrix_unit& row : accumulate::matrix_units) {
    if (row.has_scales()) continue;
    trials.push_back({.accumulator = "unit:" + std::string(row.name), .a = row.input, .b = row.input, .c = row.output(),
                      .has_c = trials.size() % 2 == 0, .d = row.output(), .m = 5, .n = 9, .k = 64});
  }
  trials.push_back({.accumulator = "unit:a100.mma.tf32.fp32", .a = binary32, .b = binary32, .has_c = true});
  trials.push_back({.accumulator = "unit:h100.wgmma.e4m3fn.fp32", .a = e5m2, .b = e4m3fn});
  trials.push_back({.accumulator = "unit:h100.mma.e4m3fn.fp16", .a = e4m3fn, .b = e4m3fn, .d = binary32, .k = 45});
  trials.push_back({.accumulator = "aligned:group=12,fraction=20", .has_c = true, .m = 3, .n = 5, .k = 1100});
  trials.push_back({.accumulator = "aligned:group=3,fraction=7,kept=e8m5,round=toward_zero"});
  expect_same(trials, hard);
}

TEST_CASE("A matrix unit is that of dot in every order, and promoted") {
  expect_same(in_all_orders({.accumulator = "unit:h100.mma.fp16.fp32"}), {numbers::ordinary, numbers::wide});
  expect_same(in_all_orders({.accumulator = "unit:a100.mma.fp16.fp16", .c = binary16, .d = binary16}),
              {numbers::ordinary, numbers::huge});
  std::vector<trial> trials = in_all_orders({.accumulator = "unit:h100.mma.e4m3fn.fp16", .a = e4m3fn, .b = e4m3fn,
                                             .c = binary16, .d = binary16, .m = 5, .n = 7, .k = 128});
  trials.push_back({.accumulator = "unit:h100.wgmma.e4m3fn.fp32/promote:128/floating:binary32", .a = e4m3fn, .b = e4m3fn,
                    .has_c = true, .m = 5, .n = 7, .k = 300});
  expect_same(trials, {numbers::ordinary, numbers::wide});
}

TEST_CASE("AMD's matrix units are those of dot in every order, on hard numbers, and promoted") {
  for (const accumulate::matrix_unit& row : accumulate::matrix_units) {
    if (!row.name.starts_with("cdna")) continue;
    const std::string unit = "unit:" + std::string(row.name);
    expect_same(in_all_orders({.accumulator = unit, .a = row.input, .b = row.input, .m = 3, .n = 5}),
                {numbers::ordinary, numbers::wide});
    // Longer runs, some ending within a group; tf32 as binary32, of which 13 bits are not read.
    const format in = row.input == tf32 ? binary32 : row.input;
    std::vector<trial> trials;
    for (const std::size_t k : {1u, 3u, 21u, 45u, 160u}) {
      for (const bool has_c : {false, true}) {
        trials.push_back({.accumulator = unit, .a = in, .b = in, .has_c = has_c, .m = 5, .n = 17, .k = k});
      }
    }
    const std::string promoted = unit + "/promote:32/floating:binary32";
    trials.push_back({.accumulator = promoted, .a = in, .b = in, .has_c = true, .m = 5, .n = 17, .k = 77});
    expect_same(trials, hard);
  }
}

TEST_CASE("A term far below a tie decides CDNA1's exact groups") {
  // c from 128 on, products of half its last place and of the smallest numbers: 55 bits apart.
  owned_matrix a(binary16, 1, 4), b(binary16, 4, 32), c(binary32, 1, 32), d(binary32, 1, 32);
  const auto set = [](owned_matrix& x, std::size_t i, std::size_t j, double value) {
    x.set(i, j, convert(value, std::get<format>(x.type)).code);
  };
  set(a, 0, 0, 0x1p-8);
  set(a, 0, 1, 0x1p-24);
  for (std::size_t j = 0; j < 32; ++j) {
    set(b, 0, j, j % 2 == 0 ? 0x1p-9 : -0x1p-9);
    set(b, 1, j, j % 4 < 2 ? 0x1p-24 : -0x1p-24);
    set(c, 0, j, (128 + 0x1p-16 * static_cast<double>(j / 4)) * (j % 3 == 0 ? -1 : 1));
  }
  gemm_problem p{.a = a.view(), .b = b.view(), .c = c.view()};
  p.d = d.output();
  p.with = parse_accumulator("unit:cdna1.mfma.fp16.fp32");
  gemm(p);
  int wrong = 0, moved = 0;
  for (std::size_t j = 0; j < 32; ++j) {
    const encoded addend{c.get(0, j), binary32};
    const std::uint64_t expected = dot(p.with, p.order, a.line(0, true), b.line(j, false), addend, binary32).code;
    wrong += d.get(0, j) == expected ? 0 : 1;
    moved += expected == addend.code ? 0 : 1;
  }
  CHECK(wrong == 0);
  CHECK((moved > 8 && moved < 24));
}

TEST_CASE("D is rounded once, in every mode and format") {
  std::vector<trial> trials;
  for (const format d : {binary16, bfloat16, e4m3fn, binary64}) {
    for (const rounding mode : {rounding::ties_to_even, rounding::toward_zero, rounding::upward, rounding::to_odd}) {
      trials.push_back({.accumulator = "floating:binary32", .d = d, .m = 5, .to = {mode}});
      trials.push_back({.accumulator = "exact", .d = d, .m = 5, .n = 9, .to = {mode}});
    }
  }
  expect_same(trials, {numbers::ordinary, numbers::wide, numbers::any_bits});
}

TEST_CASE("Exact sums are those of dot") {
  std::vector<trial> trials;
  for (const format f : {e4m3fn, e5m2, binary16, bfloat16, binary32, binary64, e2m1fn}) {
    trials.push_back({.accumulator = "exact", .a = f, .b = f, .m = 7, .n = 11});
    trials.push_back({.accumulator = "exact", .a = f, .b = f, .c = f, .has_c = true, .m = 7, .n = 11});
  }
  trials.push_back({.accumulator = "exact", .a = int8, .b = int8, .m = 7, .n = 11});
  trials.push_back({.accumulator = "exact", .order = "pairwise", .a = uint8, .b = binary16, .m = 7, .n = 11});
  expect_same(trials, hard);
}

TEST_CASE("Any number of threads gives the same bits") {
  for (const char* accumulator : {"floating:binary32", "floating:binary16:rounded", "unit:h100.mma.fp16.fp32", "exact"}) {
    expect_same({{.accumulator = accumulator, .m = 120, .n = 70, .k = 33, .threads = 3},
                 {.accumulator = accumulator, .m = 2, .n = 300, .k = 9, .threads = 0}},
                {numbers::ordinary});
  }
}

TEST_CASE("Without products every sum is its addend") {
  for (const char* accumulator : {"floating:binary32", "floating:binary16", "unit:h100.mma.fp16.fp32", "exact", "kahan:binary32"}) {
    for (const char* order : {"sequential", "pairwise", "blocked:4", "split_k:3", "warp"}) {
      expect_same({{.accumulator = accumulator, .order = order, .k = 0},
                   {.accumulator = accumulator, .order = order, .has_c = true, .k = 0},
                   {.accumulator = accumulator, .order = order, .m = 0},
                   {.accumulator = accumulator, .order = order, .n = 0}},
                  {numbers::any_bits});
    }
  }
}
