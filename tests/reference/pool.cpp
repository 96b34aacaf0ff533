#include <assay/reference/pool.hpp>

#include "agreement.hpp"

using namespace assay;
using test::wide;

namespace {

struct geometry {
  std::size_t extent, window, stride, padding, dilation;
  bool ceil_mode;

  std::size_t padded() const { return extent + 2 * padding; }
  std::size_t reach() const { return dilation * (window - 1) + 1; }
  /// Windows one by one, from the left: those that fit; with ceil_mode one more if the last left something over, unless
  /// it would begin in the padding on the right.
  std::size_t count() const {
    std::size_t n = 0;
    while (n * stride + reach() <= padded()) ++n;
    const bool left_over = (n - 1) * stride + reach() < padded();
    return n + (ceil_mode && left_over && n * stride < extent + padding ? 1 : 0);
  }
  bool is_inside(std::size_t place) const { return place >= padding && place < padding + extent; }
};

struct image {
  geometry down, across;
  std::vector<wide> x;

  /// Calls visit(value) for all places of a window that lie within the image; counts those that lie in the padding too.
  template <class Visit>
  std::size_t for_each(std::size_t plane, std::size_t p, std::size_t q, const Visit& visit) const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < down.window; ++i) {
      for (std::size_t j = 0; j < across.window; ++j) {
        const std::size_t row = p * down.stride + i * down.dilation, column = q * across.stride + j * across.dilation;
        if (row >= down.padded() || column >= across.padded()) continue;
        ++count;
        if (!down.is_inside(row) || !across.is_inside(column)) continue;
        visit(x[(plane * down.extent + row - down.padding) * across.extent + column - across.padding]);
      }
    }
    return count;
  }
};

geometry draw_geometry(test::random_source& random, std::size_t dilation) {
  geometry g{};
  do {
    g.window = 1 + random.below(4);
    g = {1 + random.below(9), g.window, 1 + random.below(4), random.below(g.window / 2 + 1), dilation,
         random.below(2) == 0};
  } while (g.reach() > g.padded());
  return g;
}

tensor square(std::vector<double> values) {
  const auto n = static_cast<std::size_t>(std::sqrt(static_cast<double>(values.size())));
  return test::tensor_of(binary32, {1, 1, n, n}, values);
}

}  // namespace

TEST_CASE("max_pool2d is the largest element of each window, in any geometry", "[reference][pool]") {
  test::tally tally;
  test::random_source random(21);
  for (int round = 0; round < 20; ++round) {
    for (const auto& output : test::formats_and_modes()) {
      image in{draw_geometry(random, 1 + random.below(2)), draw_geometry(random, 1 + random.below(2)), {}};
      in.across.ceil_mode = in.down.ceil_mode;
      test::numbers draw(random);
      const tensor x = test::tensor_of(bfloat16, {2, 1, in.down.extent, in.across.extent},
                                       draw(2 * in.down.extent * in.across.extent));
      in.x = test::wide_of(x);
      const auto truth = reference::max_pool2d(x.view(),
                                               {.window = {in.down.window, in.across.window},
                                                .stride = {{in.down.stride, in.across.stride}},
                                                .padding = {in.down.padding, in.across.padding},
                                                .dilation = {in.down.dilation, in.across.dilation},
                                                .ceil_mode = in.down.ceil_mode},
                                               {.to = output.first, .how = output.second, .enclosure = true});
      REQUIRE(truth.value.shape() == extents{2, 1, in.down.count(), in.across.count()});
      std::size_t at = 0;
      for (std::size_t plane = 0; plane < 2; ++plane) {
        for (std::size_t p = 0; p < in.down.count(); ++p) {
          for (std::size_t q = 0; q < in.across.count(); ++q, ++at) {
            wide most(-HUGE_VAL);
            in.for_each(plane, p, q, [&](const wide& v) { most = most < v ? v : most; });
            const std::uint64_t due = most.rounded_to(output.first, output.second);
            const bool zero = mpfr_zero_p(most.get()) != 0;
            tally.expect(zero || truth.value[at] == due, [&] { return test::text("element ", at, " of max_pool2d"); });
          }
        }
      }
    }
  }
  tally.require();
}

TEST_CASE("avg_pool2d is the window's sum over its divisor, in any geometry", "[reference][pool]") {
  test::tally tally;
  test::random_source random(22);
  for (int round = 0; round < 10; ++round) {
    for (const auto& output : test::formats_and_modes()) {
      image in{draw_geometry(random, 1), draw_geometry(random, 1), {}};
      in.across.ceil_mode = in.down.ceil_mode;
      test::numbers draw(random);
      const tensor x = test::tensor_of(binary32, {1, 2, in.down.extent, in.across.extent},
                                       draw(2 * in.down.extent * in.across.extent));
      in.x = test::wide_of(x);
      const bool pads_count = random.below(2) == 0;
      const std::optional<std::int64_t> divisor = random.below(3) == 0 ? std::optional<std::int64_t>(-3) : std::nullopt;
      const auto truth = reference::avg_pool2d(x.view(),
                                               {.window = {in.down.window, in.across.window},
                                                .stride = {{in.down.stride, in.across.stride}},
                                                .padding = {in.down.padding, in.across.padding},
                                                .ceil_mode = in.down.ceil_mode,
                                                .count_include_pad = pads_count,
                                                .divisor_override = divisor},
                                               {.to = output.first, .how = output.second, .enclosure = true});
      REQUIRE(truth.value.shape() == extents{1, 2, in.down.count(), in.across.count()});
      std::vector<wide> exact;
      for (std::size_t plane = 0; plane < 2; ++plane) {
        for (std::size_t p = 0; p < in.down.count(); ++p) {
          for (std::size_t q = 0; q < in.across.count(); ++q) {
            wide sum;
            double inside = 0;
            const auto all = static_cast<double>(in.for_each(plane, p, q, [&](const wide& v) { sum += v, ++inside; }));
            exact.push_back(sum / wide(divisor ? static_cast<double>(*divisor) : pads_count ? all : inside));
          }
        }
      }
      test::compare(tally, truth, exact, output.second, "avg_pool2d");
    }
  }
  tally.require();
}

TEST_CASE("pooling has as many outputs as PyTorch, ceil_mode or not", "[reference][pool]") {
  const auto outputs = [](std::size_t extent, std::size_t window, std::size_t stride, std::size_t padding, bool ceil) {
    const tensor x = test::tensor_of(binary32, {1, 1, extent, 1}, std::vector<double>(extent));
    return reference::avg_pool2d(
               x.view(), {.window = {window, 1}, .stride = {{stride, 1}}, .padding = {padding, 0}, .ceil_mode = ceil})
        .value.size();
  };
  REQUIRE(outputs(5, 2, 2, 0, false) == 2);
  REQUIRE(outputs(5, 2, 2, 0, true) == 3);
  REQUIRE(outputs(6, 3, 2, 0, true) == 3);
  REQUIRE(outputs(4, 2, 3, 1, false) == 2);
  REQUIRE(outputs(4, 2, 3, 1, true) == 2);  // a third window would begin in the padding on the right
  REQUIRE(outputs(1, 1, 2, 0, true) == 1);
}

TEST_CASE("pooling's specials are those of its table", "[reference][pool]") {
  const double inf = HUGE_VAL;
  const tensor x = square({1, NAN, 5, -0.0, 2, 3, -0.0, -0.0, inf, -inf, -inf, -1, 1, 2, -2, -3});
  const auto most = reference::max_pool2d(x.view());
  REQUIRE(std::isnan(test::value_of(most, 0)));
  REQUIRE(test::value_of(most, 1) == 5);
  REQUIRE(test::value_of(most, 2) == inf);
  REQUIRE(test::value_of(most, 3) == -1);
  const auto mean = reference::avg_pool2d(x.view());
  REQUIRE(std::isnan(test::value_of(mean, 0)));
  REQUIRE(test::value_of(mean, 1) == 1.25);
  REQUIRE(std::isnan(test::value_of(mean, 2)));
  REQUIRE(test::value_of(mean, 3) == -inf);
  REQUIRE(test::value_of(reference::avg_pool2d(x.view(), {.divisor_override = -4}), 3) == inf);

  const tensor zeros = square({-0.0, -0.0, 0, -0.0});
  const auto single = [](const tensor& t) { return reference::max_pool2d(t.view(), {.window = {1, 1}}); };
  REQUIRE(test::is_negative_zero(test::value_of(single(zeros), 0)));
  REQUIRE_FALSE(std::signbit(test::value_of(reference::max_pool2d(zeros.view()), 0)));
  REQUIRE_FALSE(std::signbit(test::value_of(reference::avg_pool2d(zeros.view()), 0)));
  REQUIRE(test::is_negative_zero(test::value_of(reference::avg_pool2d(zeros.view(), {.window = {1, 2}}), 0)));
  REQUIRE_FALSE(
      std::signbit(test::value_of(reference::avg_pool2d(zeros.view(), {.window = {1, 2}, .divisor_override = -2}), 0)));
  const reference::request down{.how = {.mode = rounding::downward}};
  REQUIRE(test::is_negative_zero(test::value_of(reference::avg_pool2d(zeros.view(), {}, down), 0)));

  // Two columns, and a window that looks one to the left of them and one to the right.
  const tensor narrow = test::tensor_of(binary32, {1, 1, 1, 2}, std::vector<double>{7, 8});
  const auto stepped_over =
      reference::max_pool2d(narrow.view(), {.window = {1, 2}, .padding = {0, 1}, .dilation = {1, 3}});
  REQUIRE(stepped_over.value.size() == 1);
  REQUIRE(test::value_of(stepped_over, 0) == -inf);
}

TEST_CASE("pooling refuses what it cannot mean", "[reference][pool]") {
  const tensor x = square(std::vector<double>(9)), line = test::tensor_of(binary32, {3}, std::vector<double>(3));
  const auto refuse = [&](const reference::avg_pool2d_options& o, const char* sentence) {
    REQUIRE_THROWS_WITH(reference::avg_pool2d(x.view(), o), Catch::Contains(sentence));
  };
  REQUIRE_THROWS_WITH(reference::max_pool2d(line.view()), Catch::Contains("x has shape (3,); expected (N, C, H, W)"));
  refuse({.window = {0, 2}}, "window is 0 over rows; expected 1 to");
  refuse({.stride = {{1, 0}}}, "stride is 0 over columns");
  refuse({.window = {3, 3}, .padding = {0, 2}}, "padding is 2 over columns; expected at most half the window, 1");
  refuse({.window = {4, 1}}, "a window that reaches over 4 rows does not fit x's 3 with 0 of padding");
  refuse({.divisor_override = 0}, "divisor_override is 0");
  REQUIRE_THROWS_WITH(reference::max_pool2d(x.view(), {.dilation = {1, 3}}),
                      Catch::Contains("reaches over 4 columns does not fit x's 3"));
}
