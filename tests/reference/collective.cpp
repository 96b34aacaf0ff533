#include <assay/reference/collective.hpp>

#include "agreement.hpp"

using namespace assay;
using test::wide;

TEST_CASE("all_reduce and reduce_scatter are the exact sums, rounded once", "[reference][collective]") {
  test::tally tally;
  test::random_source random(24);
  for (const format from : {bfloat16, e5m2, binary32, binary64}) {
    for (const auto& output : test::formats_and_modes()) {
      const std::size_t ranks = 1 + random.below(9), part = 1 + random.below(20), n = ranks * part;
      test::numbers draw(random);
      std::vector<double> values = draw(ranks * n * 2);
      // One in three sums cancels all but a last place.
      for (std::size_t i = 0; i < 2 * n && ranks > 1; i += 3) values[2 * n + i] = -values[i] * (1 + 0x1p-23);
      const tensor x = test::tensor_of(from, {ranks, n, 2}, values);
      const auto in = test::wide_of(x);
      std::vector<wide> exact(2 * n);
      for (std::size_t i = 0; i < in.size(); ++i) exact[i % (2 * n)] += in[i];
      const reference::request want{.to = output.first, .how = output.second, .enclosure = true, .scales = true};
      const auto everywhere = reference::all_reduce(x.view(), want), parts = reference::reduce_scatter(x.view(), want);
      REQUIRE(everywhere.value.shape() == extents{n, 2});
      REQUIRE(parts.value.shape() == extents{ranks, part, 2});
      test::compare(tally, everywhere, exact, output.second, "all_reduce");
      test::compare(tally, parts, exact, output.second, "reduce_scatter");
      for (std::size_t i = 0; i < 2 * n; ++i) {
        wide magnitude;
        for (std::size_t r = 0; r < ranks; ++r) magnitude += abs(in[r * 2 * n + i]);
        const double scale = std::bit_cast<double>(everywhere.scale[i]);
        tally.expect(mpfr_cmp_d(magnitude.get(), scale) <= 0 && mpfr_cmp_d(magnitude.get(), scale * (1 - 0x1p-40)) >= 0,
                     [&] { return test::text("scale of element ", i, ": ", scale); });
      }
    }
  }
  tally.require();
}

TEST_CASE("sums over ranks follow IEEE 754 in NaNs, infinities and the signs of zeros", "[reference][collective]") {
  const double inf = HUGE_VAL;
  const tensor x = test::tensor_of(binary32, {2, 6},
                                   std::vector<double>{NAN, inf, inf, -0.0, 1, 0,  //
                                                       1, 1, -inf, -0.0, -1, 0});
  const auto y = reference::all_reduce(x.view()),
             down = reference::all_reduce(x.view(), {.how = {.mode = rounding::downward}});
  REQUIRE(std::isnan(test::value_of(y, 0)));
  REQUIRE(test::value_of(y, 1) == inf);
  REQUIRE(std::isnan(test::value_of(y, 2)));
  REQUIRE(test::is_negative_zero(test::value_of(y, 3)));
  REQUIRE_FALSE(std::signbit(test::value_of(y, 4)));
  REQUIRE(test::is_negative_zero(test::value_of(down, 4)));
  REQUIRE_FALSE(std::signbit(test::value_of(down, 5)));
  const tensor none(element_type::of(binary32), {0, 2});
  REQUIRE(test::value_of(reference::all_reduce(none.view()), 1) == 0);
}

TEST_CASE("a sum over ranks that no double holds is decided all the same", "[reference][collective]") {
  const tensor x = test::tensor_of(binary64, {3, 1}, std::vector<double>{0x1p1000, 0x1p-1000, -0x1p1000});
  REQUIRE(test::value_of(reference::all_reduce(x.view(), {.to = binary64}), 0) == 0x1p-1000);
}

TEST_CASE("sums over ranks refuse what they cannot mean", "[reference][collective]") {
  const tensor x = test::tensor_of(binary32, {2, 3}, std::vector<double>(6)), one(element_type::of(binary32), {});
  REQUIRE_THROWS_WITH(reference::reduce_scatter(x.view()),
                      Catch::Contains("x has shape (2, 3); expected (ranks, n, ...) with an n that the ranks divide"));
  REQUIRE_THROWS_WITH(reference::all_reduce(one.view()), Catch::Contains("x has shape (); expected (ranks, ...)"));
}
