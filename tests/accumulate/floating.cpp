// Sums rounded after every addition, against a loop of MPFR operations each rounded by the oracle.
#include <assay/accumulate/floating.hpp>

#include "floating_model.hpp"

namespace {

namespace acc = assay::accumulate;
using assay::format;
using test::text;

void compare(test::tally& tally, test::random_source& random, const acc::floating& accumulator, format fa, format fb) {
  test::floating_model m(accumulator, fa, fb);
  const std::size_t n = 12;
  const auto a = test::hard_codes(random, fa, n, random.below(4) != 0), b = test::hard_codes(random, fb, n, true);
  const std::uint64_t c = test::hard_codes(random, accumulator.in, 1, true)[0];
  auto s = accumulator.start(acc::read(c, accumulator.in));
  std::uint64_t expected = m.start(c, accumulator.in);
  for (std::size_t i = 0; i < n; ++i) {
    accumulator.multiply_add(s, acc::read(a[i], fa), acc::read(b[i], fb));
    expected = m.step(expected, a[i], b[i]);
    // A last sum that is subnormal is flushed when it is read again: compare what the next step would see.
    const bool flushed =
        oracle::flushes_input(accumulator.how) && oracle::limits(accumulator.in).is_subnormal(expected);
    if (flushed) expected = m.start(expected, accumulator.in);
    const std::uint64_t got = accumulator.result(s, accumulator.in).code;
    tally.expect(got == expected, [&] {
      return text("step ", i, " in e", accumulator.in.exponent_bits, "m", accumulator.in.fraction_bits, " mode ",
                  static_cast<int>(accumulator.how.mode), ": ", test::hex(got), " for ", test::hex(expected));
    });
  }
}

}  // namespace

TEST_CASE("A floating sum equals a loop of correctly rounded operations") {
  test::random_source random(1);
  test::tally tally;
  const format sums[] = {assay::binary16, assay::bfloat16, assay::binary32,
                         assay::binary64, assay::tf32,     assay::e5m2,
                         assay::e4m3fn,   {8, 13, 127},    {6, 9, 40, assay::encoding::fnuz}};
  const format inputs[] = {assay::binary16, assay::bfloat16, assay::e4m3fn,
                           assay::e5m2,     assay::binary32, assay::binary64};
  const assay::rounding modes[] = {assay::rounding::ties_to_even, assay::rounding::ties_to_away,
                                   assay::rounding::toward_zero,  assay::rounding::upward,
                                   assay::rounding::downward,     assay::rounding::to_odd};
  for (int round = 0; round < 3; ++round)
    for (const format& sum : sums)
      for (const format& in : inputs)
        for (const assay::rounding mode : modes)
          for (const acc::multiplication m : {acc::multiplication::fused, acc::multiplication::rounded}) {
            const auto on_overflow = static_cast<assay::overflow>(random.below(3));
            const auto on_subnormal = static_cast<assay::subnormals>(random.below(4));
            compare(tally, random, {sum, {mode, on_overflow, on_subnormal}, m}, in, in);
            compare(tally, random, {sum, {mode}, m}, in, random.below(2) == 0 ? in : assay::e5m2);
          }
  tally.require();
}

TEST_CASE("A fused sum rounds once what multiply-then-add rounds twice") {
  // In binary16, (1 + 2^-10) 2^-11 (1 - 2^-11) is 2^-11 (1 + 2^-11 - 2^-21): just above the tie between 1 and its
  // neighbour. Rounded first, the product is 2^-11, the tie itself, and the sum stays at the even 1.
  const auto one = acc::read(0x3c00, assay::binary16), x = acc::read(0x3c01, assay::binary16);
  const auto y = acc::read(0x0fff, assay::binary16);
  for (const acc::multiplication m : {acc::multiplication::fused, acc::multiplication::rounded}) {
    const acc::floating a{assay::binary16, {}, m};
    auto s = a.start(one);
    a.multiply_add(s, x, y);
    CHECK(a.result(s, assay::binary16).code == (m == acc::multiplication::fused ? 0x3c01 : 0x3c00));
  }
}

TEST_CASE("Stochastic sums take the words of their stream in sequence") {
  const acc::floating a{assay::bfloat16, {assay::rounding::stochastic, {}, {}, 16}, acc::multiplication::rounded, 99};
  const auto x = acc::read(0x3f8b, assay::bfloat16), y = acc::read(0x3c13, assay::bfloat16);
  auto s = a.start({}, 5);
  const std::uint64_t stream = acc::stream_word(99, 5);
  std::uint64_t sum = 0, draw = 1;  // the start took word 0
  const auto word = [&] { return static_cast<std::uint32_t>(acc::stream_word(stream, draw++) >> 32); };
  for (int i = 0; i < 100; ++i) {
    a.multiply_add(s, x, y);
    const auto p =
        assay::multiply({0x3f8b, assay::bfloat16}, {0x3c13, assay::bfloat16}, assay::bfloat16, a.how, word());
    sum = assay::add({sum, assay::bfloat16}, {p.code, assay::bfloat16}, assay::bfloat16, a.how, word()).code;
    REQUIRE(a.result(s, assay::bfloat16).code == sum);
  }
  auto other = a.start({}, 6);
  for (int i = 0; i < 100; ++i) a.multiply_add(other, x, y);
  CHECK(a.result(other, assay::bfloat16).code != sum);
}
