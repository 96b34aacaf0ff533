#include <assay/reference/group_norm.hpp>

#include "agreement.hpp"

using namespace assay;
using test::wide;

namespace {

/// x of shape (samples, channels, inner), element by element from the formula.
std::vector<wide> plain_group_norm(std::span<const wide> x, std::size_t channels, std::size_t inner, std::size_t groups,
                                   std::span<const wide> weight, std::span<const wide> bias, double eps) {
  const std::size_t each = channels / groups * inner;
  std::vector<wide> y;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto group = x.subspan(i / each * each, each);
    const wide n(static_cast<double>(each));
    wide mean, variance;
    for (const wide& v : group) mean += v;
    mean = mean / n;
    for (const wide& v : group) variance += (v - mean) * (v - mean) / n;
    const std::size_t c = i / inner % channels;
    y.push_back((x[i] - mean) / sqrt(variance + wide(eps)) * weight[c] + bias[c]);
  }
  return y;
}

}  // namespace

TEST_CASE("group_norm's truth is the formula rounded once, in every format and mode", "[reference][group_norm]") {
  test::tally tally;
  test::random_source random(13);
  for (const format from : {bfloat16, e5m2, binary32}) {
    for (const auto& output : test::formats_and_modes()) {
      const std::size_t groups = 1 + random.below(3), channels = groups * (1 + random.below(3)),
                        inner = 1 + random.below(6);
      test::numbers draw(random);
      const double eps = draw.plain() ? 0.25 : 1e-5;
      const tensor x = test::tensor_of(from, {2, channels, 1, inner}, draw(2 * channels * inner)),
                   w = test::tensor_of(from, {channels}, draw(channels)),
                   b = test::tensor_of(from, {channels}, draw(channels));
      const auto truth = reference::group_norm(x.view(), w.view(), b.view(), {.groups = groups, .eps = eps},
                                               {.to = output.first, .how = output.second, .enclosure = true});
      test::compare(
          tally, truth,
          plain_group_norm(test::wide_of(x), channels, inner, groups, test::wide_of(w), test::wide_of(b), eps),
          output.second, "group_norm");
    }
  }
  tally.require();
}

TEST_CASE("group_norm's specials stay within their group and channel", "[reference][group_norm]") {
  const std::vector<double> values{1, NAN, 2, 3, 4, 4, 5, HUGE_VAL};  // (1, 4, 2), two groups
  const std::vector<double> finite{1, 2, 3, 4, 5, 5, 5, 5};
  const tensor x = test::tensor_of(binary32, {1, 4, 2}, values), y = test::tensor_of(binary32, {1, 4, 2}, finite);
  const tensor w = test::tensor_of(binary32, {4}, std::vector<double>{1, 1, HUGE_VAL, 1}),
               b = test::tensor_of(binary32, {4}, std::vector<double>{0, NAN, 0, -7});
  const auto of_x = reference::group_norm(x.view(), {}, {}, {.groups = 2});
  for (std::size_t i = 0; i < 8; ++i) REQUIRE(std::isnan(test::value_of(of_x, i)));
  const auto of_four = reference::group_norm(x.view(), {}, {}, {.groups = 4});
  for (std::size_t i = 0; i < 8; ++i)
    REQUIRE(std::isnan(test::value_of(of_four, i)) == (i == 0 || i == 1 || i == 6 || i == 7));
  REQUIRE(test::value_of(of_four, 4) == 0);
  const auto affine = reference::group_norm(y.view(), w.view(), b.view(), {.groups = 2});
  REQUIRE(std::isfinite(test::value_of(affine, 0)));
  REQUIRE(std::isnan(test::value_of(affine, 2)));
  REQUIRE(std::isnan(test::value_of(affine, 4)));  // infinity times zero
  REQUIRE(test::value_of(affine, 7) == -7);
  const auto without_eps = reference::group_norm(y.view(), {}, {}, {.groups = 2, .eps = 0});
  REQUIRE(std::isfinite(test::value_of(without_eps, 0)));
  REQUIRE(std::isnan(test::value_of(without_eps, 5)));
  // Every element its own mean.
  const tensor alone = test::tensor_of(binary32, {1, 2}, std::vector<double>{5, 6});
  const auto bias = test::tensor_of(binary32, {2}, std::vector<double>{0.5, 3});
  REQUIRE(test::value_of(reference::group_norm(alone.view(), {}, bias.view(), {.groups = 2}), 1) == 3);
}

TEST_CASE("group_norm refuses what it cannot mean", "[reference][group_norm]") {
  const tensor x = test::tensor_of(binary32, {2, 6}, std::vector<double>(12)),
               line = test::tensor_of(binary32, {2}, std::vector<double>(2));
  REQUIRE_THROWS_WITH(reference::group_norm(x.view(), {}, {}, {.groups = 4}),
                      Catch::Contains("groups is 4; expected a divisor of the 6 channels"));
  REQUIRE_THROWS_WITH(reference::group_norm(x.view(), {}, {}, {.groups = 0}), Catch::Contains("groups is 0"));
  REQUIRE_THROWS_WITH(reference::group_norm(line.view(), {}, {}), Catch::Contains("x has shape (2,); expected (N, C"));
  REQUIRE_THROWS_WITH(reference::group_norm(x.view(), line.view(), {}), Catch::Contains("weight has shape (2,)"));
}
