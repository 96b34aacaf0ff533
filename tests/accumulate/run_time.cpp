// Dot products over codes in memory: run-time accumulators give the bits of compile-time ones, and refuse what does not
// fit.
#include <assay/accumulate/accumulator.hpp>
#include <assay/accumulate/dot.hpp>
#include <assay/accumulate/grammar.hpp>
#include <assay/number/convert.hpp>

#include "floating_model.hpp"

namespace {

namespace acc = assay::accumulate;
using assay::element;

template <class Code>
std::vector<Code> narrowed(const std::vector<std::uint64_t>& codes) {
  return {codes.begin(), codes.end()};
}

std::string refusal(const char* with, element a, element b, assay::encoded c = {0, assay::binary32}) {
  const std::vector<std::uint32_t> ones{1, 1, 1};
  try {
    (void)assay::dot(assay::parse_accumulator(with), assay::order::sequential{}, {ones, a}, {ones, b}, c,
                     assay::binary32);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("A run-time accumulator gives the bits of the same one at compile time") {
  test::random_source random(11);
  const auto a = narrowed<std::uint16_t>(test::hard_codes(random, assay::binary16, 100, true));
  const auto b = narrowed<std::uint16_t>(test::hard_codes(random, assay::binary16, 100, true));
  const assay::encoded c{0x3f800001, assay::binary32};
  const auto left = [&](std::size_t i) { return acc::read(a[i], assay::binary16); };
  const auto right = [&](std::size_t i) { return acc::read(b[i], assay::binary16); };
  const auto compare = [&](const auto& typed, const char* text) {
    INFO(text);
    for (const char* order :
         {"sequential", "reversed", "pairwise", "pairwise:16", "blocked:7", "split_k:3", "warp", "permuted:5"}) {
      const auto o = assay::parse_order(order);
      const auto expected = assay::dot(typed, o, a.size(), left, right, acc::read(c.code, c.in), assay::binary32);
      const auto got =
          assay::dot(assay::parse_accumulator(text), o, {a, assay::binary16}, {b, assay::binary16}, c, assay::binary32);
      CHECK(got.code == expected.code);
    }
  };
  const acc::unit h100{*acc::find_matrix_unit("h100.mma.fp16.fp32")};
  compare(acc::floating{}, "floating:binary32");
  compare(acc::floating{assay::bfloat16, {assay::rounding::stochastic, {}, {}, 8}, acc::multiplication::rounded, 3},
          "floating:bfloat16:stochastic=8,rounded,seed=3");
  compare(acc::aligned{}, "aligned");
  compare(h100, "unit:h100.mma.fp16.fp32");
  compare(acc::fixed{20, 30}, "fixed:20.30");
  compare(acc::exact{}, "exact");
  compare(acc::compensated{}, "kahan:binary32");
  compare(acc::promoted<acc::unit, acc::floating>{h100, {}, 32},
          "unit:h100.mma.fp16.fp32/promote:32/floating:binary32");
  compare(acc::promoted<acc::floating, acc::exact>{{assay::binary16}, {}, 5}, "floating:binary16/promote:5/exact");
  compare(acc::promoted<acc::exact, acc::compensated>{{}, {assay::binary16}, 5}, "exact/promote:5/kahan:binary16");
}

TEST_CASE("Promotion adds each partial sum to the second accumulator") {
  // By hand: 5 products of 1 in groups of 2, into binary32 from c = 0.5; the first accumulator is bfloat16 and drops
  // ones beyond 256.
  std::vector<std::uint16_t> ones(600, 0x3f80);
  const assay::code_vector x{ones, assay::bfloat16};
  const auto run = [&](const char* with) {
    return assay::to_double(assay::dot(assay::parse_accumulator(with), assay::order::sequential{}, x, x,
                                       {0x3f000000, assay::binary32}, assay::binary32)
                                .code,
                            assay::binary32);
  };
  CHECK(run("floating:bfloat16") == 256);
  CHECK(run("floating:bfloat16/promote:300/floating:binary32") == 512.5);
  CHECK(run("floating:bfloat16/promote:256/floating:binary32") == 600.5);
  CHECK(run("floating:bfloat16/promote:256/exact") == 600.5);
}

TEST_CASE("Strides and integer elements are read as they lie") {
  const std::vector<std::uint8_t> bytes{0xff, 2, 0x80, 4, 127, 6};  // int8: -1, -128, 127 at even places
  assay::code_vector a{bytes, assay::int8};
  a.size = 3;
  a.stride = 2;
  assay::code_vector b{bytes, assay::uint8};
  b.size = 3;
  b.stride = 2;
  const auto with = assay::parse_accumulator("integer:32");
  const double got = assay::to_double(
      assay::dot(with, assay::order::sequential{}, a, b, {0, assay::binary32}, assay::binary32).code, assay::binary32);
  CHECK(got == -1.0 * 255 - 128.0 * 128 + 127.0 * 127);
  const std::vector<std::uint32_t> codes{0x3f801fff, 0x3f800000};
  const auto unit = assay::parse_accumulator("unit:a100.mma.tf32.fp32");
  CHECK(assay::dot(unit, assay::order::sequential{}, {codes, assay::binary32}, {codes, assay::binary32},
                   {0, assay::binary32},
                   assay::binary32)
            .code == 0x40000000);  // 1 + 13 bits that the unit does not read
}

TEST_CASE("A sum is refused before any work when its parts do not fit") {
  CHECK(refusal("floating:binary32", assay::binary16, assay::int8) == "accepted");
  CHECK(refusal("unit:h100.mma.fp16.fp32", assay::bfloat16, assay::binary16) ==
        "unit h100.mma.fp16.fp32 does not take bfloat16; expected binary16");
  CHECK(refusal("unit:h100.wgmma.e4m3fn.fp32", assay::e4m3fn, assay::e5m2) == "accepted");
  CHECK(refusal("unit:h100.wgmma.e4m3fn.fp32", assay::e4m3fn, assay::int8) ==
        "unit h100.wgmma.e4m3fn.fp32 does not take int8; expected e4m3fn or e5m2");
  CHECK(refusal("unit:h100.mma.fp16.fp32", assay::binary16, assay::binary16, {0x3c00, assay::binary16}) ==
        "unit h100.mma.fp16.fp32 does not take an addend of binary16; expected binary32");
  CHECK(refusal("integer:32", assay::binary16, assay::int8) ==
        "an integer accumulator does not take binary16; expected integers of up to 32 bits");
  CHECK(refusal("exact", assay::format{11, 52, -90000}, assay::binary16).find("expected another lowest exponent") !=
        std::string::npos);
  CHECK(refusal("integer:32/promote:8/integer:64", assay::int8, assay::int8) == "accepted");
  CHECK(refusal("floating:binary32/promote:8/integer:64", assay::int8, assay::int8) ==
        "promotion into an integer accumulator; expected an integer one before it");
  CHECK(refusal("exact/promote:8/unit:h100.mma.fp16.fp32", assay::binary16, assay::binary16).find("does not take") !=
        std::string::npos);
  const std::vector<std::uint16_t> two{0, 0}, three{0, 0, 0};
  CHECK_THROWS_WITH(assay::dot(acc::exact{}, assay::order::sequential{}, {two, assay::binary16},
                               {three, assay::binary16}, {0, assay::binary32}, assay::binary32),
                    "a dot product of vectors of 2 and 3 elements; expected equal lengths");
  acc::floating unsound;
  unsound.how = {assay::rounding::stochastic, {}, {}, 0};
  CHECK(assay::unfit_accumulator(unsound, assay::binary16, assay::binary16, {}, 1) ==
        "stochastic rounding takes 0 bits; expected 1 to 32");
}

TEST_CASE("An empty dot product is its addend, rounded to the output") {
  const std::vector<std::uint16_t> none;
  for (const char* with : {"floating:binary32", "aligned", "unit:h100.mma.fp16.fp32", "fixed:20.30", "exact",
                           "kahan:binary32", "two_sum:binary32", "unit:h100.mma.fp16.fp32/promote:4/exact"}) {
    INFO(with);
    const auto run = [&](assay::encoded c) {
      return assay::dot(assay::parse_accumulator(with), assay::order::pairwise{}, {none, assay::binary16},
                        {none, assay::binary16}, c, assay::binary16)
          .code;
    };
    CHECK(run({0x3fc00000, assay::binary32}) == 0x3e00);
    CHECK(run({0, assay::binary32}) == 0);
  }
}

TEST_CASE("A sum of values is the dot product with ones") {
  test::random_source random(12);
  const auto x = narrowed<std::uint16_t>(test::hard_codes(random, assay::binary16, 50, true));
  const std::vector<std::uint16_t> ones(50, 0x3c00);
  for (const char* with :
       {"floating:binary16", "aligned", "unit:a100.mma.fp16.fp32", "fixed:20.30", "exact", "neumaier:binary32"}) {
    INFO(with);
    const auto a = assay::parse_accumulator(with);
    const assay::encoded none{0, assay::binary32};
    CHECK(assay::sum(a, assay::order::pairwise{}, {x, assay::binary16}, none, assay::binary32).code ==
          assay::dot(a, assay::order::pairwise{}, {x, assay::binary16}, {ones, assay::binary16}, none, assay::binary32)
              .code);
  }
}

namespace {

/// Sums of run-time formats: with and without a fast path, and such as touch its limits.
constexpr assay::format sum_formats[] = {
    assay::binary16, assay::bfloat16,    assay::binary32, assay::tf32,
    assay::e5m2,     assay::e4m3fn,      assay::e3m2fn,   assay::e2m1fn,
    assay::e4m3fnuz, assay::e4m3b11fnuz, {8, 13, 127},    {6, 9, 31},
    {3, 20, 3},      {10, 49, 500},      {11, 23, 1023},  {5, 10, 15, assay::encoding::finite},
    {2, 1, 1},       {8, 19, 127},       {8, 0, 127}};

acc::floating random_policy(test::random_source& random, assay::format sum, int mode) {
  acc::floating with{sum, {static_cast<assay::rounding>(mode)}};
  with.how.on_overflow = static_cast<assay::overflow>(random.below(3));
  with.how.random_bits = 1 + static_cast<int>(random.below(32));
  with.multiply = static_cast<acc::multiplication>(random.below(2));
  with.seed = random();
  return with;
}

std::string described(const acc::floating& with, assay::format in) {
  return test::text(assay::to_string(with), " of e", in.exponent_bits, "m", in.fraction_bits);
}

}  // namespace

TEST_CASE("A floating sum in a run-time format equals a loop of correctly rounded operations, in every mode") {
  test::random_source random(21);
  test::tally tally;
  const assay::format inputs[] = {assay::binary16, assay::bfloat16, assay::e4m3fn, assay::e5m2,
                                  assay::binary32, assay::e8m0fnu,  {4, 18, 7}};
  for (const assay::format& sum : sum_formats)
    for (const assay::format& in : inputs)
      for (int mode = 0; mode < 7; ++mode)
        for (int round = 0; round < 25; ++round) {
          const acc::floating with = random_policy(random, sum, mode);
          const std::size_t n = random.below(12);
          const bool finite = random.below(4) != 0;
          const auto a = narrowed<std::uint32_t>(test::hard_codes(random, in, n, finite));
          const auto b = narrowed<std::uint64_t>(test::hard_codes(random, in, n, finite));
          const assay::encoded c{test::hard_codes(random, sum, 1, finite)[0], sum};
          test::floating_model model(with, in, in);
          std::uint64_t expected = model.start(c.code, c.in);
          for (std::size_t i = 0; i < n; ++i) expected = model.step(expected, a[i], b[i]);
          const std::uint64_t got = assay::dot(with, assay::order::sequential{}, {a, in}, {b, in}, c, sum, {}).code;
          tally.expect(got == expected, [&] {
            return test::text(described(with, in), ": ", test::hex(got), " for ", test::hex(expected));
          });
        }
  tally.require();
}

TEST_CASE("A product beside a rounding boundary sees the smallest sum beyond it") {
  // c is tiny, the product a number of the sum's format, a midpoint of two, or their neighbour in binary32: a sum in
  // binary64 cannot hold both, and alone would be the boundary itself.
  test::random_source random(22);
  test::tally tally;
  const std::vector<std::uint32_t> one{0x3f800000}, minus_one{0xbf800000};
  for (const assay::format& sum : {assay::binary16, assay::bfloat16, assay::tf32, assay::format{8, 13, 127}})
    for (int mode = 0; mode < 7; ++mode)
      for (int round = 0; round < 3000; ++round) {
        acc::floating with = random_policy(random, sum, mode);
        const int spare = 23 - sum.fraction_bits;
        const auto exponent = static_cast<std::uint32_t>(127 - 12 + random.below(24));
        const auto digits = static_cast<std::uint32_t>(random.below(std::uint64_t{1} << (sum.fraction_bits + 1)));
        std::vector<std::uint32_t> a{exponent << 23 | digits << (spare - 1)};
        a[0] += static_cast<std::uint32_t>(random.below(3)) - 1;
        const bool tiny_sign = random.below(2) != 0;
        const std::uint64_t tiny = 1 + random.below(3);
        const assay::encoded c{tiny | (tiny_sign ? sum.sign_mask() : 0), sum};
        const auto& b = random.below(2) != 0 ? one : minus_one;
        test::floating_model model(with, assay::binary32, assay::binary32);
        const std::uint64_t expected = model.step(model.start(c.code, c.in), a[0], b[0]);
        const std::uint64_t got =
            assay::dot(with, assay::order::sequential{}, {a, assay::binary32}, {b, assay::binary32}, c, sum, {}).code;
        tally.expect(got == expected, [&] {
          return test::text(described(with, assay::binary32), ": ", test::hex(got), " for ", test::hex(expected));
        });
      }
  tally.require();
}

TEST_CASE("A floating sum of codes in memory is that of the header's accumulator in every order") {
  test::random_source random(23);
  test::tally tally;
  const assay::format in = assay::binary16;
  for (const assay::format& sum : sum_formats)
    for (int mode = 0; mode < 7; ++mode)
      for (const char* order : {"sequential", "reversed", "pairwise", "pairwise:3", "blocked:7", "split_k:3", "warp",
                                "permuted:5", "tree:(2+((0+3)+1))"}) {
        acc::floating with = random_policy(random, sum, mode);
        with.how.on_subnormal = static_cast<assay::subnormals>(random.below(4));
        const auto o = assay::parse_order(order);
        const std::size_t n = order[0] == 't' ? 4 : 1 + random.below(70);
        const auto a = narrowed<std::uint16_t>(test::hard_codes(random, in, n, true));
        const auto b = narrowed<std::uint16_t>(test::hard_codes(random, in, n, true));
        const assay::encoded c{test::hard_codes(random, assay::binary32, 1, true)[0], assay::binary32};
        const auto read = [&](const auto& codes) { return [&](std::size_t i) { return acc::read(codes[i], in); }; };
        const assay::conversion to{assay::rounding::toward_zero};
        const auto expected =
            assay::dot(with, o, n, read(a), read(b), acc::read(c.code, c.in), assay::binary32, to).code;
        const auto got = assay::dot(with, o, {a, in}, {b, in}, c, assay::binary32, to).code;
        tally.expect(got == expected, [&] {
          return test::text(order, " ", described(with, in), ": ", test::hex(got), " for ", test::hex(expected));
        });
      }
  tally.require();
}
