// What cannot be computed is refused before any work, with a sentence that says what was found and expected.
#include <catch2/catch.hpp>

#include "problems.hpp"

using namespace gemm_test;
using Catch::Contains;

namespace {

struct sound_problem {
  owned_matrix a{binary16, 4, 6}, b{binary16, 6, 5}, c{binary32, 4, 5}, d{binary32, 4, 5};
  gemm_problem p;
  sound_problem() {
    p.a = a.view();
    p.b = b.view();
    p.c = c.view();
    p.d = d.output();
  }
  std::string error() const {
    try {
      gemm(p);
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
    return "none";
  }
};

}  // namespace

TEST_CASE("A GEMM that does not fit together is refused with a clear sentence") {
  CHECK(sound_problem().error() == "none");
  sound_problem x;
  x.p.transpose_b = true;
  CHECK_THAT(x.error(), Contains("op(A) is 4 x 6 and op(B) 5 x 6"));
  x = {};
  x.p.d.columns = 4;
  CHECK_THAT(x.error(), Contains("D is 4 x 4; expected 4 x 5"));
  x = {};
  x.p.c.rows = 3;
  CHECK_THAT(x.error(), Contains("C is 3 x 5; expected 4 x 5"));
  x = {};
  x.p.a.leading_dimension = 5;
  CHECK_THAT(x.error(), Contains("leading dimension of A is 5; expected at least 6"));
  x = {};
  x.p.b.codes = nullptr;
  CHECK_THAT(x.error(), Contains("B has 6 x 5 elements but no codes"));
  x = {};
  x.p.a.codes = static_cast<const char*>(x.p.a.codes) + 1;
  CHECK_THAT(x.error(), Contains("A is not aligned"));
  x = {};
  x.p.a.type = format{12, 3, 7};
  CHECK_THAT(x.error(), Contains("format of A is not valid"));
  x = {};
  x.p.with = parse_accumulator("unit:h100.mma.bf16.fp32");
  CHECK_THAT(x.error(), Contains("does not take binary16"));
  x = {};
  x.p.order = summation_order(order::blocked{0});
  CHECK_THAT(x.error(), Contains("0 terms"));
  x = {};
  x.p.to = {rounding::stochastic};
  CHECK_THAT(x.error(), Contains("stochastic"));
  x = {};
  x.p.epilogue.alpha = 2;
  CHECK_THAT(x.error(), Contains("expected c_in_epilogue"));
  x = {};
  const float bias[3] = {};
  x.p.epilogue.row_bias = {bias, 3};
  CHECK_THAT(x.error(), Contains("row bias has 3 elements; expected 4"));
}

TEST_CASE("Every matrix's leading dimension must hold its rows or columns") {
  sound_problem x;
  x.p.b.leading_dimension = 4;
  CHECK_THAT(x.error(), Contains("leading dimension of B is 4; expected at least 5"));
  x = {};
  x.p.c.leading_dimension = 4;
  CHECK_THAT(x.error(), Contains("leading dimension of C is 4; expected at least 5"));
  x = {};
  x.p.d.layout = matrix_layout::column_major;
  x.p.d.leading_dimension = 3;
  CHECK_THAT(x.error(), Contains("leading dimension of D is 3; expected at least 4"));
}

TEST_CASE("A matrix unit refuses inputs and addends that it does not take, promoted or not") {
  for (const std::string promoted : {"", "/promote:4/floating:binary32"}) {
    sound_problem x;
    x.p.with = parse_accumulator("unit:cdna1.mfma.bf16.fp32" + promoted);
    CHECK_THAT(x.error(), Contains("unit cdna1.mfma.bf16.fp32 does not take binary16; expected bfloat16"));
    x = {};
    x.p.with = parse_accumulator("unit:a100.mma.tf32.fp32" + promoted);
    CHECK_THAT(x.error(), Contains("does not take binary16; expected tf32 (or binary32, cut to it)"));
  }
  sound_problem x;
  x.p.with = parse_accumulator("unit:h100.mma.fp16.fp16");
  CHECK_THAT(x.error(), Contains("does not take an addend of binary32; expected binary16"));
}

TEST_CASE("More products than an exact sum holds, or than a tree has leaves, are refused before a number is read") {
  std::vector<float> memory(64);
  constexpr std::size_t many = std::size_t{1} << 31;
  gemm_problem p;
  p.a = {.codes = memory.data() + 16, .type = e4m3fn, .rows = 1, .columns = many};
  p.b = {.codes = memory.data() + 16, .type = e4m3fn, .rows = many, .columns = 1};
  p.d = {.codes = memory.data(), .rows = 1, .columns = 1};
  p.with = parse_accumulator("exact");
  CHECK_THROWS_WITH(gemm(p), Contains("an exact sum of 2147483648 products; expected fewer than 2^31"));
  sound_problem x;
  x.p.order = parse_order("tree:((0+1)+2)");
  CHECK(x.error() != "none");
}

TEST_CASE("An output that overlaps itself or an input is refused, but not one beside it") {
  sound_problem x;
  x.p.batches = 2;
  CHECK_THAT(x.error(), Contains("batches of D are 0 elements apart"));

  std::vector<float> memory(12 * 20);
  const auto part = [&](std::size_t row, std::size_t column) { return memory.data() + row * 20 + column; };
  gemm_problem p;
  p.a = {.codes = part(0, 0), .rows = 4, .columns = 4, .leading_dimension = 20};
  p.b = {.codes = part(4, 0), .rows = 4, .columns = 4, .leading_dimension = 20};
  p.d = {.codes = part(0, 4), .rows = 4, .columns = 4, .leading_dimension = 20};
  CHECK_NOTHROW(gemm(p));  // side by side in one allocation
  p.d.codes = part(0, 3);
  CHECK_THROWS_WITH(gemm(p), Contains("D overlaps A"));
  p.d.codes = part(3, 0);
  CHECK_THROWS_WITH(gemm(p), Contains("D overlaps"));
  p.d.codes = part(1, 18);  // the last two columns of one row and the first two of the next
  CHECK_THROWS_WITH(gemm(p), Contains("D overlaps A"));
  p.d.codes = part(8, 0);
  p.c = {.codes = part(8, 0), .rows = 4, .columns = 4, .leading_dimension = 20};
  CHECK_NOTHROW(gemm(p));  // D is C
  p.c.codes = part(8, 1);
  CHECK_THROWS_WITH(gemm(p), Contains("D overlaps C"));
}

TEST_CASE("Nothing is written when a problem is refused") {
  sound_problem x;
  for (std::size_t i = 0; i < 4; ++i) x.d.set(i, 0, 0x12345678);
  x.p.epilogue.alpha = 3;
  CHECK(x.error() != "none");
  for (std::size_t i = 0; i < 4; ++i) CHECK(x.d.get(i, 0) == 0x12345678);
}
