#include <assay/reference/rms_norm.hpp>

#include "agreement.hpp"

using namespace assay;
using test::wide;

namespace {

std::vector<wide> plain_rms_norm(std::span<const wide> x, std::span<const wide> weight, double eps) {
  wide square;
  for (const wide& v : x) square += v * v;
  const wide root = sqrt(square / wide(static_cast<double>(x.size())) + wide(eps));
  std::vector<wide> y;
  for (std::size_t i = 0; i < x.size(); ++i) y.push_back(x[i] * weight[i] / root);
  return y;
}

}  // namespace

TEST_CASE("rms_norm's truth is the formula rounded once, in every format and mode", "[reference][rms_norm]") {
  test::tally tally;
  test::random_source random(11);
  for (const format from : {bfloat16, binary16, e5m2, binary32}) {
    for (const auto& output : test::formats_and_modes()) {
      const std::size_t n = 1 + random.below(random.below(4) == 0 ? 150 : 20);
      test::numbers draw(random);
      const double eps = draw.plain() ? 0.25 * static_cast<double>(random.below(4)) : 1e-6;
      std::vector<double> values = draw(n);
      values[0] = 1;
      const tensor x = test::tensor_of(from, {n}, values), w = test::tensor_of(from, {n}, draw(n));
      const auto exact = plain_rms_norm(test::wide_of(x), test::wide_of(w), eps);
      const auto truth = reference::rms_norm(x.view(), w.view(), {.eps = eps},
                                             {.to = output.first, .how = output.second, .enclosure = true});
      test::compare(tally, truth, exact, output.second, "rms_norm");
    }
  }
  tally.require();
}

TEST_CASE("rms_norm of equal magnitudes is one of their signs, proved whatever the mode", "[reference][rms_norm]") {
  for (const rounding mode : {rounding::downward, rounding::upward, rounding::toward_zero, rounding::to_odd}) {
    for (const std::size_t n : {3U, 100U, 1000U}) {
      std::vector<double> values(n, 0.1f);
      values[1] = -values[1];
      const tensor x = test::tensor_of(binary32, {n}, values);
      const auto truth = reference::rms_norm(x.view(), {}, {.eps = 0}, {.to = binary32, .how = {.mode = mode}});
      for (std::size_t i = 0; i < n; ++i) REQUIRE(test::value_of(truth, i) == (i == 1 ? -1 : 1));
    }
  }
}

TEST_CASE("rms_norm that stores the normalised value first rounds twice, as documented", "[reference][rms_norm]") {
  test::tally tally;
  test::random_source random(12);
  for (const format stored : {bfloat16, binary16, e4m3fn}) {
    for (const auto& output : test::formats_and_modes()) {
      const std::size_t n = 1 + random.below(20);
      test::numbers draw(random);
      std::vector<double> values = draw(2 * n);
      const tensor x = test::tensor_of(bfloat16, {2, n}, values), w = test::tensor_of(bfloat16, {n}, draw(n));
      const auto truth = reference::rms_norm(x.view(), w.view(), {.cast_before_weight = stored},
                                             {.to = output.first, .how = output.second, .enclosure = true});
      const std::vector<wide> in = test::wide_of(x), weight = test::wide_of(w), ones(n, wide(1));
      std::vector<wide> exact;
      for (std::size_t row = 0; row < 2; ++row) {
        const auto y = plain_rms_norm(std::span(in).subspan(row * n, n), ones, 1e-6);
        for (std::size_t i = 0; i < n; ++i) exact.push_back(wide(y[i].rounded_to(stored, {}), stored) * weight[i]);
      }
      test::compare(tally, truth, exact, output.second, "cast rms_norm");
    }
  }
  tally.require();
}

TEST_CASE("rms_norm's specials are those of its table", "[reference][rms_norm]") {
  const double inf = HUGE_VAL;
  const auto y = [](std::vector<double> values, std::vector<double> weights, double eps = 1e-6,
                    std::optional<format> stored = {}) {
    const tensor x = test::tensor_of(binary32, {values.size()}, values),
                 w = test::tensor_of(binary32, {values.size()}, weights);
    const auto truth = reference::rms_norm(x.view(), w.view(), {.eps = eps, .cast_before_weight = stored});
    std::vector<double> all;
    for (std::size_t i = 0; i < values.size(); ++i) all.push_back(test::value_of(truth, i));
    return all;
  };
  for (const std::optional<format> stored : {std::optional<format>(), std::optional<format>(binary16)}) {
    for (const double v : y({1, NAN, inf}, {1, 1, 1}, 1e-6, stored)) REQUIRE(std::isnan(v));
    for (const double v : y({0, -0.0}, {1, 1}, 0, stored)) REQUIRE(std::isnan(v));
    const auto of_infinity = y({-inf, 3, -3, 2}, {1, 1, 1, inf}, 1e-6, stored);
    REQUIRE(std::isnan(of_infinity[0]));
    REQUIRE((of_infinity[1] == 0 && !std::signbit(of_infinity[1])));
    REQUIRE(test::is_negative_zero(of_infinity[2]));
    REQUIRE(std::isnan(of_infinity[3]));
    const auto of_weights = y({0, 1, -1, -0.0, 2, 1}, {inf, inf, inf, 1, -0.0, NAN}, 1e-6, stored);
    REQUIRE(std::isnan(of_weights[0]));
    REQUIRE(of_weights[1] == inf);
    REQUIRE(of_weights[2] == -inf);
    REQUIRE(test::is_negative_zero(of_weights[3]));
    REQUIRE(test::is_negative_zero(of_weights[4]));
    REQUIRE(std::isnan(of_weights[5]));
    const auto zeros = y({0, -0.0}, {-1, -1}, 1e-6, stored);
    REQUIRE(test::is_negative_zero(zeros[0]));
    REQUIRE((zeros[1] == 0 && !std::signbit(zeros[1])));
  }
}

TEST_CASE("rms_norm refuses what it cannot mean", "[reference][rms_norm]") {
  const tensor x = test::tensor_of(binary32, {2, 3}, std::vector<double>(6));
  const tensor w = test::tensor_of(binary32, {2}, std::vector<double>(2));
  REQUIRE_THROWS_WITH(reference::rms_norm(x.view(), w.view()), Catch::Contains("weight has shape (2,); expected 3"));
  REQUIRE_THROWS_WITH(reference::rms_norm(x.view(), {}, {.axes = 0}), Catch::Contains("the last 0 axes of x"));
  REQUIRE_THROWS_WITH(reference::rms_norm(x.view(), {}, {.eps = NAN}), Catch::Contains("eps is nan"));
}
