#include <assay/reference/softmax.hpp>

#include <catch2/catch.hpp>
#include <cmath>

#include "formats_and_modes.hpp"
#include "wide.hpp"

using namespace assay;
using test::wide;

namespace {

/// Written from the formula, without a maximum taken off.
std::vector<wide> plain_softmax(std::span<const wide> x, double temperature) {
  wide total;
  std::vector<wide> y;
  for (const wide& v : x) y.push_back(exp(v / wide(temperature)));
  for (const wide& v : y) total += v;
  for (wide& v : y) v = v / total;
  return y;
}

tensor one_line(std::initializer_list<double> values) {
  return test::tensor_of(binary32, {values.size()}, std::vector<double>(values));
}

}  // namespace

TEST_CASE("softmax's truth is the formula rounded once, in every format and mode", "[reference][softmax]") {
  test::tally tally;
  test::random_source random(1);
  for (const format from : {bfloat16, binary16, e4m3fn, binary32}) {
    for (const auto& output : test::formats_and_modes()) {
      const format to = output.first;
      const conversion how = output.second;
      const std::size_t n = 1 + random.below(40);
      const double spread = std::ldexp(1.0, static_cast<int>(random.below(9)) - 2),
                   temperature = random.below(2) == 0 ? 1 : 0.7;
      std::vector<double> values(3 * n);
      for (double& v : values) v = spread * (test::unit(random) * 2 - 1);
      const tensor x = test::tensor_of(from, {3, n}, values);
      const auto truth =
          reference::softmax(x.view(), {.temperature = temperature}, {.to = to, .how = how, .enclosure = true});
      const std::vector<wide> exact = test::wide_of(x);
      for (std::size_t row = 0; row < 3; ++row) {
        const auto y = plain_softmax(std::span(exact).subspan(row * n, n), temperature);
        for (std::size_t i = 0; i < n; ++i) {
          const std::size_t at = row * n + i;
          tally.expect(truth.value[at] == y[i].rounded_to(to, how),
                       [&] { return test::text("softmax element ", at, " of ", n, " = ", y[i].to_double()); });
          const double lower = std::bit_cast<double>(truth.lower[at]), upper = std::bit_cast<double>(truth.upper[at]);
          tally.expect(mpfr_cmp_d(y[i].get(), lower) >= 0 && mpfr_cmp_d(y[i].get(), upper) <= 0,
                       [&] { return test::text("enclosure of element ", at, " = ", y[i].to_double()); });
        }
      }
      REQUIRE(truth.decided.elements() == 3 * n);
    }
  }
  tally.require();
}

TEST_CASE("softmax of equal values is 1/n exactly, whatever the mode", "[reference][softmax]") {
  for (const auto mode : {rounding::ties_to_even, rounding::upward, rounding::downward, rounding::to_odd}) {
    const tensor x = one_line({3.5, 3.5, 3.5, 3.5});
    const auto truth = reference::softmax(x.view(), {}, {.to = binary64, .how = {.mode = mode}});
    for (std::size_t i = 0; i < 4; ++i) REQUIRE(std::bit_cast<double>(truth.value[i]) == 0.25);
  }
}

TEST_CASE("softmax's specials are those of its table", "[reference][softmax]") {
  const auto code_of = [](std::initializer_list<double> values, std::size_t i,
                          reference::softmax_options options = {}) {
    const tensor x = one_line(values);
    return std::bit_cast<float>(static_cast<std::uint32_t>(reference::softmax(x.view(), options).value[i]));
  };
  const double inf = HUGE_VAL;
  REQUIRE(std::isnan(code_of({1, NAN, 2}, 0)));
  REQUIRE(std::isnan(code_of({1, inf, 2}, 0)));
  REQUIRE(std::isnan(code_of({-inf, -inf}, 1)));
  REQUIRE(code_of({-inf, 5}, 0) == 0);
  REQUIRE_FALSE(std::signbit(code_of({-inf, 5}, 0)));
  REQUIRE(code_of({-inf, 5}, 1) == 1);
  const std::uint8_t keep[] = {1, 0, 1}, none[] = {0, 0, 0};
  REQUIRE(code_of({1, NAN, 1}, 0, {.keep = keep}) == 0.5f);
  REQUIRE(code_of({1, NAN, 1}, 1, {.keep = keep}) == 0);
  REQUIRE(std::isnan(code_of({1, 2, 3}, 0, {.keep = none})));
  REQUIRE(code_of({-200, 0}, 0) == 0);  // underflows to +0
  REQUIRE_FALSE(std::signbit(code_of({-200, 0}, 0)));
  REQUIRE(code_of({-1e30, 0}, 1) == 1);
}

TEST_CASE("softmax along any axis is softmax along the last of the transposed tensor", "[reference][softmax]") {
  test::random_source random(2);
  std::vector<double> values(2 * 5 * 3), moved(values.size());
  for (double& v : values) v = test::unit(random) * 8;
  for (std::size_t a = 0; a < 2; ++a)
    for (std::size_t b = 0; b < 5; ++b)
      for (std::size_t c = 0; c < 3; ++c) moved[(a * 3 + c) * 5 + b] = values[(a * 5 + b) * 3 + c];
  const tensor x = test::tensor_of(binary16, {2, 5, 3}, values), y = test::tensor_of(binary16, {2, 3, 5}, moved);
  const auto middle = reference::softmax(x.view(), {.axis = 1}),
             last = reference::softmax(y.view(), {}, {.threads = 2});
  REQUIRE(middle.decided == last.decided);
  for (std::size_t a = 0; a < 2; ++a)
    for (std::size_t b = 0; b < 5; ++b)
      for (std::size_t c = 0; c < 3; ++c) REQUIRE(middle.value[(a * 5 + b) * 3 + c] == last.value[(a * 3 + c) * 5 + b]);
}

TEST_CASE("softmax refuses what it cannot mean", "[reference][softmax]") {
  const tensor x = one_line({1, 2, 3});
  const std::uint8_t keep[] = {1, 0};
  REQUIRE_THROWS_WITH(reference::softmax(x.view(), {.axis = 1}), Catch::Contains("axis 1 of x, whose shape is (3,)"));
  REQUIRE_THROWS_WITH(reference::softmax(x.view(), {.keep = keep}),
                      Catch::Contains("a mask of 2 elements; expected 3"));
  REQUIRE_THROWS_WITH(reference::softmax(x.view(), {.temperature = 0}), Catch::Contains("temperature is 0"));
  REQUIRE_THROWS_WITH(reference::softmax(x.view(), {}, {.how = {.mode = rounding::stochastic, .random_bits = 8}}),
                      Catch::Contains("stochastic"));
}
