#include "engine/ball.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "engine/rational.hpp"
#include "wide.hpp"

using namespace assay::reference;
using test::wide;

namespace {

/// Whether the real number lies within the ball's bounds.
bool holds(const ball& y, const wide& x) {
  const auto b = y.bounds();
  return !(b.lower == b.lower) || (mpfr_cmp_d(x.get(), b.lower) >= 0 && mpfr_cmp_d(x.get(), b.upper) <= 0);
}

/// A double of any exponent from -reach to reach, or one with few digits.
double draw(test::random_source& random, int reach) {
  const double digits = random.below(3) == 0 ? static_cast<double>(random.below(64)) : 1 + test::unit(random);
  const double sign = random.below(2) == 0 ? 1 : -1;
  return sign * std::ldexp(digits, static_cast<int>(random.below(static_cast<std::uint64_t>(2 * reach + 1))) - reach);
}

}  // namespace

TEST_CASE("the C library's functions err by no more ulps than balls assume", "[reference][ball]") {
  test::random_source random(5);
  struct row {
    const char* name;
    double (*ours)(double);
    wide (*exact)(const wide&);
    double low, high;
  };
  const row rows[] = {
      {"exp2", [](double x) { return std::exp2(x); }, [](const wide& x) { return exp2(x); }, -1000, 1000},
      {"log2", [](double x) { return std::log2(x); }, [](const wide& x) { return log2(x); }, 0, 4},
      {"exp", [](double x) { return std::exp(x); }, [](const wide& x) { return exp(x); }, -745, 700},
      {"expm1", [](double x) { return std::expm1(x); }, [](const wide& x) { return expm1(x); }, -50, 700},
      {"log", [](double x) { return std::log(x); }, [](const wide& x) { return log(x); }, 0, 4},
      {"log1p", [](double x) { return std::log1p(x); }, [](const wide& x) { return log1p(x); }, -1, 3},
      {"tanh", [](double x) { return std::tanh(x); }, [](const wide& x) { return tanh(x); }, -20, 20},
      {"erf", [](double x) { return std::erf(x); }, [](const wide& x) { return erf(x); }, -6, 6},
      {"erfc", [](double x) { return std::erfc(x); }, [](const wide& x) { return erfc(x); }, -6, 27},
  };
  for (const row& f : rows) {
    double most = 0;
    for (std::uint64_t i = 0; i < test::cases(4000); ++i) {
      double x = f.low + (f.high - f.low) * test::unit(random);
      if (i % 4 == 0) x *= std::ldexp(1.0, -static_cast<int>(random.below(60)));
      const double got = f.ours(x);
      if (std::abs(got) < 0x1p-1000) continue;  // balls leave room of their own there
      const wide error = abs(f.exact(wide(x)) - wide(got));
      int exponent = 0;
      std::frexp(got, &exponent);
      most = std::max(most, std::ldexp(error.to_double(), 53 - exponent));
    }
    INFO(f.name << " errs by up to " << most << " ulps");
    REQUIRE(most > 0.4);
    REQUIRE(most <= ball_detail::libm_ulps / 2);
  }
}

TEST_CASE("a ball of any operation holds the exact result, and is exact where the operation is", "[reference][ball]") {
  test::random_source random(6);
  test::tally tally;
  for (std::uint64_t i = 0; i < test::cases(200000); ++i) {
    const int reach = i % 3 == 0 ? 500 : i % 3 == 1 ? 40 : 3;
    const double a = draw(random, reach), b = draw(random, reach);
    const ball x(a), y(b);
    const struct {
      ball got;
      wide exact;
    } results[] = {{x + y, wide(a) + wide(b)}, {x - y, wide(a) - wide(b)}, {x * y, wide(a) * wide(b)}};
    for (const auto& r : results) {
      tally.expect(holds(r.got, r.exact), [&] { return test::text(a, " and ", b, " give ", r.got.value); });
      if (r.got.radius == 0) {
        tally.expect(mpfr_cmp_d(r.exact.get(), r.got.value) == 0, [&] { return test::text(a, " and ", b, " exact"); });
      }
    }
    if (b != 0) tally.expect(holds(x / y, wide(a) / wide(b)), [&] { return test::text(a, " / ", b); });
    if (a >= 0) tally.expect(holds(sqrt(x), sqrt(wide(a))), [&] { return test::text("sqrt ", a); });
  }
  tally.require();
}

TEST_CASE("balls hold the values of whole expressions", "[reference][ball]") {
  test::random_source random(7);
  test::tally tally;
  std::uint64_t useful = 0;
  for (std::uint64_t i = 0; i < test::cases(10000); ++i) {
    const int reach = i % 4 == 0 ? 300 : 4;
    const double a = draw(random, reach), b = draw(random, reach), c = draw(random, 3);
    const auto formula = [&](auto number) {
      using real = decltype(number);
      const real x(a), y(b), z(c);
      const real quotient = (x * y + z) / (x - y * z);
      const real bounded = tanh(quotient) + erf(z);
      return exp(bounded) * quotient + log(abs(bounded) + real(0.5)) - sqrt(quotient * quotient + z * z) +
             expm1(bounded) / (real(1) + log1p(z * z));
    };
    const double scale = a - b * c;
    if (scale == 0) continue;
    const ball y = formula(ball(0));
    useful += y.radius < std::abs(y.value) * 0x1p-20 ? 1U : 0U;
    tally.expect(holds(y, formula(wide(0))), [&] { return test::text("a = ", a, ", b = ", b, ", c = ", c); });
  }
  tally.require();
  REQUIRE(useful > test::cases(10000) / 2);
}

TEST_CASE("a long sum of balls holds the exact sum, and is exact when every partial sum is", "[reference][ball]") {
  test::random_source random(8);
  for (const int reach : {2, 30, 200}) {
    ball sum(0);
    rational exact = 0;
    for (int i = 0; i < 20000; ++i) {
      const double x = draw(random, reach);
      sum += ball(x);
      exact += rational(x);
    }
    const auto b = sum.bounds();
    REQUIRE(rational(b.lower) <= exact);
    REQUIRE(exact <= rational(b.upper));
  }
  ball integers(0);
  for (int i = 1; i <= 100000; ++i) integers += ball(i * 0.125);
  REQUIRE(integers.radius == 0);
  REQUIRE(integers.value == 100000.0 * 100001 / 16);
}
