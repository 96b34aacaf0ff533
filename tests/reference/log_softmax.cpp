#include <catch2/catch.hpp>
#include <cmath>

#include <assay/reference/softmax.hpp>

#include "engine/powers.hpp"
#include "lines.hpp"

using namespace assay;
using test::wide;

namespace {

wide log_of_powers(std::span<const wide> x, std::span<const std::uint8_t> keep, double temperature) {
  wide total;
  for (std::size_t j = 0; j < x.size(); ++j) {
    if (keep[j] != 0) total += exp(x[j] / wide(temperature));
  }
  return log(total);
}

tensor line_of(std::initializer_list<double> values) {
  return test::tensor_of(binary32, {values.size()}, std::vector<double>(values));
}

}  // namespace

TEST_CASE("log_softmax's and logsumexp's truth is the formula rounded once, in every format and mode",
          "[reference][softmax]") {
  test::tally tally;
  test::random_source random(31);
  for (const format from : {bfloat16, e4m3fn, binary32}) {
    for (const auto& output : test::formats_and_modes()) {
      const format to = output.first;
      const conversion how = output.second;
      const std::size_t n = 2 + random.below(40);
      const double temperature = random.below(2) == 0 ? 1 : 0.7;
      const tensor x = test::tensor_of(from, {2, n}, test::draw_line(random, 2 * n, 40));
      std::vector<std::uint8_t> keep(2 * n);
      for (auto& k : keep) k = random.below(5) != 0 ? 1 : 0;
      keep[0] = keep[n] = keep[1] = keep[n + 1] = 1;
      const auto values = test::wide_of(x);
      std::vector<wide> logs, sums;
      for (std::size_t row = 0; row < 2; ++row) {
        const auto line = std::span(values).subspan(row * n, n);
        sums.push_back(log_of_powers(line, std::span(keep).subspan(row * n, n), temperature));
        for (std::size_t i = 0; i < n; ++i) {
          logs.push_back(keep[row * n + i] != 0 ? line[i] / wide(temperature) - sums.back() : wide(-HUGE_VAL));
        }
      }
      const reference::softmax_options options{.temperature = temperature, .keep = keep};
      const reference::request want{.to = to, .how = how, .enclosure = true};
      test::compare(tally, reference::log_softmax(x.view(), options, want), logs, how, "log_softmax");
      test::compare(tally, reference::logsumexp(x.view(), options, false, want), sums, how, "logsumexp");
    }
  }
  tally.require();
}

TEST_CASE("the specials of log_softmax and logsumexp are those of their table", "[reference][softmax]") {
  constexpr double inf = HUGE_VAL, nan = NAN;
  struct row {
    std::vector<double> x;
    double log_softmax, logsumexp;  ///< of the first element
  };
  const row rows[] = {
      {{1, nan, 2}, nan, nan}, {{1, inf, 2}, nan, inf}, {{inf, inf}, nan, inf},    {{nan, inf}, nan, nan},
      {{-inf, 5}, -inf, 5},    {{5, -inf}, 0.0, 5},     {{-inf, -inf}, nan, -inf}, {{-3}, 0.0, -3},
  };
  for (const row& r : rows) {
    const tensor x = test::tensor_of(binary32, {r.x.size()}, r.x);
    for (const auto mode : {rounding::ties_to_even, rounding::downward}) {
      const reference::request want{.how = {.mode = mode}};
      REQUIRE(test::is_same(test::value_of(reference::log_softmax(x.view(), {}, want), 0), r.log_softmax));
      REQUIRE(test::is_same(test::value_of(reference::logsumexp(x.view(), {}, false, want), 0), r.logsumexp));
    }
  }
  const tensor empty(element_type::of(binary32), {2, 0});
  REQUIRE(reference::log_softmax(empty.view()).value.size() == 0);
  REQUIRE(test::value_of(reference::logsumexp(empty.view()), 1) == -inf);
}

TEST_CASE("softmax's kin are decided where no precision would do", "[reference][softmax]") {
  // 1 - e^-65504, 1/2 - e^-65504 / 4, and the logarithms that go with them.
  const tensor one = line_of({0, -65504}), half = line_of({0, 0, -0x1p100});
  const reference::request down{.how = {.mode = rounding::downward}}, up{.how = {.mode = rounding::upward}};
  const auto at = [](const reference::truth& t, std::size_t i) { return test::value_of(t, i); };
  REQUIRE(at(reference::softmax(one.view(), {}, down), 0) == 1 - 0x1p-24);
  REQUIRE(at(reference::softmax(one.view(), {}, up), 0) == 1);
  REQUIRE(at(reference::softmax(one.view(), {}, up), 1) == 0x1p-149);
  REQUIRE(at(reference::softmax(half.view(), {}, down), 0) == 0.5 - 0x1p-25);
  REQUIRE(at(reference::log_softmax(one.view(), {}, down), 0) == -0x1p-149);
  REQUIRE(test::is_same(at(reference::log_softmax(one.view(), {}, up), 0), -0.0));
  REQUIRE(at(reference::log_softmax(one.view(), {}, up), 1) == -65504);
  REQUIRE(at(reference::log_softmax(one.view(), {}, down), 1) == std::nextafterf(-65504, -1e9F));
  REQUIRE(at(reference::logsumexp(one.view(), {}, false, up), 0) == 0x1p-149);
  REQUIRE(at(reference::logsumexp(one.view(), {}, false, down), 0) == 0);
}

TEST_CASE("logsumexp keeps the axis when asked, and log_softmax runs along any", "[reference][softmax]") {
  const tensor x = test::tensor_of(binary32, {2, 3}, std::vector<double>{0, 1, 2, 0, 1, 2});
  REQUIRE(reference::logsumexp(x.view(), {.axis = 0}, true).value.shape() == extents{1, 3});
  REQUIRE(reference::logsumexp(x.view(), {.axis = 0}).value.shape() == extents{3});
  const auto across = reference::log_softmax(x.view(), {.axis = 0}, {.to = binary64});
  for (std::size_t i = 0; i < 6; ++i) REQUIRE(test::value_of(across, i) == -0x1.62e42fefa39efp-1);  // -ln 2
  REQUIRE_THROWS_WITH(reference::log_softmax(x.view(), {.temperature = -1}), Catch::Contains("temperature is -1"));
  REQUIRE_THROWS_WITH(reference::logsumexp(x.view(), {.axis = 2}), Catch::Contains("axis 2 of x"));
}

TEST_CASE("powers of a line err by no more than their bound, at every size of argument", "[reference][powers]") {
  test::random_source random(41);
  test::tally tally;
  std::vector<double> x(test::cases(40000)), y(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = -720 + 1420 * test::unit(random);
    // Where k changes, and where r is largest.
    if (i % 3 == 0) x[i] = (std::trunc(x[i]) + 0.5) * 0x1.62e42fefa39efp-1 * (1 + 0x1p-50 * test::unit(random));
    if (i % 3 == 1) x[i] *= std::ldexp(1.0, -static_cast<int>(random.below(60)));
    x[i] = std::min(x[i], 700.0);
  }
  x[0] = -HUGE_VAL;
  x[1] = 0;
  reference::powers_of(x, y);
  REQUIRE(y[1] == 1);
  double most = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const wide exact = exp(wide(x[i]));
    const wide error = abs(exact - wide(y[i]));
    const wide bound = exact * wide(reference::power_error) + wide(reference::power_floor);
    tally.expect(!(bound < error), [&] { return test::text("e^", x[i], " = ", y[i]); });
    if (x[i] > -700) most = std::max(most, (error / exact).to_double());
  }
  tally.require();
  INFO("the largest relative error is 2^" << std::log2(most));
  REQUIRE(most < reference::power_error / 4);  // the derivation says half at most
}

TEST_CASE("a line's sum of powers lies within its ball", "[reference][powers]") {
  test::random_source random(42);
  test::tally tally;
  for (std::size_t repeat = 0; repeat < test::cases(100) + 3; ++repeat) {
    const std::size_t n = 1 + random.below(1200);
    std::vector<double> x = test::draw_line(random, n, 30), powers(n);
    if (repeat % 3 == 0) x[random.below(n)] = -HUGE_VAL;
    const auto top = std::max_element(x.begin(), x.end());
    if (*top == -HUGE_VAL) continue;
    const double temperature = repeat % 2 == 0 ? 1 : 0.3;
    const reference::power_line line(x, *top, static_cast<std::size_t>(top - x.begin()), temperature, powers);
    wide sum;
    for (std::size_t i = 0; i < n; ++i) {
      const wide p = x[i] == -HUGE_VAL ? wide(0) : exp((wide(x[i]) - wide(*top)) / wide(temperature));
      sum += p;
      const double bound =
          reference::power_line::error_of_power(powers[i], std::max((x[i] - *top) / temperature, -1e3));
      tally.expect(!(wide(bound * (1 + 0x1p-20)) < abs(p - wide(powers[i]))),
                   [&] { return test::text("power of ", x[i] - *top); });
    }
    const auto bounds = line.total().bounds();
    tally.expect(mpfr_cmp_d(sum.get(), bounds.lower) >= 0 && mpfr_cmp_d(sum.get(), bounds.upper) <= 0,
                 [&] { return test::text("sum of ", n, " powers = ", sum.to_double()); });
    tally.expect(line.total().radius < line.total().value * 0x1p-40, [&] { return test::text("radius of ", n); });
  }
  tally.require();
}
