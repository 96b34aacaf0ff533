// Fixed-point and integer sums against plain wide integers.
#include <assay/accumulate/fixed.hpp>
#include <assay/accumulate/integer.hpp>

#include <algorithm>

#include "vectors.hpp"

namespace {

namespace acc = assay::accumulate;
using assay::format;
using assay::int128;

/// Two's complement of so many bits, by definition: steps of 2^bits, or the nearest limit.
int128 reduced(int128 x, int bits, acc::fixed_overflow how) {
  const int128 span = int128{1} << bits, low = -(span / 2), high = span / 2 - 1;
  if (how == acc::fixed_overflow::saturate) return std::clamp(x, low, high);
  x = ((x - low) % span + span) % span;
  return x + low;
}

/// A real number's multiple of 2^-fraction_bits: exact for saturation up to 2^100, modulo 2^100 for wrapping.
int128 in_units(oracle::real x, const acc::fixed& a) {
  test::cut(x, -a.fraction_bits, a.mode);
  mpfr_mul_2si(x, x, a.fraction_bits, MPFR_RNDN);
  oracle::real span = test::wide_real();
  mpfr_set_ui_2exp(span, 1, 100, MPFR_RNDN);
  if (a.on_overflow == acc::fixed_overflow::wrap) {
    mpfr_fmod(x, x, span, MPFR_RNDN);
  } else if (mpfr_cmpabs(x, span) > 0) {
    mpfr_copysign(x, span, x, MPFR_RNDN);
  }
  const bool negative = mpfr_signbit(x.get()) != 0;
  mpfr_abs(x, x, MPFR_RNDN);
  oracle::real high = test::wide_real();
  mpfr_div_2ui(high, x, 50, MPFR_RNDN);
  mpfr_trunc(high, high);
  const auto top = static_cast<int128>(mpfr_get_ui(high, MPFR_RNDN));
  mpfr_mul_2ui(high, high, 50, MPFR_RNDN);
  mpfr_sub(x, x, high, MPFR_RNDN);
  const int128 magnitude = (top << 50) + static_cast<int128>(mpfr_get_ui(x, MPFR_RNDN));
  return negative ? -magnitude : magnitude;
}

std::int64_t any_integer(test::random_source& random, int bits) {
  const std::int64_t limit = std::int64_t{1} << (bits - 1);
  switch (random.below(4)) {
    case 0: return -limit;
    case 1: return limit - 1;
    default: return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(2 * limit))) - limit;
  }
}

}  // namespace

TEST_CASE("A fixed-point sum rounds each product to its grid, then wraps or saturates") {
  test::random_source random(41);
  test::tally tally;
  const format inputs[] = {assay::binary16, assay::bfloat16, assay::e4m3fn,
                           assay::binary32, assay::e5m2,     assay::binary64};
  for (int round = 0; round < 4000; ++round) {
    acc::fixed a;
    a.integer_bits = static_cast<int>(random.below(40));
    a.fraction_bits = static_cast<int>(1 + random.below(static_cast<std::uint64_t>(63 - a.integer_bits)));
    a.on_overflow = static_cast<acc::fixed_overflow>(random.below(2));
    a.mode = static_cast<assay::rounding>(random.below(6));
    REQUIRE(a.is_valid());
    const format in = inputs[random.below(6)];
    const auto x = test::hard_codes(random, in, 8, true), y = test::hard_codes(random, in, 8, true);
    const std::uint64_t c = test::hard_codes(random, in, 1, true)[0];
    auto s = a.start(acc::read(c, in));
    int128 sum = reduced(in_units(test::wide_value(c, in), a), a.bits(), a.on_overflow);
    for (std::size_t i = 0; i < x.size(); ++i) {
      a.multiply_add(s, acc::read(x[i], in), acc::read(y[i], in));
      oracle::real p = test::wide_real();
      mpfr_mul(p, test::wide_value(x[i], in), test::wide_value(y[i], in), MPFR_RNDN);
      sum = reduced(sum + in_units(p, a), a.bits(), a.on_overflow);
      tally.expect(s.sum == static_cast<std::int64_t>(sum), [&] {
        return test::text("fixed ", a.integer_bits, ".", a.fraction_bits, ": ", s.sum, " for ",
                          static_cast<std::int64_t>(sum));
      });
    }
  }
  tally.require();
}

TEST_CASE("A fixed-point sum of a NaN is a NaN; an infinity saturates, or is a NaN where sums wrap") {
  const auto one = acc::read(0x3c00, assay::binary16), nan = acc::read(0x7e00, assay::binary16);
  const auto minus_infinity = acc::read(0xfc00, assay::binary16);
  for (const auto how : {acc::fixed_overflow::saturate, acc::fixed_overflow::wrap}) {
    const acc::fixed a{7, 8, how};
    auto s = a.start(one);
    a.multiply_add(s, one, nan);
    CHECK(a.value(s).value.is_nan());
    auto t = a.start(one);
    a.multiply_add(t, one, minus_infinity);
    if (how == acc::fixed_overflow::wrap) {
      CHECK(a.value(t).value.is_nan());
    } else {
      CHECK(a.result(t, assay::binary16).code == 0xd800);  // -128
    }
  }
}

TEST_CASE("Integer sums of every width wrap or saturate once a group") {
  test::random_source random(42);
  test::tally tally;
  for (int bits = 8; bits <= 64; ++bits) {
    for (int round = 0; round < 40; ++round) {
      acc::integer a{bits, static_cast<acc::fixed_overflow>(random.below(2)), static_cast<int>(1 + random.below(5)), 0};
      if (random.below(2) == 0) a.group_bits = static_cast<int>(8 + random.below(57));
      REQUIRE(a.is_valid());
      const int operand_bits = random.below(2) == 0 ? 8 : 32;
      auto s = a.start(acc::read(any_integer(random, 32)));
      int128 sum = a.integer_value(s), group = 0;
      int in_group = 0;
      for (int i = 0; i < 24; ++i) {
        const std::int64_t x = any_integer(random, operand_bits), y = any_integer(random, operand_bits);
        a.multiply_add(s, acc::read(x), acc::read(y));
        group += int128{x} * y;
        if (++in_group < a.group) continue;
        if (a.group_bits != 0) group = reduced(group, a.group_bits, acc::fixed_overflow::saturate);
        sum = reduced(sum + group, bits, a.on_overflow);
        group = 0, in_group = 0;
        tally.expect(a.integer_value(s) == static_cast<std::int64_t>(sum), [&] {
          return test::text(bits, " bits: ", a.integer_value(s), " for ", static_cast<std::int64_t>(sum));
        });
      }
    }
  }
  tally.require();
}

TEST_CASE("pmaddubsw saturates each pair of products to 16 bits; dp4a only its four products' sum, if at all") {
  // 255 * 127 twice is 64770: pmaddubsw gives 32767.
  const auto u = acc::read(std::int64_t{255}), s = acc::read(std::int64_t{127}), minus = acc::read(std::int64_t{-128});
  const auto sum_of_four = [&](const acc::integer& a, acc::operand left, acc::operand right) {
    auto state = a.start();
    for (int i = 0; i < 4; ++i) a.multiply_add(state, left, right);
    return a.integer_value(state);
  };
  CHECK(sum_of_four(acc::pmaddubsw, u, s) == 2 * 32767);
  CHECK(sum_of_four(acc::pmaddubsw, u, minus) == -2 * 32768);
  CHECK(sum_of_four(acc::dp4a, u, s) == 4 * 255 * 127);
  auto near_top = acc::dp4a_saturating.start(acc::read(std::int64_t{2147483647}));
  const auto one = acc::read(std::int64_t{1}), minus_one = acc::read(std::int64_t{-1});
  acc::dp4a_saturating.multiply_add(near_top, one, one);  // + 1 - 1 + 1 - 1 within one step: no saturation on the way
  acc::dp4a_saturating.multiply_add(near_top, one, minus_one);
  acc::dp4a_saturating.multiply_add(near_top, one, one);
  acc::dp4a_saturating.multiply_add(near_top, one, minus_one);
  CHECK(acc::dp4a_saturating.integer_value(near_top) == 2147483647);
  auto wrapped = acc::dp4a.start(acc::read(std::int64_t{2147483647}));
  acc::dp4a.multiply_add(wrapped, one, one);
  CHECK(acc::dp4a.integer_value(wrapped) == -2147483648LL);
}

TEST_CASE("An integer sum of a value that is no integer is a NaN") {
  const acc::integer a;
  auto s = a.start();
  a.multiply_add(s, acc::read(0x3e00, assay::binary16), acc::read(std::int64_t{1}));  // 1.5
  CHECK(a.value(s).value.is_nan());
  auto t = a.start();
  a.multiply_add(t, acc::read(0x4200, assay::binary16), acc::read(std::int64_t{7}));  // 3
  CHECK(a.integer_value(t) == 21);
}
