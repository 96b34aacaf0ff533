// Integer GEMM against loops over 128-bit integers: zero points, biases, wrap-around, saturation.
#include <catch2/catch.hpp>

#include <bit>
#include <cmath>
#include <memory>

#include <support/budget.hpp>

#include "integer_model.hpp"

using namespace gemm_test;
using Catch::Contains;

namespace {

/// Counts mismatches of the sums themselves, in the narrowest signed format that the accumulator fits.
struct tally {
  int wrong = 0;
  std::string first;

  void add(integer_case& x) {
    const integer_format d = x.rules.bits <= 16 ? int16 : x.rules.bits <= 32 ? int32 : int64;
    std::string here;
    const int bad = integer_mismatches(x, d, here, [&](wide sum, std::size_t) { return code_of(sum, d); });
    if (bad != 0 && wrong == 0) first = here;
    wrong += bad;
  }
  void check() const {
    INFO(first);
    CHECK(wrong == 0);
  }
};

}  // namespace

TEST_CASE("Sums of integers are those of plain loops for every type, accumulator and kind of zero point") {
  tally all;
  std::uint32_t seed = 1;
  for (const integer_rules& rules : all_integer_rules) {
    for (const integer_format a : {int8, uint8, int4, uint4, int16}) {
      for (const integer_format b : {int8, uint8, int4}) {
        for (const int kind : {0, 1, 2}) {
          integer_case x{.a_type = a, .b_type = b, .m = 9, .n = 37, .k = 21 + seed % 4};
          x.rules = rules;
          x.seed = seed++;
          x.zeros_a = kind == 0 ? 0 : kind == 1 ? 1 : x.m;
          x.zeros_b = kind == 0 ? 0 : kind == 1 ? x.n : 1;
          x.biases = kind == 0 ? 0 : kind == 1 ? x.n : 1;
          x.make();
          all.add(x);
        }
      }
    }
  }
  all.check();
}

TEST_CASE("Wide integers are summed exactly as well") {
  tally all;
  for (const integer_format f : {uint16, uint32, int32}) {
    for (const char* name : {"integer:64:wrap", "integer:32"}) {
      integer_case x{.a_type = f, .b_type = int16, .m = 5, .n = 11, .k = 9, .zeros_a = 1, .zeros_b = 11};
      x.rules = {name, std::string(name) == "integer:32" ? 32 : 64, false};
      x.make();
      all.add(x);
    }
  }
  all.check();
}

TEST_CASE("Long sums of the largest products wrap or saturate") {
  tally all;
  std::uint64_t seen = 0;
  for (const integer_rules& rules : all_integer_rules) {
    for (const std::uint32_t sign : {0u, 1u}) {
      if (!test::taken(seen++)) continue;
      integer_case x{.a_type = uint8, .b_type = uint8, .m = 2, .n = 3, .k = 34001, .zeros_b = 1, .biases = 1};
      x.rules = rules;
      x.make();
      for (std::size_t l = 0; l < x.k; ++l) {
        for (std::size_t i = 0; i < x.m; ++i) x.p.transpose_a ? x.a.set(l, i, 255) : x.a.set(i, l, 255);
        for (std::size_t j = 0; j < x.n; ++j) x.p.transpose_b ? x.b.set(j, l, 255u * sign) : x.b.set(l, j, 255u * sign);
      }
      x.zero_b[0] = sign == 1 ? 0 : 255;
      const wide product = wide{255} * (sign == 1 ? 255 : -255);
      x.sums.assign(x.m * x.n, run_of(rules, x.bias[0], std::vector<wide>(x.k, product)));
      all.add(x);
    }
  }
  all.check();
}

TEST_CASE("Sums of integers start from C, and without products they are it") {
  tally all;
  for (const integer_rules& rules : all_integer_rules) {
    for (const std::size_t k : {0u, 1u, 2u, 50u}) {
      integer_case x{.k = k, .zeros_a = 1, .has_c = true};
      x.rules = rules;
      x.make();
      all.add(x);
      integer_case y{.k = k, .biases = 45};
      y.rules = rules;
      y.make(32);
      all.add(y);
    }
  }
  all.check();
}

TEST_CASE("Every order sums integers alike where nothing saturates, and blocks saturate one by one") {
  tally all;
  for (const char* order : {"reversed", "pairwise", "blocked:5", "split_k:3", "lanes:8", "permuted:3"}) {
    for (const char* name : {"integer:32", "integer:16"}) {
      integer_case x{.zeros_a = 1, .zeros_b = 1};
      x.rules = {name, std::string(name) == "integer:16" ? 16 : 32, false};
      x.make();
      x.p.order = parse_order(order);
      all.add(x);
    }
  }
  const integer_rules narrow{"integer:12:saturate", 12, true};
  integer_case x{.a_type = int4, .b_type = int8, .k = 20};
  x.rules = narrow;
  x.make();
  x.p.order = parse_order("blocked:5");
  for (std::size_t i = 0; i < x.m; ++i) {
    for (std::size_t j = 0; j < x.n; ++j) {
      wide total = 0;
      for (std::size_t first = 0; first < x.k; first += 5) {
        std::vector<wide> products;
        for (std::size_t l = first; l < first + 5; ++l) {
          products.push_back(number_of(x.p.transpose_a ? x.a.get(l, i) : x.a.get(i, l), int4) *
                             number_of(x.p.transpose_b ? x.b.get(j, l) : x.b.get(l, j), int8));
        }
        total = fitted(total + run_of(narrow, 0, products), 12, true);
      }
      x.sums[i * x.n + j] = total;
    }
  }
  all.add(x);
  all.check();
}

TEST_CASE("Threads do not change sums of integers, nor do matrices larger than a block") {
  tally all;
  for (const std::size_t threads : {1u, 2u, 3u}) {
    integer_case x{.m = 130, .n = 300, .k = 65, .zeros_a = 130, .zeros_b = 300, .biases = 300};
    x.make();
    x.p.threads = threads;
    all.add(x);
    integer_case y{.m = 2, .n = 3, .k = 5000, .zeros_a = 1};
    y.rules = all_integer_rules[7];
    y.make();
    y.p.threads = threads;
    all.add(y);
  }
  all.check();
}

TEST_CASE("Sums of integers are rounded once into a floating-point D, or enter the epilogue as binary32") {
  integer_case x{.a_type = int16, .b_type = int16, .k = 200, .zeros_a = 1, .zeros_b = 45};
  x.rules = {"integer:64:wrap", 64, false};
  x.make();
  std::string first;
  for (const format f : {binary32, binary16, bfloat16, binary64}) {
    for (const rounding mode : {rounding::ties_to_even, rounding::downward, rounding::to_odd}) {
      x.p.to = {mode};
      const int wrong = integer_mismatches(
          x, f, first, [&](wide sum, std::size_t) { return convert(static_cast<std::int64_t>(sum), f, {mode}).code; });
      INFO(first);
      CHECK(wrong == 0);
    }
  }
  x.p.to = {};
  std::vector<float> scale(x.n);
  for (std::size_t j = 0; j < x.n; ++j) scale[j] = 0.001f * static_cast<float>(j + 1);
  x.p.epilogue.column_scale = {scale.data(), x.n};
  x.p.epilogue.alpha = 0.3f;
  const int wrong = integer_mismatches(x, binary32, first, [&](wide sum, std::size_t j) {
    const float s = 0.3f * static_cast<float>(static_cast<std::int64_t>(sum));
    return encode(s * scale[j]).code;
  });
  INFO(first);
  CHECK(wrong == 0);
}

namespace {

std::string error_of(const gemm_problem& p) {
  try {
    gemm(p);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("What an integer GEMM cannot take is refused with a clear sentence") {
  integer_case x{.m = 4, .n = 5, .k = 6, .zeros_a = 4, .zeros_b = 1, .biases = 5};
  x.make();
  owned_matrix d(int32, 4, 5), narrow(int8, 4, 5), real(binary32, 4, 5);
  x.p.d = d.output();
  const gemm_problem sound = x.p;
  CHECK(error_of(sound) == "none");
  gemm_problem p = sound;
  p.with = accumulate::floating{};
  CHECK_THAT(error_of(p), Contains("expected an integer accumulator"));
  p = sound;
  p.a.type = e5m2;
  CHECK_THAT(error_of(p), Contains("input of e5m2; expected integers"));
  p = sound;
  p.zero_a.size = 3;
  CHECK_THAT(error_of(p), Contains("3 zero points of A; expected 1 or 4"));
  p = sound;
  p.zero_b.values = nullptr;
  CHECK_THAT(error_of(p), Contains("1 zero points of B but no values"));
  p = sound;
  const std::int32_t far[] = {128};
  p.zero_b = {far, 1};
  CHECK_THAT(error_of(p), Contains("zero points of B number 0 is 128; expected a number of int8, -128 to 127"));
  p = sound;
  p.integer_bias.size = 4;
  CHECK_THAT(error_of(p), Contains("4 integer bias; expected 1 or 5"));
  p = sound;
  p.c = x.c.view();
  CHECK_THAT(error_of(p), Contains("start from C and from an integer bias"));
  p.integer_bias = {};
  CHECK(error_of(p) == "none");
  p.c_in_epilogue = true;
  CHECK_THAT(error_of(p), Contains("expected a floating-point C"));
  p.c_in_epilogue = false;
  p.c = real.view();
  CHECK_THAT(error_of(p), Contains("start from a C of binary32; expected integers"));
  p = sound;
  p.d = narrow.output();
  CHECK_THAT(error_of(p), Contains("D is int8 and takes sums of 32 bits"));
  p = sound;
  p.d.type = uint32;
  CHECK_THAT(error_of(p), Contains("D is uint32 and takes sums of 32 bits"));
  p = sound;
  p.epilogue.output_scale = 2;
  CHECK_THAT(error_of(p), Contains("D is int32 and there is an epilogue"));
  p = sound;
  p.block_scales.a = {.codes = real.memory.data(), .rows = 4, .columns = 1};
  CHECK_THAT(error_of(p), Contains("sums with block scales are in binary32"));
}
