#include <assay/reference/layer_norm.hpp>

#include <catch2/catch.hpp>
#include <cmath>

#include "formats_and_modes.hpp"
#include "wide.hpp"

using namespace assay;
using test::wide;

namespace {

std::vector<wide> plain_layer_norm(std::span<const wide> x, std::span<const wide> weight, std::span<const wide> bias,
                                   double eps) {
  const wide n(static_cast<double>(x.size()));
  wide mean, variance;
  for (const wide& v : x) mean += v;
  mean = mean / n;
  for (const wide& v : x) variance += (v - mean) * (v - mean);
  variance = variance / n;
  std::vector<wide> y;
  for (std::size_t i = 0; i < x.size(); ++i) {
    y.push_back((x[i] - mean) / sqrt(variance + wide(eps)) * weight[i] + bias[i]);
  }
  return y;
}

}  // namespace

TEST_CASE("layer_norm's truth is the formula rounded once, in every format and mode", "[reference][layer_norm]") {
  test::tally tally;
  test::random_source random(3);
  for (const format from : {bfloat16, binary16, e5m2, binary32}) {
    for (const auto& output : test::formats_and_modes()) {
      const format to = output.first;
      const conversion how = output.second;
      const std::size_t n = 2 + random.below(30);
      // One in two has few digits, so that means, variances and results are often exact.
      const bool plain_numbers = random.below(2) == 0;
      const double eps = plain_numbers ? 0.25 * static_cast<double>(random.below(3) + 1) : 1e-5;
      const auto draw = [&] {
        return plain_numbers ? static_cast<double>(random.below(9)) - 4 : 8 * test::unit(random) - 4;
      };
      std::vector<double> values(2 * n), scale(n), shift(n);
      for (double& v : values) v = draw();
      for (double& v : scale) v = draw();
      for (double& v : shift) v = draw();
      const tensor x = test::tensor_of(from, {2, n}, values), w = test::tensor_of(from, {n}, scale),
                   b = test::tensor_of(binary32, {n}, shift);
      const auto truth = reference::layer_norm(x.view(), w.view(), b.view(), {.eps = eps}, {.to = to, .how = how});
      const auto exact = test::wide_of(x), weight = test::wide_of(w), bias = test::wide_of(b);
      for (std::size_t row = 0; row < 2; ++row) {
        const auto y = plain_layer_norm(std::span(exact).subspan(row * n, n), weight, bias, eps);
        for (std::size_t i = 0; i < n; ++i) {
          const std::size_t at = row * n + i;
          if (mpfr_cmpabs_ui(y[i].get(), 0) == 0) continue;  // a zero's sign is the next test's
          tally.expect(truth.value[at] == y[i].rounded_to(to, how), [&] {
            return test::text("element ", at, " of ", n, " = ", y[i].to_double(), ", mode ",
                              static_cast<int>(how.mode));
          });
        }
      }
    }
  }
  tally.require();
}

TEST_CASE("layer_norm decides results that are rounding boundaries exactly", "[reference][layer_norm]") {
  // Mean 0, variance 0.625: with eps the root is 1, and a result is its input times a weight that is a tie in binary16.
  const tensor x = test::tensor_of(binary32, {4}, std::vector<double>{1, -1, 0.5, -0.5});
  const tensor w = test::tensor_of(binary32, {4}, std::vector<double>(4, 1 + 0x1p-11));
  const auto truth = reference::layer_norm(x.view(), w.view(), {}, {.eps = 1 - 0.625}, {.to = binary16});
  REQUIRE(truth.value[0] == 0x3c00);
  REQUIRE(truth.value[1] == 0xbc00);
  REQUIRE(truth.value[2] == 0x3800);
}

TEST_CASE("layer_norm proves boundaries that no interval can show", "[reference][layer_norm]") {
  // Mean -1/5, which no binary number is; deviations -4/5 and 1/5, variance 4/25: the results are -2 and 1/2.
  const tensor x = test::tensor_of(binary32, {5}, std::vector<double>{-1, 0, 0, 0, 0});
  for (const rounding mode : {rounding::downward, rounding::upward, rounding::toward_zero, rounding::to_odd}) {
    const auto truth = reference::layer_norm(x.view(), {}, {}, {.eps = 0}, {.to = binary16, .how = {.mode = mode}});
    REQUIRE(truth.decided.exact == 5);
    REQUIRE(truth.value[0] == 0xc000);
    for (std::size_t i = 1; i < 5; ++i) REQUIRE(truth.value[i] == 0x3800);
  }
}

TEST_CASE("layer_norm's specials are those of its table", "[reference][layer_norm]") {
  const auto value = [](const reference::truth& t, std::size_t i) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(t.value[i]));
  };
  const auto line = [](std::initializer_list<double> v) {
    return test::tensor_of(binary32, {v.size()}, std::vector<double>(v));
  };
  const tensor nan = line({1, NAN, 2}), inf = line({1, HUGE_VAL, 2}), equal = line({0.1, 0.1, 0.1}),
               x = line({1, 2, 3});
  REQUIRE(std::isnan(value(reference::layer_norm(nan.view(), {}, {}), 0)));
  REQUIRE(std::isnan(value(reference::layer_norm(inf.view(), {}, {}), 0)));
  REQUIRE(std::isnan(value(reference::layer_norm(equal.view(), {}, {}, {.eps = 0}), 2)));
  const auto zero = reference::layer_norm(equal.view(), {}, {});
  REQUIRE(value(zero, 0) == 0);
  REQUIRE_FALSE(std::signbit(value(zero, 0)));
  const tensor w = line({-HUGE_VAL, HUGE_VAL, 1}), b = line({0, 0, HUGE_VAL});
  const auto affine = reference::layer_norm(x.view(), w.view(), b.view());
  REQUIRE(value(affine, 0) == HUGE_VALF);
  REQUIRE(std::isnan(value(affine, 1)));
  REQUIRE(value(affine, 2) == HUGE_VALF);
}

TEST_CASE("layer_norm refuses what it cannot mean", "[reference][layer_norm]") {
  const tensor x = test::tensor_of(binary32, {2, 3}, std::vector<double>(6));
  const tensor w = test::tensor_of(binary32, {2}, std::vector<double>(2));
  REQUIRE_THROWS_WITH(reference::layer_norm(x.view(), w.view(), {}),
                      Catch::Contains("weight has shape (2,); expected 3"));
  REQUIRE_THROWS_WITH(reference::layer_norm(x.view(), {}, {}, {.axes = 3}), Catch::Contains("the last 3 axes of x"));
  REQUIRE_THROWS_WITH(reference::layer_norm(x.view(), {}, {}, {.eps = -1}), Catch::Contains("eps is -1"));
}
