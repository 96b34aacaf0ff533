// The constants that specifications print, and every derived limit against a count over all codes.
#include <cmath>

#include <assay/format/decode.hpp>
#include <support/budget.hpp>
#include <support/formats.hpp>
#include <support/mpfr_oracle.hpp>
#include <support/tally.hpp>

namespace {

using namespace assay;

double value(std::uint64_t code, const format& f) {
  const auto v = decode(code, f);
  return std::ldexp(static_cast<double>(v.significand), v.exponent) * (v.negative ? -1 : 1);
}

struct known {
  std::string_view name;
  int width;
  double largest, least_normal, least;
  std::uint64_t finite_codes;
};

// IEEE 754-2019 table 3.5; OCP OFP8 1.0 table 2; OCP MX 1.0 tables 1, 3, 5 and 7; arXiv 2206.02915 for the fnuz formats.
constexpr known table[] = {
    {"binary16", 16, 65504, 0x1p-14, 0x1p-24, 63488},
    {"bfloat16", 16, 0x1.fep127, 0x1p-126, 0x1p-133, 65280},
    {"tf32", 19, 0x1.ffcp127, 0x1p-126, 0x1p-136, 2 * 255 * 1024},
    {"binary32", 32, 0x1.fffffep127, 0x1p-126, 0x1p-149, 2 * std::uint64_t{255} << 23},
    {"binary64", 64, 0x1.fffffffffffffp1023, 0x1p-1022, 0x1p-1074, 2 * std::uint64_t{2047} << 52},
    {"e4m3fn", 8, 448, 0x1p-6, 0x1p-9, 254},
    {"e5m2", 8, 57344, 0x1p-14, 0x1p-16, 248},
    {"e4m3", 8, 240, 0x1p-6, 0x1p-9, 240},
    {"e3m4", 8, 15.5, 0x1p-2, 0x1p-6, 224},
    {"e4m3fnuz", 8, 240, 0x1p-7, 0x1p-10, 255},
    {"e5m2fnuz", 8, 57344, 0x1p-15, 0x1p-17, 255},
    {"e4m3b11fnuz", 8, 30, 0x1p-10, 0x1p-13, 255},
    {"e3m2fn", 6, 28, 0x1p-2, 0x1p-4, 64},
    {"e2m3fn", 6, 7.5, 1, 0x1p-3, 64},
    {"e2m1fn", 4, 6, 1, 0.5, 16},
    {"e8m0fnu", 8, 0x1p127, 0x1p-127, 0x1p-127, 255},
};
static_assert(std::size(table) == named_formats.size());

}  // namespace

TEST_CASE("Named formats have the limits that their specifications print") {
  for (const known& row : table) {
    INFO(row.name);
    const auto found = find_named_format(row.name);
    REQUIRE(found.has_value());
    const format& f = *found;
    CHECK(f.width() == row.width);
    CHECK(value(f.max_finite_code(), f) == row.largest);
    CHECK(value(f.min_normal_code(), f) == row.least_normal);
    CHECK(value(f.min_positive_code(), f) == row.least);
    CHECK(f.finite_code_count() == row.finite_codes);
    CHECK(std::ldexp(1.0, f.min_exponent()) == row.least_normal);
    CHECK(std::ldexp(1.0, f.min_ulp_exponent()) == row.least);
    CHECK(f.max_exponent() == std::ilogb(row.largest));
  }
}

TEST_CASE("The code points that specifications print are where they say") {
  CHECK(value(0x7e, e4m3fn) == 448);   // OFP8 table 1: S.1111.110
  CHECK(value(0x08, e4m3fn) == 0x1p-6);
  CHECK(value(0x07, e4m3fn) == 0x1.cp-7);
  CHECK(value(0x7b, e5m2) == 57344);   // S.11110.11
  CHECK(value(0x03, e5m2) == 0x1.8p-15);
  CHECK(value(0x3c00, binary16) == 1);
  CHECK(value(0x7bff, binary16) == 65504);
  CHECK(value(0x3555, binary16) == 0x1.554p-2);
  CHECK(value(0x3f80, bfloat16) == 1);
  CHECK(value(0x7f, e8m0fnu) == 1);
  CHECK(value(0x7, e2m1fn) == 6);
  CHECK(value(0xf, e2m1fn) == -6);
  CHECK(value(0x7f, e5m2fnuz) == 57344);
  CHECK(binary16.nan_code() == 0x7e00);
  CHECK(bfloat16.nan_code() == 0x7fc0);
  CHECK(binary32.nan_code() == 0x7fc00000);
  CHECK(binary64.nan_code() == 0x7ff8000000000000);
  CHECK(e4m3fn.nan_code() == 0x7f);
  CHECK(e5m2.nan_code() == 0x7e);
  CHECK(e4m3fnuz.nan_code() == 0x80);
  CHECK(e8m0fnu.nan_code() == 0xff);
  CHECK(binary16.infinity_code() == 0x7c00);
}

TEST_CASE("The E4M3 of OCP has 448 as its largest number, and neither 480 nor 240") {
  double largest = 0;
  for (std::uint64_t code = 0; code < 256; ++code) {
    if (!decode(code, e4m3fn).is_nan()) largest = std::fmax(largest, value(code, e4m3fn));
    CHECK_FALSE(decode(code, e4m3fn).is_infinite());
  }
  REQUIRE(largest == 448);
  REQUIRE(e4m3fn.max_finite_code() == 0x7e);
  REQUIRE(e4m3.max_finite_code() == 0x77);
}

TEST_CASE("Derived limits of every format agree with a walk over all of its codes") {
  auto formats = test::made_formats(12);
  for (const format& f : test::named_formats_up_to(16)) formats.push_back(f);
  test::tally count;
  for (const format& f : formats) {
    const oracle::limits l(f);
    oracle::real x(64), previous(64);
    std::uint64_t finite = 0, nans = 0, infinities = 0, subnormals = 0, largest = 0, least = ~std::uint64_t{0};
    bool monotone = true;
    for (std::uint64_t code = 0; code < l.codes(); ++code) {
      oracle::value_of(code, l, x);
      if (mpfr_nan_p(x.get())) ++nans;
      if (mpfr_inf_p(x.get())) ++infinities;
      if (mpfr_number_p(x.get())) {
        ++finite;
        if (code < l.codes() / 2 || !l.has_sign) {
          if (finite > 1) monotone = monotone && mpfr_cmp(previous, x) < 0;
          mpfr_set(previous, x, MPFR_RNDN);
          largest = code;
          if (!mpfr_zero_p(x.get()) && least == ~std::uint64_t{0}) least = code;
          subnormals += is_subnormal_in(decode(code, f), f) ? 1u : 0u;
        }
      }
    }
    const auto name = [&] { return test::describe(f); };
    count.expect(monotone, name);
    count.expect(f.finite_code_count() == finite, name);
    count.expect(f.has_nan() == (nans > 0) && f.has_infinity() == (infinities > 0), name);
    count.expect(finite + nans + infinities == l.codes(), name);
    count.expect(f.max_finite_code() == largest && f.min_positive_code() == least, name);
    count.expect(!f.has_nan() || f.is_nan_code(f.nan_code()), name);
    const bool any_normal = f.min_normal_code() <= largest;
    count.expect(subnormals == (any_normal ? f.min_normal_code() - least : f.has_subnormals() ? largest : 0), name);
    oracle::value_of(largest, l, x);
    count.expect(f.max_exponent() == mpfr_get_exp(x.get()) - 1, name);
  }
  count.require();
}
