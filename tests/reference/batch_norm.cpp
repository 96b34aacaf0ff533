#include <assay/reference/batch_norm.hpp>

#include "agreement.hpp"

using namespace assay;
using test::wide;

namespace {

struct plain_batch_norm {
  std::vector<wide> mean, variance, y, running_mean, running_var;

  /// x of shape (samples, channels, inner).
  plain_batch_norm(std::span<const wide> x, std::size_t channels, std::size_t inner)
      : mean(channels), variance(channels) {
    const std::size_t count = x.size() / channels;
    const wide n(static_cast<double>(count));
    for (std::size_t i = 0; i < x.size(); ++i) mean[i / inner % channels] += x[i];
    for (wide& m : mean) m = m / n;  // once: where the mean is a small number, it is exact
    for (std::size_t i = 0; i < x.size(); ++i) {
      const wide d = x[i] - mean[i / inner % channels];
      variance[i / inner % channels] += d * d / n;
    }
  }
  void normalise(std::span<const wide> x, std::size_t inner, std::span<const wide> m, std::span<const wide> v,
                 std::span<const wide> weight, std::span<const wide> bias, double eps) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t c = i / inner % m.size();
      y.push_back((x[i] - m[c]) / sqrt(v[c] + wide(eps)) * weight[c] + bias[c]);
    }
  }
  void run(std::span<const wide> old_mean, std::span<const wide> old_var, double momentum, double n) {
    const wide share(momentum), rest = wide(1) - share, unbiased = wide(n) / wide(n - 1);
    for (std::size_t c = 0; c < mean.size(); ++c) {
      running_mean.push_back(rest * old_mean[c] + share * mean[c]);
      running_var.push_back(rest * old_var[c] + share * variance[c] * unbiased);
    }
  }
};

tensor row(std::vector<double> values) { return test::tensor_of(binary32, {values.size()}, values); }

}  // namespace

TEST_CASE("batch_norm's three results are the formulas rounded once, in every format and mode",
          "[reference][batch_norm]") {
  test::tally tally;
  test::random_source random(14);
  for (const format from : {bfloat16, e5m2, binary32}) {
    for (const auto& output : test::formats_and_modes()) {
      const bool wide_rows = random.below(8) == 0;  // more channels than one tile holds
      const std::size_t samples = 2 + random.below(5), channels = wide_rows ? 70 : 1 + random.below(5),
                        inner = wide_rows ? 1 : 1 + random.below(4);
      test::numbers draw(random);
      const double eps = draw.plain() ? 0.25 : 1e-5, momentum = draw.plain() ? 0.5 : 0.1;
      const tensor x = test::tensor_of(from, {samples, channels, inner}, draw(samples * channels * inner)),
                   w = test::tensor_of(from, {channels}, draw(channels)),
                   b = test::tensor_of(from, {channels}, draw(channels)),
                   mean = test::tensor_of(from, {channels}, draw(channels));
      std::vector<double> variances = draw(channels);
      for (double& v : variances) v = std::abs(v);
      const tensor var = test::tensor_of(from, {channels}, variances);
      const std::vector<wide> in = test::wide_of(x), weight = test::wide_of(w), bias = test::wide_of(b),
                              old_mean = test::wide_of(mean), old_var = test::wide_of(var);
      const reference::request want{.to = output.first,
                                    .how = output.second,
                                    .enclosure = true,
                                    .threads = 1 + static_cast<unsigned>(random.below(2))};

      plain_batch_norm training(in, channels, inner), inference = training;
      training.normalise(in, inner, training.mean, training.variance, weight, bias, eps);
      training.run(old_mean, old_var, momentum, static_cast<double>(samples * inner));
      const auto trained = reference::batch_norm(x.view(), w.view(), b.view(), mean.view(), var.view(),
                                                 {.eps = eps, .training = true, .momentum = momentum}, want);
      test::compare(tally, trained.y, training.y, output.second, "batch_norm in training");
      test::compare(tally, trained.running_mean, training.running_mean, output.second, "running_mean");
      test::compare(tally, trained.running_var, training.running_var, output.second, "running_var");

      inference.normalise(in, inner, old_mean, old_var, weight, bias, eps);
      const auto inferred =
          reference::batch_norm(x.view(), w.view(), b.view(), mean.view(), var.view(), {.eps = eps}, want);
      test::compare(tally, inferred.y, inference.y, output.second, "batch_norm in inference");
      REQUIRE(inferred.running_mean.value.size() == 0);
    }
  }
  tally.require();
}

TEST_CASE("batch_norm's specials in training are those of its table", "[reference][batch_norm]") {
  const double inf = HUGE_VAL;
  // Channels: finite, a NaN, one infinity, both infinities, equal values.
  const tensor x = test::tensor_of(binary32, {2, 5}, std::vector<double>{1, NAN, inf, inf, 3, 2, 1, 1, -inf, 3});
  const tensor zero = row(std::vector<double>(5)), one = row(std::vector<double>(5, 1));
  const auto t = reference::batch_norm(x.view(), {}, {}, zero.view(), one.view(), {.eps = 0, .training = true});
  for (const std::size_t c : {1U, 2U, 3U, 4U}) REQUIRE(std::isnan(test::value_of(t.y, c)));
  REQUIRE(test::value_of(t.y, 0) == -1);
  REQUIRE(test::value_of(t.y, 5) == 1);
  REQUIRE(std::isnan(test::value_of(t.running_mean, 1)));
  REQUIRE(test::value_of(t.running_mean, 2) == inf);
  REQUIRE(std::isnan(test::value_of(t.running_mean, 3)));
  for (const std::size_t c : {1U, 2U, 3U}) REQUIRE(std::isnan(test::value_of(t.running_var, c)));
  REQUIRE(test::value_of(t.running_var, 4) == 0.9f);

  const tensor y = test::tensor_of(binary32, {2, 3}, std::vector<double>{1, 2, 3, 4, 5, 6}),
               bad = row({inf, NAN, -inf}), good = row({0, 0, 0});
  const auto kept = reference::batch_norm(y.view(), {}, {}, bad.view(), good.view(), {.training = true});
  REQUIRE(test::value_of(kept.running_mean, 0) == inf);
  REQUIRE(std::isnan(test::value_of(kept.running_mean, 1)));
  REQUIRE(test::value_of(kept.running_mean, 2) == -inf);
  const auto replaced =
      reference::batch_norm(y.view(), {}, {}, bad.view(), good.view(), {.training = true, .momentum = 1});
  REQUIRE(std::isnan(test::value_of(replaced.running_mean, 0)));
  REQUIRE(test::value_of(replaced.running_var, 0) == 4.5);

  const tensor none = test::tensor_of(binary32, {0, 3}, std::vector<double>());
  const auto empty = reference::batch_norm(none.view(), {}, {}, bad.view(), row({1, 2, 3}).view(), {.training = true});
  REQUIRE(empty.y.value.size() == 0);
  REQUIRE(test::value_of(empty.running_mean, 2) == -inf);
  REQUIRE(test::value_of(empty.running_var, 2) == 3);
}

TEST_CASE("batch_norm's specials in inference are those of its table, element by element", "[reference][batch_norm]") {
  const double inf = HUGE_VAL;
  const auto y = [](double x, double mean, double variance, double eps, double weight = 1, double bias = 0) {
    const tensor in = test::tensor_of(binary32, {1, 1}, std::vector<double>{x});
    const auto t = reference::batch_norm(in.view(), row({weight}).view(), row({bias}).view(), row({mean}).view(),
                                         row({variance}).view(), {.eps = eps});
    return test::value_of(t.y, 0);
  };
  REQUIRE(std::isnan(y(1, 0, NAN, 1)));
  REQUIRE(std::isnan(y(1, 0, -2, 1)));
  REQUIRE(std::isnan(y(1, 0, -inf, 1)));
  REQUIRE(y(1, 0, -1, 1) == inf);
  REQUIRE(y(-1, 0, 0, 0) == -inf);
  REQUIRE(std::isnan(y(3, 3, 0, 0)));
  REQUIRE(y(3, 1, inf, 1) == 0);
  REQUIRE(y(3, 1, inf, 1, 2, 0.625) == 0.625);
  REQUIRE(std::isnan(y(inf, 1, inf, 1)));
  REQUIRE(y(-inf, 1, 4, 0) == -inf);
  REQUIRE(y(-inf, 1, 4, 0, -2) == inf);
  REQUIRE(std::isnan(y(inf, 1, 4, 0, 0)));
  REQUIRE(std::isnan(y(inf, inf, 4, 0)));
  REQUIRE(y(1, inf, 4, 0) == -inf);
  REQUIRE(std::isnan(y(NAN, 0, 1, 0)));
  REQUIRE(y(5, 0, 1, 0, 1, -inf) == -inf);
  REQUIRE(std::isnan(y(inf, 0, 1, 0, 1, -inf)));
  REQUIRE(std::isnan(y(2, 2, 1, 0, inf)));
  REQUIRE(y(2, 2, 1, 0) == 0);
  REQUIRE_FALSE(std::signbit(y(2, 2, 1, 0)));
}

TEST_CASE("batch_norm refuses what it cannot mean", "[reference][batch_norm]") {
  const tensor one = test::tensor_of(binary32, {1, 3}, std::vector<double>(3)), c = row({0, 0, 0});
  const auto refuse = [&](const code_view& mean, const code_view& var, bool training, const char* sentence) {
    REQUIRE_THROWS_WITH(reference::batch_norm(one.view(), {}, {}, mean, var, {.training = training}),
                        Catch::Contains(sentence));
  };
  refuse(c.view(), c.view(), true, "x has shape (1, 3), one element a channel; expected more in training");
  refuse({}, {}, false, "there is none; expected both: batch_norm normalises by them in inference");
  refuse(c.view(), {}, true, "there is running_mean alone; expected both, or none in training");
  refuse(row({1, 2}).view(), c.view(), false, "running_mean has shape (2,); expected 3");
  REQUIRE_THROWS_WITH(reference::batch_norm(one.view(), {}, {}, c.view(), c.view(), {.momentum = NAN}),
                      Catch::Contains("momentum is nan"));
}
