// Faults that were seen in respected implementations of small floating-point formats, each as a test of its own.
#include <bit>
#include <cmath>
#include <limits>

#include <assay/number/number.hpp>
#include <support/mpfr_operations.hpp>
#include <support/random.hpp>
#include <support/tally.hpp>

namespace {

using namespace assay;

constexpr conversion saturating{rounding::ties_to_even, overflow::saturate_finite};

}  // namespace

TEST_CASE("The largest fp8 E4M3 number is 448, not 480 and not 240") {
  CHECK(static_cast<float>(fp8_e4m3_t::from_bits(e4m3fn.max_finite_code())) == 448);
  CHECK(static_cast<float>(fp8_e4m3_t(448.0f)) == 448);
  CHECK(static_cast<float>(fp8_e4m3_t(1e9f, saturating)) == 448);
  CHECK(static_cast<float>(fp8_e4m3_t(480.0f, saturating)) == 448);
  CHECK(isnan(fp8_e4m3_t(480.0f)));
  CHECK(static_cast<float>(fp8_e4m3_t(464.0f)) == 448);  // half-way to 480, and 448 is even
  CHECK(isnan(fp8_e4m3_t(std::nextafter(464.0f, 500.0f))));
}

TEST_CASE("A saturating cast turns infinity into the largest number, not into NaN") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for (const named_format& row : named_formats) {
    INFO(row.name);
    const format f = row.value;
    CHECK(convert(infinity, f, saturating).code == f.max_finite_code());
    if (f.is_signed()) CHECK(convert(-infinity, f, saturating).code == (f.max_finite_code() | f.sign_mask()));
    CHECK(convert(std::numeric_limits<double>::infinity(), f, saturating).code == f.max_finite_code());
    if (f.has_nan()) CHECK(f.is_nan_code(convert(std::numeric_limits<float>::quiet_NaN(), f, saturating).code));
  }
}

TEST_CASE("Every tie goes to the even neighbour, in all formats and never away from zero by habit") {
  test::tally count;
  for (const format& f : {e4m3fn, e5m2, e3m4, e4m3fnuz, e2m1fn, binary16, bfloat16}) {
    const oracle::limits l(f);
    oracle::real low(64), high(64);
    for (std::uint64_t code = 0; code < l.largest; ++code) {
      oracle::value_of(code, l, low);
      oracle::value_of(code + 1, l, high);
      mpfr_add(low, low, high, MPFR_RNDN);
      mpfr_div_2ui(low, low, 1, MPFR_RNDN);
      const double middle = mpfr_get_d(low, MPFR_RNDN);
      const std::uint64_t even = code + code % 2;
      const std::uint64_t negative = even == 0 && !l.has_negative_zero ? 0 : even | l.sign;
      count.expect(convert(middle, f).code == even && convert(-middle, f).code == negative,
                   [&] { return test::text(test::describe(f), " above ", test::hex(code)); });
      // Just off the tie, on either side: what a conversion through a narrower type would lose.
      count.expect(convert(std::nextafter(middle, 1e300), f).code == code + 1 &&
                       convert(std::nextafter(middle, -1e300), f).code == code,
                   [&] { return test::text(test::describe(f), " beside the tie above ", test::hex(code)); });
    }
  }
  count.require();
}

TEST_CASE("double to fp8 rounds once, not by way of float") {
  // 1.0625 is a tie of e4m3fn; 2^-40 above it is lost in a float, which then ties to even.
  CHECK(fp8_e4m3_t(1.0625 + 0x1p-40).bits() == 0x39);
  CHECK(fp8_e4m3_t(static_cast<double>(static_cast<float>(1.0625 + 0x1p-40))).bits() == 0x38);
  CHECK(fp16_t(1 + 0x1p-11 + 0x1p-40).bits() == 0x3c01);
  CHECK(bf16_t(1 + 0x1p-8 + 0x1p-50).bits() == 0x3f81);
}

TEST_CASE("A long integer rounds once, not by way of float or double") {
  // The tie of binary32 at 2^60, one above it: a double loses the one.
  const std::int64_t tie = (std::int64_t{1} << 60) + (std::int64_t{1} << 36);
  CHECK(number<binary32>(tie).bits() == number<binary32>(std::int64_t{1} << 60).bits());
  CHECK(number<binary32>(tie + 1).bits() == number<binary32>(std::int64_t{1} << 60).bits() + 1);
  CHECK(bf16_t((std::int64_t{1} << 60) + (std::int64_t{1} << 52) + 1).bits() == 0x5d81);
}

TEST_CASE("Stochastic rounding does round up: its random word is not shifted empty") {
  test::tally count;
  test::random_source random(1);
  for (int n = 1; n <= 32; ++n) {
    const conversion how{rounding::stochastic, overflow::ieee, subnormals::keep, n};
    int ups = 0;
    constexpr int draws = 4000;
    for (int i = 0; i < draws; ++i) {
      const auto word = static_cast<std::uint32_t>(random());
      ups += convert(1.5 * 0x1p-7 + 1.5 * 0x1p-3, e5m2, how, word).code != convert(1.5 * 0x1p-7 + 1.5 * 0x1p-3, e5m2, {rounding::toward_zero}).code;
    }
    // 1/16 of 1.5 * 2^-3 is 3/8 of a unit in its last place of 2^-5: t / 2^n of the draws go up.
    const double t = std::floor(0.375 * std::ldexp(1, n)) / std::ldexp(1, n);
    const double sigma = std::sqrt(draws * 0.375 * 0.625);
    count.expect(std::fabs(ups - t * draws) <= 6 * sigma && (t == 0 ? ups == 0 : ups > 0),
                 [&] { return test::text("n = ", n, ": up ", ups, " of ", draws, " times"); });
    const auto all_ones = convert(1.5, format{5, 0, 15}, how, 0xffffffff);
    count.expect(all_ones.code == 16, [&] { return test::text("n = ", n, ": the largest word rounds half an ulp up"); });
  }
  count.require();
}

TEST_CASE("A fused multiply-add rounds once, not twice") {
  // (1 + 2^-10) * (1 + 2^-10) = 1 + 2^-9 + 2^-20. Added to 2^-11 that is just above a tie of binary16; a product rounded
  // first ties to even instead.
  const fp16_t a = fp16_t::from_bits(0x3c01);
  const fp16_t c(0x1p-11);
  CHECK(fma(a, a, c).bits() == 0x3c03);
  CHECK((a * a + c).bits() == 0x3c02);
  // The double rounding by way of float: the exact result lies 2^-31 beside a tie.
  const bf16_t x(0x1.02p0), y(0x1.02p0), z(0x1p-30);
  CHECK(fma(x, y, z).bits() == oracle::rounder(bfloat16).round([] {
    oracle::real exact(200);
    mpfr_set_d(exact, 0x1.02p0 * 0x1.02p0, MPFR_RNDN);
    mpfr_add_d(exact, exact, 0x1p-30, MPFR_RNDN);
    return exact;
  }(), 0, {}).code);
  // And at random, beside ties.
  test::tally count;
  test::random_source random(2);
  for (const format& f : {binary16, bfloat16, binary32}) {
    const oracle::limits l(f);
    oracle::rounder into(f), through_float(binary32), through_double(binary64);
    oracle::operand p, q, r;
    oracle::outcome exact;
    int would_differ = 0;
    for (int i = 0; i < 10000; ++i) {
      // 1.5 times any number has one digit more than the format: half of the products are ties. c breaks the tie, from
      // below the last digit of the wider format that a product rounded first would live in.
      const bool narrow = f.fraction_bits < 23;
      const auto exponent = [&](int e) { return static_cast<std::uint64_t>(f.bias + e) << f.fraction_bits; };
      const std::uint64_t u = exponent(8) | l.hidden / 2;
      const std::uint64_t v = exponent(4) | (random() & (l.hidden - 1));
      const int depth = (narrow ? 24 : 53) + 1 + static_cast<int>(random.below(2));
      const std::uint64_t w = exponent(12 - depth) | (random() & l.sign);
      p.read(u, l);
      q.read(v, l);
      r.read(w, l);
      exact.compute(oracle::operation::fma, p, q, r);
      exact.place(into);
      const std::uint64_t expected = exact.finish(into, {}).code;
      count.expect(fma({u, f}, {v, f}, {w, f}, f).code == expected, [&] {
        return test::text("fma ", test::describe(f), ' ', test::hex(u), ' ', test::hex(v), ' ', test::hex(w));
      });
      // The sample is a hard one if rounding by way of a float, or of a double, goes wrong on some of it.
      const auto first = (narrow ? through_float : through_double).round(exact.value, exact.ternary, {}).code;
      const auto second = into.round(oracle::value_of(first, narrow ? binary32 : binary64), 0, {}).code;
      would_differ += second != expected ? 1 : 0;
    }
    CHECK(would_differ > 1000);
  }
  count.require();
}

TEST_CASE("A quiet NaN stays a NaN and never becomes -0, a signalling one never infinity") {
  for (const std::uint32_t bits : {0x7fc00000u, 0xffc00000u, 0x7f800001u, 0xff800001u, 0x7fffffffu, 0xffffffffu, 0x7f802000u,
                                   0xff80ffffu, 0x7fbfffffu}) {
    const auto x = std::bit_cast<float>(bits);
    for (const named_format& row : named_formats) {
      const format f = row.value;
      if (!f.has_nan()) continue;
      for (const rounding mode : {rounding::ties_to_even, rounding::ties_to_away, rounding::toward_zero, rounding::upward,
                                  rounding::downward, rounding::to_odd}) {
        INFO(row.name << " from " << bits);
        const rounded r = convert(x, f, {mode});
        CHECK(f.is_nan_code(r.code));
        CHECK(any(r.raised & exceptions::invalid) == ((bits & 0x400000) == 0));
        if (f.has_signed_nan()) CHECK(((r.code & f.sign_mask()) != 0) == (bits >> 31 != 0));
      }
    }
    CHECK(isnan(fp16_t(x)));
    CHECK(isnan(bf16_t(x)));
    CHECK(isnan(fp8_e4m3_t(x)));
    CHECK(isnan(fp8_e5m2_t(x)));
  }
}

TEST_CASE("Subnormal results are rounded once at their own last place") {
  // Eleven digits of a product that lands half-way between two subnormals: to the even one.
  CHECK((fp16_t::from_bits(0x0801) * fp16_t(0.25)).bits() == 0x0200);
  CHECK((fp16_t::from_bits(0x0803) * fp16_t(0.25)).bits() == 0x0202);
  CHECK(fp16_t(0x1p-25).bits() == 0);
  CHECK(fp16_t(0x1.000002p-25f).bits() == 1);
  CHECK(fp16_t(0x1.8p-24).bits() == 2);
  CHECK((fp16_t::from_bits(1) * fp16_t(0.5)).bits() == 0);
  CHECK((fp16_t::from_bits(3) * fp16_t(0.5)).bits() == 2);
}
