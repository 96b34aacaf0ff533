// Block scales against plain loops in float over partial sums, which come from std::fma or from dot().
#include <catch2/catch.hpp>

#include <cmath>

#include <support/budget.hpp>

#include "problems.hpp"

using namespace gemm_test;
using Catch::Contains;

namespace {

struct scaled_trial {
  std::string accumulator = "floating:binary32";
  std::string order = "sequential";
  format a = e4m3fn, b = e4m3fn;
  format scale_a = binary32, scale_b = binary32;
  std::size_t block_m = 1, block_n = 1, block_k = 32;
  block_scale_order how = block_scale_order::one_by_one;
  bool has_a = true, has_b = true, has_c = false;
  std::size_t m = 7, n = 21, k = 101;
  std::size_t threads = 1;
  format d = binary32;
};

std::size_t blocks(std::size_t size, std::size_t block) { return (size + block - 1) / block; }

code_vector piece(const code_vector& v, std::size_t first, std::size_t count) {
  code_vector x = v;
  x.data = static_cast<const char*>(v.data) + static_cast<std::ptrdiff_t>(first) * v.stride * v.bytes;
  x.size = count;
  return x;
}

/// The formula, one line a step.
float sum_of(const scaled_trial& t, const gemm_problem& p, const code_vector& row, const code_vector& column, float c,
             const std::vector<float>& scales_a, const std::vector<float>& scales_b) {
  float y = c;
  for (std::size_t block = 0; block * t.block_k < t.k; ++block) {
    const std::size_t first = block * t.block_k, count = std::min(t.block_k, t.k - first);
    const std::uint64_t code =
        dot(p.with, p.order, piece(row, first, count), piece(column, first, count), {0, binary32}, binary32).code;
    const float part = to_float(code, binary32), a = scales_a[block], b = scales_b[block];
    if (t.how == block_scale_order::one_by_one) {
      const float once = part * a;
      const float twice = once * b;
      y = y + twice;
    } else if (t.how == block_scale_order::scale_first) {
      const float scale = a * b;
      const float scaled = part * scale;
      y = y + scaled;
    } else {
      const float once = part * a;
      y = std::fma(once, b, y);
    }
  }
  return y;
}

int scaled_mismatches(const scaled_trial& t, numbers kind, std::uint32_t seed, std::string& first) {
  std::mt19937 random(seed);
  const auto layout = [&] { return random() % 2 == 0 ? matrix_layout::row_major : matrix_layout::column_major; };
  const bool transpose_a = random() % 2 == 0, transpose_b = random() % 2 == 0;
  owned_matrix a(t.a, transpose_a ? t.k : t.m, transpose_a ? t.m : t.k, layout(), random() % 3);
  owned_matrix b(t.b, transpose_b ? t.n : t.k, transpose_b ? t.k : t.n, layout(), random() % 3);
  owned_matrix c(binary32, t.m, t.n, layout(), random() % 3), d(t.d, t.m, t.n, layout(), random() % 3);
  owned_matrix sa(t.scale_a, blocks(t.m, t.block_m), blocks(t.k, t.block_k), layout(), random() % 3);
  owned_matrix sb(t.scale_b, blocks(t.k, t.block_k), blocks(t.n, t.block_n), layout(), random() % 3);
  for (owned_matrix* x : {&a, &b, &c}) x->fill(random, kind);
  for (owned_matrix* x : {&sa, &sb}) {
    const bool power = std::get<format>(x->type) == e8m0fnu;
    for (std::size_t i = 0; i < x->rows; ++i) {
      for (std::size_t j = 0; j < x->columns; ++j) {
        const auto usual = static_cast<std::uint64_t>(120 + random() % 14);
        if (power)
          x->set(i, j, kind == numbers::any_bits ? random() & 255 : usual);
        else
          x->set(i, j, random_code(random, binary32, kind == numbers::any_bits ? kind : numbers::ordinary));
      }
    }
  }
  gemm_problem p{.a = a.view(), .b = b.view(), .transpose_a = transpose_a, .transpose_b = transpose_b};
  if (t.has_c) p.c = c.view();
  p.d = d.output();
  p.with = parse_accumulator(t.accumulator);
  p.order = parse_order(t.order);
  p.threads = t.threads;
  p.block_scales = {.block_m = t.block_m, .block_n = t.block_n, .block_k = t.block_k, .order = t.how};
  if (t.has_a) p.block_scales.a = sa.view();
  if (t.has_b) p.block_scales.b = sb.view();
  gemm(p);

  int wrong = 0;
  const std::size_t steps = blocks(t.k, t.block_k);
  std::vector<float> scales_a(steps), scales_b(steps);
  for (std::size_t i = 0; i < t.m; ++i) {
    for (std::size_t j = 0; j < t.n; ++j) {
      for (std::size_t s = 0; s < steps; ++s) {
        scales_a[s] = t.has_a ? to_float(sa.get(i / t.block_m, s), t.scale_a) : 1.0f;
        scales_b[s] = t.has_b ? to_float(sb.get(s, j / t.block_n), t.scale_b) : 1.0f;
      }
      const float start = t.has_c ? to_float(c.get(i, j), binary32) : 0.0f;
      const float y = sum_of(t, p, a.line(i, !transpose_a), b.line(j, transpose_b), start, scales_a, scales_b);
      const std::uint64_t due = y == y ? convert(encode(y), t.d).code : t.d.nan_code(), got = d.get(i, j);
      const bool same = got == due || (t.d.is_nan_code(due) && t.d.is_nan_code(got));
      if (same || wrong++ != 0) continue;
      first = t.accumulator + " seed " + std::to_string(seed) + " element " + std::to_string(i) + ", " +
              std::to_string(j) + ": got " + std::to_string(got) + ", expected " + std::to_string(due);
    }
  }
  return wrong;
}

void expect_same(const std::vector<scaled_trial>& trials, std::initializer_list<numbers> kinds) {
  int wrong = 0;
  std::string first, here;
  std::uint32_t seed = 1;
  for (const scaled_trial& t : trials) {
    for (const numbers kind : kinds) {
      const std::uint32_t own = seed++;
      if (!test::taken(own - 1)) continue;
      const int bad = scaled_mismatches(t, kind, own, here);
      if (bad != 0 && wrong == 0) first = here;
      wrong += bad;
    }
  }
  INFO(first);
  CHECK(wrong == 0);
}

constexpr block_scale_order all_ways[] = {block_scale_order::one_by_one, block_scale_order::scale_first,
                                          block_scale_order::fused};

}  // namespace

TEST_CASE("Block-scaled sums are those of plain loops in each way of scaling") {
  std::vector<scaled_trial> trials;
  for (const block_scale_order how : all_ways) {
    for (const format scale : {binary32, e8m0fnu}) {
      for (const bool has_c : {false, true}) {
        trials.push_back({.scale_a = scale, .scale_b = scale, .how = how, .has_c = has_c});
        trials.push_back({.scale_a = binary32, .scale_b = scale, .block_n = 8, .how = how, .has_c = has_c, .k = 96});
      }
    }
  }
  expect_same(trials, {numbers::ordinary, numbers::wide, numbers::any_bits});
}

TEST_CASE("Any accumulator gives a block's sum, as DeepSeek's GEMM and MX take them") {
  std::vector<scaled_trial> trials;
  for (const block_scale_order how : all_ways) {
    trials.push_back(
        {.accumulator = "unit:h100.wgmma.e4m3fn.fp32", .block_n = 128, .block_k = 128, .how = how, .n = 140, .k = 300});
    trials.push_back({.accumulator = "unit:h100.mma.fp16.fp32", .a = binary16, .b = binary16, .how = how});
    trials.push_back({.accumulator = "exact", .scale_a = e8m0fnu, .scale_b = e8m0fnu, .how = how});
    trials.push_back({.accumulator = "floating:binary16:rounded", .a = e5m2, .how = how});
    trials.push_back({.accumulator = "kahan:binary32", .a = e2m1fn, .b = e2m1fn, .how = how});
    trials.push_back({.accumulator = "floating:binary64", .a = binary16, .b = bfloat16, .how = how, .d = bfloat16});
  }
  expect_same(trials, {numbers::ordinary, numbers::any_bits});
}

TEST_CASE("An order holds within each block, the last and shorter one included") {
  std::vector<scaled_trial> trials;
  for (const char* order : {"reversed", "pairwise", "blocked:5", "lanes:8", "split_k:3"}) {
    trials.push_back({.order = order, .a = binary16, .b = binary16});
    trials.push_back({.order = order, .block_k = 7, .k = 23});
  }
  expect_same(trials, {numbers::wide});
}

TEST_CASE("One side alone may have scales, blocks may be larger than the matrix or a single element") {
  expect_same({{.has_a = false},
               {.has_b = false},
               {.block_m = 100, .block_n = 100, .block_k = 1000},
               {.block_k = 1, .k = 9},
               {.block_m = 3, .block_n = 2, .k = 64},
               {.has_c = true, .k = 0},
               {.k = 0},
               {.m = 0},
               {.n = 0},
               {.m = 1, .n = 1, .k = 33}},
              {numbers::ordinary});
}

TEST_CASE("Threads do not change block-scaled sums") {
  for (const std::size_t threads : {1u, 2u, 3u}) {
    expect_same({{.m = 70, .n = 90, .k = 70, .threads = threads}}, {numbers::wide});
  }
}

TEST_CASE("A matrix too large to be scaled at once is scaled row by row alike") {
  constexpr std::size_t m = 5, n = 300000, k = 2;
  std::mt19937 random(12);
  std::vector<float> a(m * k), b(k * n), d(m * n), scales(3 * k);
  for (std::vector<float>* x : {&a, &b, &scales}) {
    for (float& number : *x) number = static_cast<float>(random() % 65536) / 256;
  }
  gemm_problem p;
  p.a = {.codes = a.data(), .rows = m, .columns = k};
  p.b = {.codes = b.data(), .rows = k, .columns = n};
  p.d = {.codes = d.data(), .rows = m, .columns = n};
  p.block_scales.a = {.codes = scales.data(), .rows = 3, .columns = k};
  p.block_scales.block_m = 2;
  p.block_scales.block_k = 1;
  gemm(p);
  int wrong = 0;
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const float first = a[i * k] * b[j], second = a[i * k + 1] * b[n + j];
      const float one = first * scales[i / 2 * k], two = second * scales[i / 2 * k + 1];
      wrong += d[i * n + j] == one + two ? 0 : 1;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("Scales of one leave a promoted sum") {
  std::mt19937 random(9);
  owned_matrix a(e4m3fn, 9, 300), b(e4m3fn, 300, 11), d(binary32, 9, 11), promoted(binary32, 9, 11);
  a.fill(random, numbers::ordinary);
  b.fill(random, numbers::ordinary);
  const std::vector<float> ones(300, 1.0f);
  gemm_problem p{.a = a.view(), .b = b.view()};
  p.d = promoted.output();
  p.with = parse_accumulator("unit:h100.wgmma.e4m3fn.fp32/promote:128/floating:binary32");
  gemm(p);
  p.d = d.output();
  p.with = parse_accumulator("unit:h100.wgmma.e4m3fn.fp32");
  p.block_scales.a = {.codes = ones.data(), .rows = 9, .columns = 3};
  p.block_scales.b = {.codes = ones.data(), .rows = 3, .columns = 11};
  gemm(p);
  CHECK(d.memory == promoted.memory);
}

TEST_CASE("Batches take their own block scales, and the epilogue follows them") {
  std::mt19937 random(2);
  owned_matrix a(e4m3fn, 6, 8), b(e4m3fn, 8, 4), d(binary32, 6, 4);
  a.fill(random, numbers::ordinary);
  b.fill(random, numbers::ordinary);
  const std::vector<float> scales{1, 2, 3, 4, 5, 6};
  gemm_problem p{.a = a.view(), .b = b.view()};
  p.a.rows = 2;
  p.a.batch_stride = 16;
  p.d = d.output();
  p.d.rows = 2;
  p.d.batch_stride = 8;
  p.batches = 3;
  p.block_scales.a = {.codes = scales.data(), .rows = 2, .columns = 1, .batch_stride = 2};
  p.epilogue.alpha = 0.5f;
  gemm(p);
  int wrong = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    for (std::size_t j = 0; j < 4; ++j) {
      float s = 0;
      for (std::size_t l = 0; l < 8; ++l) s = std::fma(to_float(a.get(i, l), e4m3fn), to_float(b.get(l, j), e4m3fn), s);
      wrong += d.get(i, j) == encode(0.5f * (0.0f + s * scales[i])).code ? 0 : 1;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("Integers with zero points take block scales as well") {
  std::mt19937 random(6);
  owned_matrix a(uint4, 5, 70), b(int8, 70, 6), d(binary32, 5, 6);
  a.fill(random, numbers::whole);
  b.fill(random, numbers::whole);
  const std::vector<std::int32_t> zeros{1, 3, 8, 15, 0};
  std::vector<float> scales(18);
  for (std::size_t i = 0; i < 18; ++i) scales[i] = 0.01f * static_cast<float>(i + 1);
  gemm_problem p{.a = a.view(), .b = b.view()};
  p.d = d.output();
  p.with = parse_accumulator("integer:32");
  p.zero_a = {zeros.data(), 5};
  p.block_scales.block_k = 32;
  p.block_scales.b = {.codes = scales.data(), .rows = 3, .columns = 6};
  gemm(p);
  int wrong = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    for (std::size_t j = 0; j < 6; ++j) {
      float y = 0;
      for (std::size_t block = 0; block < 3; ++block) {
        int sum = 0;
        for (std::size_t l = block * 32; l < std::min<std::size_t>(70, block * 32 + 32); ++l) {
          sum += (static_cast<int>(a.get(i, l)) - zeros[i]) * static_cast<std::int8_t>(b.get(l, j));
        }
        y = y + static_cast<float>(sum) * scales[block * 6 + j];
      }
      wrong += d.get(i, j) == encode(y).code ? 0 : 1;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("Block scales that do not fit are refused with a clear sentence") {
  owned_matrix a(e4m3fn, 4, 100), b(e4m3fn, 100, 5), d(binary32, 4, 5), sa(binary32, 4, 4), sb(e8m0fnu, 4, 5);
  gemm_problem sound{.a = a.view(), .b = b.view()};
  sound.d = d.output();
  sound.block_scales = {.a = sa.view(), .b = sb.view(), .block_k = 32};
  const auto error_of = [](const gemm_problem& p) -> std::string {
    try {
      gemm(p);
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
    return "none";
  };
  CHECK(error_of(sound) == "none");
  gemm_problem p = sound;
  p.block_scales.block_k = 0;
  CHECK_THAT(error_of(p), Contains("1, 1 and 0 elements along m, n and k; expected 1 or more"));
  p = sound;
  p.block_scales.block_k = 50;
  CHECK_THAT(error_of(p), Contains("scales of A are 4 x 4; expected 4 x 2, one for each block of 1 x 50"));
  p = sound;
  p.block_scales.block_n = 5;
  CHECK_THAT(error_of(p), Contains("scales of B are 4 x 5; expected 4 x 1, one for each block of 32 x 5"));
  p = sound;
  p.block_scales.a.type = binary16;
  CHECK_THAT(error_of(p), Contains("scales of A are binary16; expected binary32 or e8m0fnu"));
  p = sound;
  p.block_scales.a.leading_dimension = 3;
  CHECK_THAT(error_of(p), Contains("leading dimension of the block scales of A is 3; expected at least 4"));
  p = sound;
  p.block_scales.a.codes = d.memory.data();
  CHECK_THAT(error_of(p), Contains("D overlaps the block scales of A"));
  p = sound;
  p.order = parse_order("tree:(0+1)");
  CHECK_THAT(error_of(p), Contains("the tree has 2 terms; expected all 32"));
  p = sound;
  p.with = parse_accumulator("unit:h100.mma.fp16.fp32");
  CHECK_THAT(error_of(p), Contains("does not take e4m3fn"));
  p = sound;
  p.epilogue.beta = 2;
  owned_matrix c(binary32, 4, 5);
  p.c = c.view();
  CHECK_THAT(error_of(p), Contains("expected c_in_epilogue"));
}
