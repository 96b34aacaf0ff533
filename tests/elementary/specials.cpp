// Special values and exact cases as tables, the exceptions, constant evaluation, and the ways to call.
#include <stdexcept>

#include <assay/number/elementary.hpp>
#include <catch2/catch.hpp>
#include <support/tally.hpp>

namespace {

using namespace assay;
using half = number<binary16>;

// ---- constant evaluation ----

constexpr half from(double x) { return half(x); }

static_assert(exp(from(1)).bits() == 0x4170);  // 2.71828 between 2.716797 and 2.71875
static_assert(exp(from(1), {rounding::downward}).bits() == 0x416f);
static_assert(exp<bfloat16>(from(-5)) == number<bfloat16>(0.00673794700));
static_assert(exp2(from(-24)).bits() == 1);  // the smallest subnormal, exactly
static_assert(expm1(from(-17)) == from(-1));
static_assert(log(from(0.5)) == from(-0.693147181));
static_assert(log2(from(4096)) == from(12));
static_assert(log1p(from(-0.5)) == from(-0.693147181));
static_assert(tanh(from(9)) == from(1));
static_assert(tanh(from(9), {rounding::toward_zero}).bits() == 0x3bff);
static_assert(erf(from(-0.5)) == from(-0.520499878));
static_assert(sigmoid(from(2)) == from(0.880797078));
static_assert(rsqrt(from(0.25)) == from(2));
static_assert(reciprocal(from(3)) == from(1.0 / 3));
static_assert(gelu(from(-1)) == from(-0.158655254));
static_assert(silu(from(-1)) == from(-0.268941421));
static_assert(evaluate(elementary::exp, encoded{0x3c00, binary16}, e4m3fn).code == number<e4m3fn>(2.75).bits());
static_assert(find_elementary("gelu") == elementary::gelu && !find_elementary("GELU"));

// ---- special values ----

constexpr auto none = exceptions::none, invalid = exceptions::invalid, by_zero = exceptions::divide_by_zero;
constexpr std::uint64_t nan_code = 0x7e00, inf = 0x7c00, minus = 0x8000, one = 0x3c00;

struct special {
  elementary f;
  rounded minus_inf, minus_zero, plus_zero, plus_inf;
};
constexpr special specials[] = {
    {elementary::exp, {0, none}, {one, none}, {one, none}, {inf, none}},
    {elementary::exp2, {0, none}, {one, none}, {one, none}, {inf, none}},
    {elementary::expm1, {minus | one, none}, {minus, none}, {0, none}, {inf, none}},
    {elementary::log, {nan_code, invalid}, {minus | inf, by_zero}, {minus | inf, by_zero}, {inf, none}},
    {elementary::log2, {nan_code, invalid}, {minus | inf, by_zero}, {minus | inf, by_zero}, {inf, none}},
    {elementary::log1p, {nan_code, invalid}, {minus, none}, {0, none}, {inf, none}},
    {elementary::tanh, {minus | one, none}, {minus, none}, {0, none}, {one, none}},
    {elementary::erf, {minus | one, none}, {minus, none}, {0, none}, {one, none}},
    {elementary::sigmoid, {0, none}, {0x3800, none}, {0x3800, none}, {one, none}},
    {elementary::rsqrt, {nan_code, invalid}, {minus | inf, by_zero}, {inf, by_zero}, {0, none}},
    {elementary::reciprocal, {minus, none}, {minus | inf, by_zero}, {inf, by_zero}, {0, none}},
    {elementary::gelu, {minus, none}, {minus, none}, {0, none}, {inf, none}},
    {elementary::silu, {minus, none}, {minus, none}, {0, none}, {inf, none}},
};
static_assert(std::size(specials) == elementary_functions.size());

void expect(test::tally& tally, elementary f, std::uint64_t code, rounded expected, conversion how = {}) {
  tally.expect_same(evaluate(f, {code, binary16}, binary16, how), expected,
                    [&] { return test::text(name_of(f), '(', test::hex(code), ") ", test::describe(how)); });
}

}  // namespace

TEST_CASE("Elementary functions of zeros, infinities and NaNs are as documented, in every mode") {
  test::tally tally;
  for (const special& row : specials) {
    for (int mode = 0; mode <= static_cast<int>(rounding::stochastic); ++mode) {
      conversion how{static_cast<rounding>(mode)};
      how.random_bits = 8;
      expect(tally, row.f, minus | inf, row.minus_inf, how);
      expect(tally, row.f, minus, row.minus_zero, how);
      expect(tally, row.f, 0, row.plus_zero, how);
      expect(tally, row.f, inf, row.plus_inf, how);
      for (const std::uint64_t sign : {std::uint64_t{0}, minus}) {
        expect(tally, row.f, sign | 0x7e55, {nan_code, none}, how);     // a quiet NaN loses sign and payload
        expect(tally, row.f, sign | 0x7c01, {nan_code, invalid}, how);  // a signalling one is noticed
      }
    }
  }
  tally.require();
}

TEST_CASE("Values that are dyadic numbers are exact in every mode and raise nothing") {
  test::tally tally;
  for (int mode = 0; mode <= static_cast<int>(rounding::stochastic); ++mode) {
    conversion how{static_cast<rounding>(mode)};
    how.random_bits = 32;
    const auto exact = [&](elementary f, double x, double y) {
      const rounded got = evaluate(f, half(x).code(), binary16, how, ~std::uint32_t{0});
      tally.expect_same(got, {half(y).bits(), none},
                        [&] { return test::text(name_of(f), '(', x, ") ", test::describe(how)); });
    };
    exact(elementary::log, 1, 0);
    exact(elementary::log2, 1, 0);
    for (int k = -24; k <= 15; ++k) {
      const double power = k < 0 ? 1.0 / static_cast<double>(1 << -k) : static_cast<double>(1 << k);
      exact(elementary::exp2, k, power);
      exact(elementary::log2, power, k);
      if (k >= -15) exact(elementary::reciprocal, power, 1 / power);
      if (k >= -24 && k % 2 == 0)
        exact(elementary::rsqrt, power, k < 0 ? static_cast<double>(1 << (-k / 2)) : 1.0 / (1 << (k / 2)));
    }
  }
  tally.require();
}

TEST_CASE("Operands outside the domain give NaN and raise invalid; at its edge an infinity divides by zero") {
  test::tally tally;
  for (const elementary f : {elementary::log, elementary::log2, elementary::rsqrt}) {
    for (const double x : {-6e-8, -1.0, -65504.0}) expect(tally, f, half(x).bits(), {nan_code, invalid});
  }
  expect(tally, elementary::log1p, half(-1.0).bits(), {minus | inf, by_zero});
  expect(tally, elementary::log1p, half(-1.0009765625).bits(), {nan_code, invalid});
  expect(tally, elementary::log1p, minus | 0x7bff, {nan_code, invalid});
  tally.require();
}

TEST_CASE("Overflow, underflow and inexactness of elementary functions are raised") {
  using enum exceptions;
  test::tally tally;
  expect(tally, elementary::exp, half(12.0).bits(), {inf, overflow | inexact});
  expect(tally, elementary::exp, half(12.0).bits(), {0x7bff, overflow | inexact}, {rounding::toward_zero});
  expect(tally, elementary::exp, half(-20.0).bits(), {0, underflow | inexact});
  expect(tally, elementary::exp, half(-20.0).bits(), {1, underflow | inexact}, {rounding::upward});
  expect(tally, elementary::exp2, half(-25.0).bits(), {0, underflow | inexact});
  expect(tally, elementary::reciprocal, 1, {inf, overflow | inexact});
  expect(tally, elementary::gelu, half(-9.0).bits(), {minus, underflow | inexact});
  expect(tally, elementary::gelu, half(-9.0).bits(), {minus | 1, underflow | inexact}, {rounding::downward});
  expect(tally, elementary::silu, minus | 0x7bff, {minus | 1, underflow | inexact}, {rounding::to_odd});
  expect(tally, elementary::tanh, 1, {0, underflow | inexact}, {rounding::toward_zero});
  expect(tally, elementary::tanh, 1, {1, underflow | inexact});
  // A subnormal operand that is flushed is a zero, exactly.
  expect(tally, elementary::exp, 0x03ff, {one, none}, {rounding::upward, overflow::ieee, subnormals::flush_inputs});
  expect(tally, elementary::exp, 0x03ff, {one + 1, inexact}, {rounding::upward});
  tally.require();
}

TEST_CASE("The same function comes by name, by value and by template, and collects its exceptions") {
  exceptions raised = exceptions::none;
  const half x(-3.0);
  REQUIRE(log(x, {}, 0, &raised).bits() == nan_code);
  REQUIRE(raised == invalid);
  REQUIRE(exp(x, {}, 0, &raised) == evaluate(elementary::exp, x));
  REQUIRE(raised == (invalid | exceptions::inexact));
  REQUIRE(exp<e5m2>(x).bits() == exp(x.code(), e5m2).code);
  REQUIRE(evaluate<e5m2>(elementary::exp, x).bits() == exp<e5m2>(x).bits());
  for (const named_elementary& row : elementary_functions) {
    REQUIRE(find_elementary(row.name) == row.value);
    REQUIRE(name_of(row.value) == row.name);
  }
  REQUIRE_FALSE(find_elementary("sin"));
}

TEST_CASE("A format of more than 16 bits is refused by name and size") {
  REQUIRE_THROWS_AS(exp({0, binary32}, binary16), std::invalid_argument);
  REQUIRE_THROWS_WITH(exp({0, binary16}, tf32), Catch::Contains("result format") && Catch::Contains("19 bits"));
  REQUIRE_FALSE(has_elementary_functions(binary32));
}
