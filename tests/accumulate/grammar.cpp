// Accumulators and orders as text: what is written is read back, and errors say found and expected.
#include <catch2/catch.hpp>
#include <string>

#include <assay/accumulate/grammar.hpp>

namespace {

namespace acc = assay::accumulate;

std::string error_of_accumulator(const std::string& text) {
  try {
    (void)assay::parse_accumulator(text);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "accepted: " + text;
}

std::string error_of_order(const std::string& text) {
  try {
    (void)assay::parse_order(text);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "accepted: " + text;
}

}  // namespace

TEST_CASE("Every accumulator is written as it is read") {
  for (const char* text : {"floating:binary32",
                           "floating:bfloat16:toward_zero",
                           "floating:e5m10b20:stochastic=13:seed=18446744073709551615",
                           "floating:binary16:saturate_finite:flush_both:rounded",
                           "unit:h100.wgmma.e4m3fn.fp32",
                           "unit:v100.mma.fp16.fp16",
                           "aligned:group=8,fraction=24",
                           "aligned:group=4,fraction=13,out=binary16,kept=e5m7,round=ties_to_even,align=downward,"
                           "addend=after,floor=-126,overflow=infinity,subnormals=flush_outputs,nan=all_ones",
                           "aligned:group=1,fraction=0,overflow=to_nan",
                           "fixed:8.24:saturate",
                           "fixed:0.63:wrap:ties_to_away",
                           "integer:32:wrap",
                           "integer:8:saturate",
                           "integer:32:wrap,group=2,group_bits=16",
                           "exact",
                           "exact:lowest=-300",
                           "kahan:binary32",
                           "neumaier:bfloat16:toward_zero",
                           "two_sum:binary64",
                           "unit:h100.wgmma.e4m3fn.fp32/promote:128/floating:binary32",
                           "floating:binary16/promote:4/exact"}) {
    CHECK(assay::to_string(assay::parse_accumulator(text)) == text);
    CHECK(assay::parse_accumulator(assay::to_string(assay::parse_accumulator(text))) == assay::parse_accumulator(text));
  }
  for (const acc::matrix_unit& row : acc::matrix_units) {
    const std::string text = "unit:" + std::string(row.name);
    CHECK(assay::to_string(assay::parse_accumulator(text)) == text);
  }
}

TEST_CASE("Short forms mean what they say") {
  const auto same = [](const char* a, const char* b) {
    CHECK(assay::parse_accumulator(a) == assay::parse_accumulator(b));
  };
  same("fp32", "floating:binary32");
  same("bf16:toward_zero", "floating:bfloat16:toward_zero");
  same("floating:binary32:ties_to_even:fused:ieee:keep", "floating:binary32");
  same("integer:32", "integer:32:wrap");
  same("dp4a", "integer:32:wrap,group=4");
  same("dp4a_saturating", "integer:32:saturate:group=4");
  same("pmaddubsw", "integer:32:wrap,group=2,group_bits=16");
  same("aligned", "aligned:group=16,fraction=24");
  same("aligned:out=binary16", "aligned:kept=binary16,out=binary16");
  CHECK(std::get<acc::aligned>(assay::parse_accumulator("aligned:out=binary16")).kept == assay::binary16);
  CHECK(assay::parse_order("warp") == assay::parse_order("lanes:32"));
  CHECK(assay::parse_order("lanes") == assay::parse_order("lanes:32"));
}

TEST_CASE("An accumulator that cannot be is refused with what was found and what was expected") {
  CHECK(error_of_accumulator("floting:binary32") ==
        "accumulator 'floting:binary32': found 'floting', expected one of floating, unit, aligned, fixed, integer, "
        "exact, "
        "kahan, neumaier, two_sum, dp4a, dp4a_saturating, pmaddubsw or a format's name (did you mean 'floating'?)");
  CHECK(error_of_accumulator("floating") == "accumulator 'floating': found 'nothing more', expected a format");
  CHECK(error_of_accumulator("floating:binary33") ==
        "accumulator 'floating:binary33': found 'binary33', expected a format such as binary32, bfloat16 or e5m10");
  CHECK(error_of_accumulator("unit:h100.wgmma.e4m3.fp32") ==
        "accumulator 'unit:h100.wgmma.e4m3.fp32': found 'h100.wgmma.e4m3.fp32', expected a matrix unit such as "
        "h100.wgmma.e4m3fn.fp32 (did you mean 'h100.wgmma.e4m3fn.fp32'?)");
  CHECK(error_of_accumulator("integer:65") == "accumulator 'integer:65': found '65', expected a number from 8 to 64");
  for (const char* text : {"",
                           ":",
                           "exact:x",
                           "exact:lowest=",
                           "floating:e8m0fnu",
                           "floating:binary32:nearest",
                           "floating:binary32:stochastic",
                           "floating:binary32:stochastic=33",
                           "floating:binary32:stochastic=0",
                           "aligned:group=0",
                           "aligned:group=129",
                           "aligned:fraction=97",
                           "aligned:group",
                           "aligned:kept=binary64",
                           "aligned:round=stochastic",
                           "fixed:8",
                           "fixed:32.32",
                           "fixed:0.0",
                           "fixed:-1.8",
                           "fixed:8.8:clamp",
                           "integer",
                           "integer:7",
                           "integer:8.5",
                           "integer:32:group=0",
                           "kahan",
                           "kahan:binary32:stochastic",
                           "kahan:binary32:upward:more",
                           "unit",
                           "unit:",
                           "unit:h100.mma.fp16.fp32:x",
                           "exact/exact",
                           "exact/promote:0/exact",
                           "exact/promote:128",
                           "exact/promote:1/exact/promote:1/exact",
                           "exact/promot:1/exact",
                           "integer:99999999999999999999",
                           "floating:binary32:seed=-1"}) {
    INFO(text);
    CHECK(error_of_accumulator(text).find("', expected ") != std::string::npos);
  }
}

TEST_CASE("Every order is written as it is read") {
  for (const char* text : {"sequential", "reversed", "pairwise", "pairwise:128", "blocked:16", "split_k:4", "lanes:64",
                           "permuted:0", "permuted:18446744073709551615", "tree:0", "tree:0+1+2", "tree:0+(1+2)",
                           "tree:0+1+(2+3)", "tree:3+(2+(1+0))"}) {
    CHECK(assay::to_string(assay::parse_order(text)) == text);
  }
  CHECK(assay::to_string(assay::parse_order("tree:((0+1)+(2+3))")) == "tree:0+1+(2+3)");
  CHECK(std::get<assay::order::tree>(assay::parse_order("tree:((0+1)+(2+3))")).postfix ==
        std::vector<std::int64_t>{0, 1, -1, 2, 3, -1, -1});
  const std::string deep(100000, '(');
  CHECK(assay::parse_order("tree:" + deep + "0" + std::string(100000, ')')) == assay::parse_order("tree:0"));
}

TEST_CASE("An order that cannot be is refused with what was found and what was expected") {
  CHECK(error_of_order("sequentiel") ==
        "order 'sequentiel': found 'sequentiel', expected one of sequential, reversed, pairwise, blocked, split_k, "
        "lanes, "
        "warp, tree, permuted (did you mean 'sequential'?)");
  CHECK(error_of_order("blocked") == "order 'blocked': found 'nothing', expected the terms of a block, 1 or more");
  CHECK(error_of_order("tree:(0+1") == "order 'tree:(0+1': found 'the end', expected )");
  for (const char* text : {"",
                           "sequential:1",
                           "sequential:",
                           "blocked:0",
                           "blocked:x",
                           "split_k",
                           "lanes:12",
                           "lanes:131072",
                           "tree",
                           "tree:",
                           "tree:()",
                           "tree:0+",
                           "tree:0)",
                           "tree:+0",
                           "tree:0 1",
                           "tree:(0+1))",
                           "tree:99999999999999999999",
                           "permuted",
                           "permuted:-1",
                           "pairwise:0"}) {
    INFO(text);
    CHECK(error_of_order(text).find("', expected ") != std::string::npos);
  }
}
