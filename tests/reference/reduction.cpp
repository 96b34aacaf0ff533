#include <assay/reference/reduction.hpp>

#include <catch2/catch.hpp>
#include <cmath>

#include "lines.hpp"

using namespace assay;
using test::wide;

namespace {

wide sum_of(std::span<const wide> x) {
  wide total;
  for (const wide& v : x) total += v;
  return total;
}

wide squares_of(std::span<const wide> x) {
  const wide mean = sum_of(x) / wide(static_cast<double>(x.size()));
  wide total;
  for (const wide& v : x) total += (v - mean) * (v - mean);
  return total;
}

tensor line_of(std::initializer_list<double> values) {
  return test::tensor_of(binary32, {values.size()}, std::vector<double>(values));
}

double first(const reference::truth& t) { return test::value_of(t, 0); }

}  // namespace

TEST_CASE("sums, means and variances are the formula rounded once, in every format and mode",
          "[reference][reduction]") {
  test::tally tally;
  test::random_source random(21);
  for (const format from : {bfloat16, binary16, binary32}) {
    for (const auto& output : test::formats_and_modes()) {
      const format to = output.first;
      const conversion how = output.second;
      const std::size_t n = 2 + random.below(test::is_sanitized ? 80 : 300);
      const tensor x = test::tensor_of(from, {2, n}, test::draw_line(random, 2 * n, 100));
      const reference::request want{.to = to, .how = how, .enclosure = true};
      const auto values = test::wide_of(x);
      const double correction = random.below(2) == 0 ? 1 : 0.1;
      std::vector<wide> sums, means, variances;
      const wide count(static_cast<double>(n));
      for (std::size_t row = 0; row < 2; ++row) {
        const auto line = std::span(values).subspan(row * n, n);
        sums.push_back(sum_of(line));
        means.push_back(sum_of(line) / count);
        variances.push_back(squares_of(line) / (count - wide(correction)));
      }
      test::compare(tally, reference::sum(x.view(), {}, want), sums, how, "sum");
      test::compare(tally, reference::mean(x.view(), {}, want), means, how, "mean");
      test::compare(tally, reference::variance(x.view(), correction, {}, want), variances, how, "variance");
    }
  }
  tally.require();
}

TEST_CASE("sums that cancel down to their last bit are exact", "[reference][reduction]") {
  std::vector<double> values;
  for (int i = 0; i < 400; ++i) values.push_back(std::ldexp(i % 2 == 0 ? 1 : -1, 60));
  values.push_back(0x1p-120);
  const tensor x = test::tensor_of(binary32, {values.size()}, values);
  REQUIRE(first(reference::sum(x.view())) == 0x1p-120);
  const tensor y = line_of({0x1p100, 1, -0x1p100, 0x1p-100});
  REQUIRE(first(reference::sum(y.view(), {}, {.how = {.mode = rounding::upward}})) == 1 + 0x1p-23);
}

TEST_CASE("a mean that is a tie is decided exactly", "[reference][reduction]") {
  // 5 (1 + 2^-11) in five numbers that binary32 holds: the mean is halfway between two numbers of binary16.
  const tensor x = line_of({1, 1, 1, 1, 1 + 5 * 0x1p-11});
  const auto even = reference::mean(x.view(), {}, {.to = binary16}),
             away = reference::mean(x.view(), {}, {.to = binary16, .how = {.mode = rounding::ties_to_away}});
  REQUIRE(even.value[0] == 0x3c00);
  REQUIRE(away.value[0] == 0x3c01);
}

TEST_CASE("specials of sums are those of the table", "[reference][reduction]") {
  constexpr double inf = HUGE_VAL, nan = NAN;
  struct row {
    std::vector<double> x;
    double sum, mean, variance;
  };
  const row rows[] = {
      {{1, nan, 2}, nan, nan, nan},
      {{inf, 1, -inf}, nan, nan, nan},
      {{inf, 1}, inf, inf, nan},
      {{-inf, -inf}, -inf, -inf, nan},
      {{}, 0.0, nan, nan},
      {{-0.0, -0.0}, -0.0, -0.0, 0.0},
      {{-0.0, 0.0}, 0.0, 0.0, 0.0},
      {{3, -3}, 0.0, 0.0, 18},
      {{7}, 7, 7, nan},
  };
  for (const row& r : rows) {
    const tensor x = test::tensor_of(binary32, {r.x.size()}, r.x);
    REQUIRE(test::is_same(first(reference::sum(x.view())), r.sum));
    REQUIRE(test::is_same(first(reference::mean(x.view())), r.mean));
    REQUIRE(test::is_same(first(reference::variance(x.view())), r.variance));
  }
  const reference::request down{.how = {.mode = rounding::downward}};
  REQUIRE(test::is_same(first(reference::sum(line_of({3, -3}).view(), {}, down)), -0.0));
  REQUIRE(test::is_same(first(reference::sum(line_of({0.0, 0.0}).view(), {}, down)), 0.0));
  REQUIRE(first(reference::variance(line_of({1, 2}).view(), 2)) == inf);
  REQUIRE(std::isnan(first(reference::variance(line_of({2, 2}).view(), 3))));
}

TEST_CASE("reductions run along any axis and keep it when asked", "[reference][reduction]") {
  const tensor x = test::tensor_of(binary32, {2, 2, 2}, std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8});
  const auto middle = reference::sum(x.view(), {.axis = 1, .keep_axis = true}),
             front = reference::sum(x.view(), {.axis = 0});
  REQUIRE(middle.value.shape() == extents{2, 1, 2});
  REQUIRE(front.value.shape() == extents{2, 2});
  const double sums[] = {4, 6, 12, 14}, fronts[] = {6, 8, 10, 12};
  for (std::size_t i = 0; i < 4; ++i) {
    REQUIRE(test::value_of(middle, i) == sums[i]);
    REQUIRE(test::value_of(front, i) == fronts[i]);
  }
  REQUIRE_THROWS_WITH(reference::sum(x.view(), {.axis = 3}), Catch::Contains("axis 3 of x"));
  REQUIRE_THROWS_WITH(reference::variance(x.view(), HUGE_VAL), Catch::Contains("correction is inf"));
}

TEST_CASE("the scale of a sum is the sum of its terms' finite magnitudes, and a little more at most",
          "[reference][reduction]") {
  const tensor x = line_of({3, -5, HUGE_VAL, 0.5});
  const auto scale = [&](const reference::truth& t) { return std::bit_cast<double>(t.scale[0]); };
  const double sum = scale(reference::sum(x.view(), {}, {.scales = true})),
               mean = scale(reference::mean(x.view(), {}, {.scales = true}));
  REQUIRE((sum >= 8.5 && sum < 8.5 * (1 + 0x1p-40)));
  REQUIRE((mean >= 8.5 / 4 && mean < 8.5 / 4 * (1 + 0x1p-40)));
  REQUIRE(reference::sum(x.view()).scale.size() == 0);
}
