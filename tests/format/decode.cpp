// Every code of every format means what the definition says, worked out by MPFR.
#include <bit>
#include <cmath>

#include <assay/format/decode.hpp>
#include <support/budget.hpp>
#include <support/formats.hpp>
#include <support/mpfr_oracle.hpp>
#include <support/tally.hpp>

namespace {

using namespace assay;

bool means_the_same(const unpacked<std::uint64_t>& v, std::uint64_t code, const oracle::limits& l, mpfr_ptr value) {
  oracle::value_of(code, l, value);
  if (mpfr_nan_p(value)) {
    const oracle::nan_bits nan = oracle::nan_of(code, l);
    return v.is_nan() && v.negative == nan.negative && v.significand == nan.fraction;
  }
  if (v.negative != (mpfr_signbit(value) != 0)) return false;
  if (mpfr_inf_p(value)) return v.is_infinite();
  if (mpfr_zero_p(value)) return v.is_zero();
  mpfr_abs(value, value, MPFR_RNDN);
  return v.kind == value_class::finite && v.significand != 0 &&
         mpfr_cmp_ui_2exp(value, v.significand, v.exponent) == 0 &&
         is_subnormal_in(v, l.f) == l.is_subnormal(code) && v.leading_exponent() == mpfr_get_exp(value) - 1;
}

void check_every_code(const format& f, std::uint64_t step, test::tally& count) {
  const oracle::limits l(f);
  oracle::real value(64);
  for (std::uint64_t code = 0; code < l.codes(); code += step) {
    count.expect(means_the_same(decode(code, f), code, l, value),
                 [&] { return test::text(test::describe(f), " code ", test::hex(code)); });
    // What lies above the format's width is none of its business.
    count.expect(decode(code | ~f.code_mask(), f).significand == decode(code, f).significand,
                 [&] { return test::text(test::describe(f), " high bits over ", test::hex(code)); });
  }
}

}  // namespace

TEST_CASE("Every code of every named format of up to 19 bits decodes to its value by definition") {
  test::tally count;
  for (const format& f : test::named_formats_up_to(19)) check_every_code(f, 1, count);
  count.require();
}

TEST_CASE("Every code of a thousand user-made formats decodes to its value by definition") {
  const auto formats = test::made_formats(16);
  REQUIRE(formats.size() > 1000);
  test::tally count;
  for (const format& f : formats) check_every_code(f, f.width() <= 10 ? 1 : test::stride, count);
  count.require();
}

TEST_CASE("Wide formats decode by definition on random codes and at their ends") {
  test::tally count;
  std::uint64_t state = 1;
  for (const format& f : {binary32, binary64, tf32, format{11, 40, 1023}, format{11, 52, -5000, encoding::fn},
                          format{1, 52, 0, encoding::finite}, format{9, 33, 700, encoding::fnuz}}) {
    const oracle::limits l(f);
    oracle::real value(64);
    const auto check = [&](std::uint64_t code) {
      code &= f.code_mask();
      count.expect(means_the_same(decode(code, f), code, l, value),
                   [&] { return test::text(test::describe(f), " code ", test::hex(code)); });
    };
    for (std::uint64_t i = 0; i < test::cases(20000); ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      check(state ^ (state >> 29));
    }
    for (const std::uint64_t end : {std::uint64_t{0}, l.hidden, l.largest, l.top}) {
      for (std::uint64_t d = 0; d < 4; ++d) {
        for (const std::uint64_t sign : {std::uint64_t{0}, l.sign}) {
          check((end + d) | sign);
          check((end - d) | sign);
        }
      }
    }
  }
  count.require();
}

TEST_CASE("A native float or double decodes to itself") {
  for (const double x : {0.0, -0.0, 1.0, -1.5, 0x1p-1074, 0x1.fffffffffffffp1023, 0x1p-1022}) {
    const auto v = decode(x);
    REQUIRE(v.negative == std::signbit(x));
    REQUIRE(std::ldexp(static_cast<double>(v.significand), v.exponent) == std::fabs(x));
  }
  const auto v = decode(-0x3p-149f);
  REQUIRE(v.negative);
  REQUIRE(v.significand == 3);
  REQUIRE(v.exponent == -149);
}

static_assert(decode(0x7e, e4m3fn).significand == 14 && decode(0x7e, e4m3fn).exponent == 5);
static_assert(decode(0xff, e4m3fn).is_nan() && decode(0xff, e4m3fn).negative);
static_assert(decode(0x80, e4m3fnuz).is_nan() && !decode(0x80, e4m3fnuz).negative);
static_assert(decode(0x80, e5m2).is_zero() && decode(0x80, e5m2).negative);
static_assert(decode(0x7c, e5m2).is_infinite() && decode(0x7d, e5m2).is_nan());
static_assert(decode(0xff, e8m0fnu).is_nan() && decode(0, e8m0fnu).exponent == -127);
