#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include <assay/reference/activation_backward.hpp>
#include <assay/reference/loss_backward.hpp>
#include <assay/reference/softmax_backward.hpp>

#include "lines.hpp"

using namespace assay;
using test::wide;
using enum reference::loss_reduction;

namespace {

std::vector<wide> softmax_of(std::span<const wide> x, double temperature) {
  std::vector<wide> y;
  wide total;
  for (const wide& v : x) {
    y.push_back(exp(v / wide(temperature)));
    total += y.back();
  }
  for (wide& v : y) v = v / total;
  return y;
}

tensor line_of(std::initializer_list<double> values) {
  return test::tensor_of(binary32, {values.size()}, std::vector<double>(values));
}
double value_of(const reference::truth& t, std::size_t i = 0) { return test::value_of(t, i); }

}  // namespace

TEST_CASE("gradients of softmax and log_softmax are the formula rounded once, in every format and mode",
          "[reference][gradient]") {
  test::tally tally;
  test::random_source random(71);
  for (const auto& output : test::formats_and_modes()) {
    const reference::request want{.to = output.first, .how = output.second, .enclosure = true};
    const std::size_t n = 2 + random.below(20);
    const double temperature = random.below(2) == 0 ? 1 : 0.7;
    const tensor x = test::tensor_of(bfloat16, {2, n}, test::draw_line(random, 2 * n, 20)),
                 dy = test::tensor_of(binary32, {2, n}, test::draw_line(random, 2 * n, 3));
    const auto vx = test::wide_of(x), vd = test::wide_of(dy);
    std::vector<wide> softmax, log_softmax;
    for (std::size_t row = 0; row < 2; ++row) {
      const auto y = softmax_of(std::span(vx).subspan(row * n, n), temperature);
      const auto d = std::span(vd).subspan(row * n, n);
      wide weighted, total;
      for (std::size_t j = 0; j < n; ++j) {
        weighted += y[j] * d[j];
        total += d[j];
      }
      bool constant = true;  // then softmax's gradient is zero exactly, which 600 bits miss
      for (std::size_t j = 1; j < n; ++j) constant = constant && mpfr_equal_p(d[j].get(), d[0].get()) != 0;
      for (std::size_t i = 0; i < n; ++i) {
        softmax.push_back(constant ? wide(0) : y[i] * (d[i] - weighted) / wide(temperature));
        log_softmax.push_back((d[i] - y[i] * total) / wide(temperature));
      }
    }
    const reference::softmax_options options{.temperature = temperature};
    test::compare(tally, reference::softmax_backward(x.view(), dy.view(), options, want), softmax, want.how,
                  "softmax_backward");
    test::compare(tally, reference::log_softmax_backward(x.view(), dy.view(), options, want), log_softmax, want.how,
                  "log_softmax_backward");
  }
  tally.require();
}

TEST_CASE("softmax's gradient of a constant is zero exactly", "[reference][gradient]") {
  const tensor x = line_of({1, 2, 3, 0.1}), dy = line_of({0.3, 0.3, 0.3, 0.3});
  const auto t = reference::softmax_backward(x.view(), dy.view(), {}, {.how = {.mode = rounding::downward}});
  for (std::size_t i = 0; i < 4; ++i) REQUIRE(test::is_same(value_of(t, i), 0.0));
  REQUIRE(t.decided.exact == 4);
  // Equal shares but for one that is negligible: 1/4 less the square of that share.
  const tensor far = line_of({0, 0, -1e6}), first = line_of({1, 0, 0});
  const auto up = reference::softmax_backward(far.view(), first.view(), {}, {.how = {.mode = rounding::upward}});
  const auto down = reference::softmax_backward(far.view(), first.view(), {}, {.how = {.mode = rounding::downward}});
  REQUIRE(value_of(up) == 0.25);
  REQUIRE(value_of(down) == 0.25 - 0x1p-26);
  REQUIRE(test::is_same(value_of(up, 2), -0.0));
  REQUIRE(value_of(down, 2) == -0x1p-149);
}

TEST_CASE("specials of softmax's gradients are those of their table", "[reference][gradient]") {
  constexpr double inf = HUGE_VAL, nan = NAN;
  struct row {
    std::vector<double> x, dy;
    double softmax, log_softmax;  ///< of the first element
  };
  const row rows[] = {
      {{1, nan}, {1, 2}, nan, nan},     {{1, inf}, {1, 2}, nan, nan}, {{-inf, -inf}, {1, 2}, nan, nan},
      {{-inf, 0}, {3, 2}, 0.0, 3},      {{0, 0}, {inf, 1}, nan, nan}, {{0, 0}, {1, inf}, -inf, -inf},
      {{0, -inf}, {1, inf}, nan, -inf}, {{0, 0}, {nan, 1}, nan, nan}, {{-inf, 0}, {1, inf}, nan, nan},
  };
  for (const row& r : rows) {
    const tensor x = test::tensor_of(binary32, {2}, r.x), dy = test::tensor_of(binary32, {2}, r.dy);
    REQUIRE(test::is_same(value_of(reference::softmax_backward(x.view(), dy.view())), r.softmax));
    REQUIRE(test::is_same(value_of(reference::log_softmax_backward(x.view(), dy.view())), r.log_softmax));
  }
  REQUIRE_THROWS_WITH(reference::softmax_backward(line_of({1, 2}).view(), line_of({1}).view()),
                      Catch::Contains("dy has shape (1,); expected (2,), the shape of x"));
}

TEST_CASE("cross entropy's gradient is the formula rounded once, in every format, mode and reduction",
          "[reference][gradient]") {
  test::tally tally;
  test::random_source random(72);
  for (const auto& output : test::formats_and_modes()) {
    const reference::request want{.to = output.first, .how = output.second, .enclosure = true};
    const std::size_t n = 1 + random.below(4), c = 2 + random.below(8);
    const bool has_classes = random.below(3) != 0, has_weight = random.below(2) == 0;
    const double smoothing = random.below(2) == 0 ? 0 : 0.1;
    const tensor x = test::tensor_of(bfloat16, {n, c}, test::draw_line(random, n * c, 20));
    std::vector<double> shares(n * c), weights(c), dys(n);
    for (double& v : shares) v = test::unit(random);
    for (double& v : weights) v = static_cast<double>(1 + random.below(5)) * 0.5;
    for (double& v : dys) v = 4 * test::unit(random) - 2;
    const tensor p = test::tensor_of(binary16, {n, c}, shares), w = test::tensor_of(binary32, {c}, weights),
                 each = test::tensor_of(binary32, {n}, dys),
                 one = test::tensor_of(binary32, {}, std::span(dys).first(1));
    tensor classes(element_type::integer(64, true), {n});
    std::vector<std::size_t> target(n);
    for (std::size_t i = 0; i < n; ++i) {
      target[i] = i > 0 && random.below(4) == 0 ? c : random.below(c);  // c: ignored
      classes.set(i, target[i] == c ? static_cast<std::uint64_t>(-100) : target[i]);
    }
    const auto vx = test::wide_of(x), vp = test::wide_of(p), vw = test::wide_of(w), vd = test::wide_of(each);
    const auto weight_of = [&](std::size_t k) { return has_weight ? vw[k] : wide(1); };
    wide divisor;
    for (std::size_t i = 0; i < n; ++i) {
      if (!has_classes) divisor += wide(1);
      if (has_classes && target[i] != c) divisor += weight_of(target[i]);
    }
    for (const auto reduction : {none, sum, mean}) {
      std::vector<wide> exact;
      for (std::size_t i = 0; i < n; ++i) {
        const auto y = softmax_of(std::span(vx).subspan(i * c, c), 1);
        std::vector<wide> q;
        wide total;
        for (std::size_t k = 0; k < c; ++k) {
          const wide due = has_classes ? wide(target[i] == k ? 1 : 0) : vp[i * c + k];
          q.push_back(weight_of(k) *
                      (due * (wide(1) - wide(smoothing)) + wide(smoothing) / wide(static_cast<double>(c))));
          total += q.back();
        }
        const wide g = reduction == none ? vd[i] : reduction == sum ? vd[0] : vd[0] / divisor;
        for (std::size_t k = 0; k < c; ++k) {
          exact.push_back(has_classes && target[i] == c ? wide(0) : g * (y[k] * total - q[k]));
        }
      }
      reference::cross_entropy_targets to;
      if (has_classes) {
        to.classes = &classes;
      } else {
        to.probabilities = p.view();
      }
      if (has_weight) to.weight = w.view();
      const auto t = reference::cross_entropy_backward(x.view(), to, (reduction == none ? each : one).view(),
                                                       {-100, smoothing, reduction}, want);
      test::compare(tally, t, exact, want.how,
                    test::text("cross_entropy_backward, smoothing ", smoothing, has_weight ? " weights" : "",
                               has_classes ? " classes " : " shares ", static_cast<int>(reduction)));
    }
  }
  tally.require();
}

TEST_CASE("specials of cross entropy's gradient are those of its table", "[reference][gradient]") {
  constexpr double inf = HUGE_VAL;
  tensor target(element_type::integer(64, true), {});
  const auto gradient = [&](const tensor& x, double dy, std::size_t i, reference::loss_reduction reduction = mean,
                            const reference::request& want = {}) {
    const tensor g = test::tensor_of(binary32, {}, std::vector<double>{dy});
    return value_of(
        reference::cross_entropy_backward(x.view(), {.classes = &target}, g.view(), {.reduction = reduction}, want), i);
  };
  const tensor plain = line_of({0, 0}), masked = line_of({0, -inf}), nan = line_of({0, NAN}),
               far = line_of({0, -65504});
  REQUIRE(gradient(plain, 1, 0) == -0.5);
  REQUIRE(gradient(plain, inf, 0) == -inf);
  REQUIRE(gradient(plain, inf, 1) == inf);
  REQUIRE(std::isnan(gradient(plain, NAN, 0)));
  REQUIRE(test::is_same(gradient(masked, 2, 0), 0.0));  // the only class there is
  REQUIRE(test::is_same(gradient(masked, 2, 1), 0.0));
  REQUIRE(std::isnan(gradient(masked, inf, 0)));
  REQUIRE(std::isnan(gradient(nan, 1, 0)));
  REQUIRE(gradient(far, 1, 0, mean, {.how = {.mode = rounding::downward}}) == -0x1p-149);
  REQUIRE(gradient(far, 1, 1, mean, {.how = {.mode = rounding::upward}}) == 0x1p-149);
  target.set(0, static_cast<std::uint64_t>(-100));
  REQUIRE(test::is_same(gradient(plain, 1, 0), 0.0));
  target.set(0, 1);
  REQUIRE(gradient(masked, 2, 1, sum) == -2);
  const tensor two = line_of({1, 1});
  REQUIRE_THROWS_WITH(reference::cross_entropy_backward(plain.view(), {.classes = &target}, two.view()),
                      Catch::Contains("dy has shape (2,); expected (), the shape of the loss"));
}

TEST_CASE("gradients of mse, gelu and silu are the formula rounded once, in every format and mode",
          "[reference][gradient]") {
  test::tally tally;
  test::random_source random(73);
  for (const auto& output : test::formats_and_modes()) {
    const reference::request want{.to = output.first, .how = output.second, .enclosure = true};
    const std::size_t n = 1 + random.below(40);
    const tensor x = test::tensor_of(binary32, {n}, test::draw_line(random, n, 10)),
                 target = test::tensor_of(bfloat16, {n}, test::draw_line(random, n, 10)),
                 dy = test::tensor_of(binary32, {n}, test::draw_line(random, n, 4)),
                 one = test::tensor_of(binary32, {}, std::vector<double>{0.7});
    const auto vx = test::wide_of(x), vt = test::wide_of(target), vd = test::wide_of(dy);
    std::vector<wide> mse, mean_mse, gelu, silu;
    for (std::size_t i = 0; i < n; ++i) {
      mse.push_back(wide(2) * vd[i] * (vx[i] - vt[i]));
      mean_mse.push_back(wide(2) * wide(one[0], binary32) * (vx[i] - vt[i]) / wide(static_cast<double>(n)));
      const wide density = exp(-vx[i] * vx[i] / wide(2)) / sqrt(wide(2) * wide::pi());
      gelu.push_back(vd[i] * ((wide(1) + erf(vx[i] / sqrt(wide(2)))) / wide(2) + vx[i] * density));
      const wide s = wide(1) / (wide(1) + exp(-vx[i]));
      silu.push_back(vd[i] * s * (wide(1) + vx[i] * (wide(1) - s)));
    }
    test::compare(tally, reference::mse_backward(x.view(), target.view(), dy.view(), none, want), mse, want.how,
                  "mse_backward");
    test::compare(tally, reference::mse_backward(x.view(), target.view(), one.view(), mean, want), mean_mse, want.how,
                  "mse_backward of a mean");
    test::compare(tally, reference::gelu_backward(x.view(), dy.view(), want), gelu, want.how, "gelu_backward");
    test::compare(tally, reference::silu_backward(x.view(), dy.view(), want), silu, want.how, "silu_backward");
  }
  tally.require();
}

TEST_CASE("specials of the gradients of mse, gelu and silu are those of their tables", "[reference][gradient]") {
  constexpr double inf = HUGE_VAL, nan = NAN;
  struct row {
    double x, dy, gelu, silu;
  };
  const row rows[] = {
      {nan, 1, nan, nan},    {1, nan, nan, nan}, {inf, 3, 3, 3},       {-inf, 3, 0.0, 0.0},
      {-inf, inf, nan, nan}, {1, inf, inf, inf}, {-1, inf, -inf, inf}, {-2, -inf, inf, inf},
      {5, -0.0, 0.0, 0.0},   {0, 3, 1.5, 1.5},   {inf, inf, inf, inf},
  };
  for (const row& r : rows) {
    const tensor x = line_of({r.x}), dy = line_of({r.dy});
    INFO(r.x << " and " << r.dy);
    REQUIRE(test::is_same(value_of(reference::gelu_backward(x.view(), dy.view())), r.gelu));
    REQUIRE(test::is_same(value_of(reference::silu_backward(x.view(), dy.view())), r.silu));
  }
  const auto far = [](double x, rounding mode) {
    const tensor at = line_of({x}), dy = line_of({3});
    const reference::request want{.how = {.mode = mode}};
    const double g = value_of(reference::gelu_backward(at.view(), dy.view(), want));
    REQUIRE(test::is_same(g, value_of(reference::silu_backward(at.view(), dy.view(), want))));
    return g;
  };
  REQUIRE(far(1e6, rounding::upward) == std::nextafterf(3, 4));
  REQUIRE(far(1e30, rounding::downward) == 3);
  REQUIRE(far(-1e30, rounding::downward) == -0x1p-149);
  REQUIRE(test::is_same(far(-1e30, rounding::upward), -0.0));
  const auto mse = [](double x, double t, double dy) {
    return value_of(reference::mse_backward(line_of({x}).view(), line_of({t}).view(), line_of({dy}).view(), none));
  };
  REQUIRE(test::is_same(mse(2, 2, 5), 0.0));
  REQUIRE(std::isnan(mse(inf, inf, 1)));
  REQUIRE(mse(inf, 1, -1) == -inf);
  REQUIRE(std::isnan(mse(2, 2, inf)));
  REQUIRE(std::isnan(mse(inf, 1, 0)));
  REQUIRE(mse(1, 2, inf) == -inf);
}
