#include "engine/output_rule.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "formats_and_modes.hpp"
#include "wide.hpp"

using namespace assay;
using namespace assay::reference;

TEST_CASE("the truth's rounding of doubles is the oracle's, in every format, mode and policy",
          "[reference][rounding]") {
  test::random_source random(9);
  test::tally tally;
  for (const auto& output : test::formats_and_modes()) {
    const format to = output.first;
    const conversion how = output.second;
    const double_rounder round(to, how);
    oracle::rounder oracle(to);
    const oracle::limits limits(to);
    for (std::uint64_t i = 0; i < test::cases(20000); ++i) {
      // Beside a number of the format, halfway to the next, or anywhere.
      oracle::real x(64);
      oracle::value_of(test::biased_code(random, limits), limits, x);
      double v = mpfr_get_d(x.get(), MPFR_RNDN);
      if (!std::isfinite(v)) continue;
      if (i % 4 == 1) v = std::nextafter(v, random.below(2) == 0 ? HUGE_VAL : -HUGE_VAL);
      if (i % 4 == 2) v += std::ldexp(v, -to.precision());
      if (i % 4 == 3) v *= 1 + test::unit(random);
      if (!std::isfinite(v)) continue;
      mpfr_set_d(x.get(), v, MPFR_RNDN);
      tally.expect(round(v) == oracle.round(x.get(), 0, how).code,
                   [&] { return test::text(v, " in mode ", static_cast<int>(how.mode)); });
    }
  }
  tally.require();
}

TEST_CASE("an enclosure is decided only when both of its ends round to one code", "[reference][rounding]") {
  const output_rule rule(binary16, {});
  REQUIRE(rule.decide({1.0, 1.0 + 0x1p-12}, {}) == 0x3c00);
  REQUIRE_FALSE(rule.decide({1.0, 1.0 + 0x1p-10}, {}));
  REQUIRE_FALSE(rule.decide({-1e-30, 1e-30}, {}));
  REQUIRE(rule.decide({-1e-30, 1e-30}, {.nonnegative = true}) == 0);
  REQUIRE(rule.decide({0, 0}, {.zero_is_negative = true}) == 0x8000);
  REQUIRE_FALSE(rule.decide({0, 1e-30}, {.zero_is_negative = true}));
  REQUIRE_FALSE(rule.decide({NAN, NAN}, {}));
  REQUIRE_FALSE(rule.decide({70000, HUGE_VAL}, {}));
  REQUIRE(rule.decide({70000, 1e300}, {}) == 0x7c00);
}

TEST_CASE("an interval that holds one boundary names it", "[reference][rounding]") {
  const working_precision precision(128);
  const output_rule rule(e4m3fn, {});
  interval y(1.0625);  // halfway between 1 and 1.125
  mpfr_nextbelow(&y.get()->left);
  mpfr_nextabove(&y.get()->right);
  REQUIRE_FALSE(rule.decide(y, {}));
  const auto near = rule.boundary_in(y);
  REQUIRE(near.has_value());
  REQUIRE(near->at == 1.0625);
  REQUIRE(near->alone);
  REQUIRE(rule.code_of_boundary(rational(1.0625), {}) == 0x38);
  REQUIRE_FALSE(rule.boundary_in(interval(1.07)));
  // One of several is named as such.
  mpfr_set_d(&y.get()->left, 1.0, MPFR_RNDN);
  mpfr_set_d(&y.get()->right, 1.125, MPFR_RNDN);
  REQUIRE_FALSE(rule.boundary_in(y)->alone);
}

TEST_CASE("numbers beside a boundary, and beside zero, round as numbers as near as can be", "[reference][rounding]") {
  const output_rule nearest(e4m3fn, {}), up(binary16, {.mode = rounding::upward}),
      odd(binary16, {.mode = rounding::to_odd});
  REQUIRE(nearest.code_beside(rational(1.0625), 1) == 0x39);
  REQUIRE(nearest.code_beside(rational(1.0625), -1) == 0x38);
  REQUIRE(up.code_beside(1, 1) == 0x3c01);
  REQUIRE(up.code_beside(1, -1) == 0x3c00);
  REQUIRE(odd.code_beside(1, -1) == 0x3bff);
  REQUIRE(up.code_beside(0, 1) == 1);
  REQUIRE(up.code_beside(0, -1) == 0x8000);
  // A value known to be above zero rounds upward to the least number, however low its enclosure reaches.
  REQUIRE(up.decide({-1e-30, 1e-30}, {.strict = 1}) == 1);
  REQUIRE(up.decide({-1e-30, 1e-30}, {.strict = -1}) == 0x8000);
  REQUIRE_FALSE(up.decide({-1e-30, 1e-5}, {.strict = 1}));
}
