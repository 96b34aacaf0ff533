// The exact sum against MPFR numbers of 6,000 bits, where every sum here is exact too.
#include <assay/accumulate/aligned.hpp>
#include <assay/accumulate/exact.hpp>

#include <algorithm>

#include "vectors.hpp"

namespace {

namespace acc = assay::accumulate;
using assay::format;

struct sample {
  format fa, fb, fc;
  std::vector<std::uint64_t> a, b;
  std::uint64_t c;
};

sample make_sample(test::random_source& random, const format& fa, const format& fb, std::size_t n, bool finite) {
  sample s{fa, fb, random.below(2) == 0 ? assay::binary32 : fa, {}, {}, 0};
  s.a = test::hard_codes(random, fa, n, finite);
  s.b = test::hard_codes(random, fb, n, finite);
  s.c = test::hard_codes(random, s.fc, 1, finite)[0];
  return s;
}

acc::exact::state add_up(const acc::exact& sum, const sample& v) {
  auto s = sum.start(acc::read(v.c, v.fc));
  for (std::size_t i = 0; i < v.a.size(); ++i) sum.multiply_add(s, acc::read(v.a[i], v.fa), acc::read(v.b[i], v.fb));
  return s;
}

/// MPFR's sum, its zeros signed as the definition says.
oracle::real true_sum(const sample& v, assay::rounding mode) {
  oracle::real sum = test::wide_value(v.c, v.fc), p = test::wide_real();
  bool positive = !mpfr_signbit(sum.get()), negative = !positive;
  for (std::size_t i = 0; i < v.a.size(); ++i) {
    mpfr_mul(p, test::wide_value(v.a[i], v.fa), test::wide_value(v.b[i], v.fb), MPFR_RNDN);
    (mpfr_signbit(p.get()) ? negative : positive) = true;
    REQUIRE(mpfr_add(sum, sum, p, MPFR_RNDN) == 0);
  }
  const bool minus_zero = positive && negative ? mode == assay::rounding::downward : negative;
  if (mpfr_zero_p(sum.get())) mpfr_set_zero(sum, minus_zero ? -1 : 1);
  return sum;
}

}  // namespace

TEST_CASE("An exact sum is rounded once, in every mode, for every pair of formats") {
  test::random_source random(2);
  test::tally tally;
  const format inputs[] = {assay::binary16, assay::bfloat16, assay::binary32, assay::binary64, assay::e4m3fn,
                           assay::e5m2,     assay::e2m1fn,   assay::e8m0fnu,  {7, 20, 63},     {11, 52, 1023}};
  const format outputs[] = {assay::binary16, assay::binary32, assay::binary64, assay::e4m3fn, assay::bfloat16};
  for (const format& fa : inputs)
    for (const format& fb : inputs)
      for (int round = 0; round < 6; ++round) {
        const sample v = make_sample(random, fa, fb, 1 + random.below(20), random.below(4) != 0);
        const acc::exact exact;
        const auto s = add_up(exact, v);
        for (const format& out : outputs)
          for (int mode = 0; mode < 7; ++mode) {
            const assay::conversion how{static_cast<assay::rounding>(mode), assay::overflow::ieee,
                                        assay::subnormals::keep, 24};
            const auto word = static_cast<std::uint32_t>(random());
            oracle::rounder into(out);
            const std::uint64_t expected = into.round(true_sum(v, how.mode), 0, how, word).code;
            const std::uint64_t got = exact.result(s, out, how, word).code;
            tally.expect(got == expected, [&] { return test::text(test::hex(got), " for ", test::hex(expected)); });
          }
      }
  tally.require();
}

TEST_CASE("The order of an exact sum's terms, and its division into parts, cannot be seen") {
  test::random_source random(3);
  for (int round = 0; round < 200; ++round) {
    sample v = make_sample(random, assay::binary64, assay::binary64, 40, true);
    const acc::exact exact;
    const auto forward = exact.result(add_up(exact, v), assay::binary64).code;
    sample head = v, tail = v;
    head.a.resize(13), head.b.resize(13);
    tail.a.erase(tail.a.begin(), tail.a.begin() + 13), tail.b.erase(tail.b.begin(), tail.b.begin() + 13);
    tail.c = 0, tail.fc = assay::binary32;
    auto parts = add_up(exact, head);
    exact.merge(parts, add_up(exact, tail));
    REQUIRE(exact.result(parts, assay::binary64).code == forward);
    std::reverse(v.a.begin(), v.a.end());
    std::reverse(v.b.begin(), v.b.end());
    REQUIRE(exact.result(add_up(exact, v), assay::binary64).code == forward);
  }
}

TEST_CASE("Largest and smallest binary64 products cancel without a trace") {
  const acc::exact exact;
  const auto largest = acc::read(0x7fefffffffffffff, assay::binary64),
             minus = acc::read(0xffefffffffffffff, assay::binary64);
  const auto smallest = acc::read(1, assay::binary64), one = acc::read(std::int64_t{1});
  auto s = exact.start();
  for (int i = 0; i < 1000; ++i) exact.multiply_add(s, largest, largest);
  exact.multiply_add(s, smallest, smallest);
  exact.add(s, smallest);
  for (int i = 0; i < 1000; ++i) exact.multiply_add(s, largest, minus);
  CHECK(exact.result(s, assay::binary64).code == 1);
  CHECK(exact.result(s, assay::binary64, {assay::rounding::upward}).code == 2);  // the product of 2^-2148 still counts
  exact.multiply_add(s, one, acc::read(0x8000000000000001, assay::binary64));
  CHECK(exact.result(s, assay::binary64).code == 0);
  CHECK(exact.result(s, assay::binary64, {assay::rounding::upward}).code == 1);
}

TEST_CASE("The window holds what its format check says, and a term outside gives NaN") {
  const acc::exact usual;
  CHECK(usual.holds_products(assay::binary64, assay::binary64));
  CHECK(usual.holds_numbers(assay::binary64));
  const format high{11, 52, -100000};
  CHECK_FALSE(usual.holds_products(high, high));
  const acc::exact moved{2 * high.min_ulp_exponent()};
  CHECK(moved.holds_products(high, high));
  auto s = moved.start();
  moved.multiply_add(s, acc::read(1, high), acc::read(1, high));
  CHECK_FALSE(s.outside);
  auto t = usual.start();
  usual.multiply_add(t, acc::read(1, high), acc::read(1, high));
  CHECK(usual.value(t).is_nan());
}

TEST_CASE("An aligned addition with enough bits is the exact sum") {
  // e4m3fn products span 2^-18 to 2^17: 96 fraction bits cut nothing.
  test::random_source random(4);
  test::tally tally;
  acc::aligned aligned;
  aligned.group = 32;
  aligned.fraction_bits = 96;
  aligned.output = {assay::rounding::ties_to_even};
  const acc::exact exact;
  for (int round = 0; round < 3000; ++round) {
    const format in = random.below(2) == 0 ? assay::e4m3fn : assay::e2m3fn;
    const auto a = test::hard_codes(random, in, 32, false), b = test::hard_codes(random, in, 32, true);
    auto s = aligned.start();
    auto t = exact.start();
    for (std::size_t i = 0; i < 32; ++i) {
      aligned.multiply_add(s, acc::read(a[i], in), acc::read(b[i], in));
      exact.multiply_add(t, acc::read(a[i], in), acc::read(b[i], in));
    }
    const auto got = aligned.result(s, assay::binary32).code, expected = exact.result(t, assay::binary32).code;
    tally.expect(got == expected, [&] { return test::text(test::hex(got), " for ", test::hex(expected)); });
  }
  tally.require();
}
