// dot, conv2d and gemm_backward: sums of products that gemm's own tests do not see.
#include <catch2/catch.hpp>

#include <assay/reference/conv2d.hpp>
#include <assay/reference/dot.hpp>
#include <assay/reference/gemm.hpp>
#include <assay/reference/gemm_backward.hpp>

#include "agreement.hpp"

using namespace assay;
using test::wide;

namespace {

tensor numbers_of(test::random_source& random, format f, extents shape) {
  test::numbers draw(random);
  return test::tensor_of(f, shape, draw(shape.count()));
}

/// Written from the formula, tap by tap.
std::vector<wide> plain_conv2d(const tensor& x, const tensor& weight, const tensor* bias,
                               const reference::conv2d_options& o, const extents& result) {
  const std::vector<wide> xs = test::wide_of(x), ws = test::wide_of(weight),
                          bs = bias == nullptr ? std::vector<wide>() : test::wide_of(*bias);
  const extents &in = x.shape(), &w = weight.shape();
  std::vector<wide> y;
  for (std::size_t n = 0; n < result[0]; ++n)
    for (std::size_t f = 0; f < result[1]; ++f)
      for (std::size_t p = 0; p < result[2]; ++p)
        for (std::size_t q = 0; q < result[3]; ++q) {
          wide sum = bs.empty() ? wide(0) : bs[f];
          const std::size_t group = f / (w[0] / o.groups);
          for (std::size_t c = 0; c < w[1]; ++c)
            for (std::size_t r = 0; r < w[2]; ++r)
              for (std::size_t s = 0; s < w[3]; ++s) {
                const long i =
                    static_cast<long>(p * o.stride.down + r * o.dilation.down) - static_cast<long>(o.padding.down);
                const long j = static_cast<long>(q * o.stride.across + s * o.dilation.across) -
                               static_cast<long>(o.padding.across);
                if (i < 0 || j < 0 || i >= static_cast<long>(in[2]) || j >= static_cast<long>(in[3])) continue;
                const std::size_t channel = group * w[1] + c;
                sum += ws[((f * w[1] + c) * w[2] + r) * w[3] + s] *
                       xs[((n * in[1] + channel) * in[2] + static_cast<std::size_t>(i)) * in[3] +
                          static_cast<std::size_t>(j)];
              }
          y.push_back(sum);
        }
  return y;
}

}  // namespace

TEST_CASE("a tensor of dot products is each of them alone", "[reference][dot]") {
  test::random_source random(1);
  for (const rounding mode : {rounding::ties_to_even, rounding::downward, rounding::to_odd}) {
    for (const format from : {e5m2, bfloat16, binary64}) {
      const tensor a = numbers_of(random, from, {2, 3, 9}), b = numbers_of(random, from, {2, 3, 9}),
                   c = numbers_of(random, binary16, {2, 3});
      const reference::request want{.to = binary16, .how = {.mode = mode}, .scales = true};
      const auto with = reference::dot(a.view(), b.view(), c.view(), want),
                 without = reference::dot(a.view(), b.view(), {}, want);
      REQUIRE(with.value.shape() == extents{2, 3});
      std::vector<std::uint64_t> x(9), y(9);
      for (std::size_t n = 0; n < 6; ++n) {
        a.view().copy_line(n, x);
        b.view().copy_line(n, y);
        const auto one = reference::dot({x, y, from, from, c[n], binary16}, binary16, want.how);
        REQUIRE(with.value[n] == one.code);
        REQUIRE(without.value[n] == reference::dot({x, y, from, from, 0, binary16}, binary16, want.how).code);
        REQUIRE(std::bit_cast<double>(with.scale[n]) == Approx(std::ldexp(one.scale, one.ulp_exponent)).epsilon(1e-12));
      }
    }
  }
}

TEST_CASE("dot refuses shapes that do not fit", "[reference][dot]") {
  const tensor a(element_type::of(binary16), {2, 3}), b(element_type::of(binary16), {3, 2}),
      one(element_type::of(binary16), {});
  REQUIRE_THROWS_WITH(reference::dot(a.view(), b.view()), Catch::Contains("b has shape (3, 2); expected (2, 3)"));
  REQUIRE_THROWS_WITH(reference::dot(a.view(), a.view(), a.view()),
                      Catch::Contains("c has shape (2, 3); expected (2,)"));
  REQUIRE_THROWS_WITH(reference::dot(one.view(), one.view()), Catch::Contains("a has shape ()"));
}

TEST_CASE("conv2d's truth is its formula, whatever the strides, paddings, dilations and groups",
          "[reference][conv2d]") {
  test::tally tally;
  test::random_source random(2);
  for (const auto& output : test::formats_and_modes()) {
    const std::size_t groups = 1 + random.below(2), channels = 1 + random.below(2),
                      filters = groups * (1 + random.below(2));
    const reference::conv2d_options options{{1 + random.below(3), 1 + random.below(2)},
                                            {random.below(3), random.below(2)},
                                            {1 + random.below(2), 1 + random.below(2)},
                                            groups};
    const tensor x = numbers_of(random, bfloat16, {2, groups * channels, 4 + random.below(3), 5}),
                 weight = numbers_of(random, binary16, {filters, channels, 1 + random.below(2), 1 + random.below(3)}),
                 bias = numbers_of(random, binary32, {filters});
    const bool has_bias = random.below(2) == 0;
    const auto truth = reference::conv2d(x.view(), weight.view(), has_bias ? bias.view() : code_view(), options,
                                         {.to = output.first, .how = output.second, .enclosure = true});
    const auto exact = plain_conv2d(x, weight, has_bias ? &bias : nullptr, options, truth.value.shape());
    test::compare(tally, truth, exact, output.second, "conv2d");
  }
  tally.require();
}

TEST_CASE("conv2d's specials reach what sees them, and padding is zero", "[reference][conv2d]") {
  const tensor x = test::tensor_of(binary32, {1, 1, 1, 3}, std::vector<double>{1, HUGE_VAL, -1}),
               weight = test::tensor_of(binary32, {1, 1, 1, 2}, std::vector<double>{1, 2}),
               infinite = test::tensor_of(binary32, {1, 1, 1, 2}, std::vector<double>{HUGE_VAL, 1});
  const auto y = reference::conv2d(x.view(), weight.view(), {}, {.padding = {0, 1}});
  REQUIRE(y.value.shape() == extents{1, 1, 1, 4});
  REQUIRE(test::value_of(y, 0) == 2);
  REQUIRE(test::value_of(y, 1) == HUGE_VAL);
  REQUIRE(test::value_of(y, 3) == -1);
  const auto z = reference::conv2d(x.view(), infinite.view(), {}, {.padding = {0, 1}});
  REQUIRE(std::isnan(test::value_of(z, 0)));  // infinity times the padding's zero
  REQUIRE(test::value_of(z, 1) == HUGE_VAL);
  REQUIRE(test::value_of(z, 3) == -HUGE_VAL);
}

TEST_CASE("conv2d refuses what it cannot mean, and says what it found", "[reference][conv2d]") {
  const auto zeros = [](extents shape) { return tensor(element_type::of(binary16), shape); };
  const tensor x = zeros({1, 4, 5, 5}), w = zeros({2, 4, 3, 3}), flat = zeros({4, 5}), bias = zeros({3}),
               large = zeros({2, 4, 6, 3});
  const auto refused = [&](const tensor& weight, const reference::conv2d_options& o, const std::string& sentence) {
    REQUIRE_THROWS_WITH(reference::conv2d(x.view(), weight.view(), {}, o), Catch::Contains(sentence));
  };
  refused(w, {.groups = 3}, "groups is 3; expected a divisor of x's 4 channels");
  refused(w, {.groups = 2}, "weight has shape (2, 4, 3, 3); expected (O, 2, R, S)");
  refused(w, {.stride = {0, 1}}, "stride is 0,1; expected at least 1");
  refused(w, {.dilation = {1, 0}}, "dilation is 1,0; expected at least 1");
  refused(w, {.dilation = {3, 1}}, "weight reaches over 7 elements down; expected 1 to 5, the padded input's");
  refused(large, {}, "weight reaches over 6 elements down");
  REQUIRE_THROWS_WITH(reference::conv2d(flat.view(), w.view()),
                      Catch::Contains("x has shape (4, 5); expected (N, C, H, W)"));
  REQUIRE_THROWS_WITH(reference::conv2d(x.view(), w.view(), bias.view()),
                      Catch::Contains("bias has shape (3,); expected (2,)"));
}

TEST_CASE("gemm's gradients are the products that the formula says", "[reference][gemm_backward]") {
  test::tally tally;
  test::random_source random(3);
  for (const auto& output : test::formats_and_modes()) {
    const std::size_t m = 1 + random.below(4), k = 1 + random.below(5), n = 1 + random.below(4);
    const tensor a = numbers_of(random, binary16, {m, k}), b = numbers_of(random, bfloat16, {k, n}),
                 dy = numbers_of(random, e5m2, {m, n});
    const auto as = test::wide_of(a), bs = test::wide_of(b), dys = test::wide_of(dy);
    std::vector<wide> da(m * k, wide(0)), db(k * n, wide(0));
    for (std::size_t i = 0; i < m; ++i)
      for (std::size_t t = 0; t < k; ++t)
        for (std::size_t j = 0; j < n; ++j) {
          da[i * k + t] += dys[i * n + j] * bs[t * n + j];
          db[t * n + j] += as[i * k + t] * dys[i * n + j];
        }
    const auto got = reference::gemm_backward(a.view(), b.view(), dy.view(),
                                              {.to = output.first, .how = output.second, .enclosure = true});
    test::compare(tally, got.da, da, output.second, "da");
    test::compare(tally, got.db, db, output.second, "db");
  }
  tally.require();
  const tensor a(element_type::of(binary16), {2, 3}), b(element_type::of(binary16), {3, 4});
  REQUIRE_THROWS_WITH(reference::gemm_backward(a.view(), b.view(), a.view()),
                      Catch::Contains("dy has shape (2, 3); expected (2, 4)"));
  REQUIRE_THROWS_WITH(reference::gemm_backward(a.view(), a.view(), a.view()),
                      Catch::Contains("expected (M, K) and (K, N)"));
}
