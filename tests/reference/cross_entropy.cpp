#include <assay/reference/cross_entropy.hpp>

#include <catch2/catch.hpp>
#include <cmath>
#include <optional>

#include "lines.hpp"

using namespace assay;
using test::wide;
using enum reference::loss_reduction;

namespace {

/// Losses of (N, C, D) logits, written from torch's documentation.
struct problem {
  std::size_t n, c, d;
  tensor x, classes, probabilities, weight;
  std::vector<wide> vx, vp, vw;
  std::vector<std::int64_t> targets;
  double smoothing = 0;
  bool has_classes = true, has_weight = false;

  std::size_t at(std::size_t i, std::size_t k, std::size_t j) const { return (i * c + k) * d + j; }
  wide weight_of(std::size_t k) const { return has_weight ? vw[k] : wide(1); }

  wide log_softmax(std::size_t i, std::size_t k, std::size_t j) const {
    wide total;
    for (std::size_t other = 0; other < c; ++other) total += exp(vx[at(i, other, j)]);
    return vx[at(i, k, j)] - log(total);
  }
  /// The losses in the order of (N, D), and what a mean divides by.
  std::vector<wide> losses(wide& divisor) const {
    std::vector<wide> all;
    const wide eps(smoothing), classes_count(static_cast<double>(c));
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < d; ++j) {
        wide loss;
        const std::int64_t target = targets[i * d + j];
        if (has_classes && target == -7) {
          all.push_back(loss);
          continue;
        }
        for (std::size_t k = 0; k < c; ++k) {
          const wide due = has_classes ? wide(static_cast<std::size_t>(target) == k ? 1 : 0) : vp[at(i, k, j)];
          const wide q = due * (wide(1) - eps) + eps / classes_count;
          loss += -q * weight_of(k) * log_softmax(i, k, j);
        }
        divisor += has_classes ? weight_of(static_cast<std::size_t>(target)) : wide(1);
        all.push_back(loss);
      }
    }
    return all;
  }
  reference::truth truth(reference::loss_reduction reduction, const reference::request& want) const {
    reference::cross_entropy_targets to;
    if (has_classes) {
      to.classes = &classes;
    } else {
      to.probabilities = probabilities.view();
    }
    if (has_weight) to.weight = weight.view();
    return reference::cross_entropy(x.view(), to, {-7, smoothing, reduction}, want);
  }
};

problem draw(test::random_source& random) {
  problem p;
  p.n = 1 + random.below(3);
  p.c = 2 + random.below(9);
  p.d = 1 + random.below(3);
  const std::size_t count = p.n * p.c * p.d;
  p.x =
      test::tensor_of(random.below(2) == 0 ? bfloat16 : binary32, {p.n, p.c, p.d}, test::draw_line(random, count, 20));
  std::vector<double> shares(count), weights(p.c);
  for (double& v : shares) v = test::unit(random);
  for (double& v : weights) v = static_cast<double>(random.below(5)) * 0.5 + 0.25;
  p.probabilities = test::tensor_of(binary16, {p.n, p.c, p.d}, shares);
  p.weight = test::tensor_of(binary32, {p.c}, weights);
  p.classes = tensor(element_type::integer(32, true), {p.n, p.d});
  for (std::size_t i = 0; i < p.n * p.d; ++i) {
    const bool ignored = i != 0 && random.below(4) == 0;
    p.targets.push_back(ignored ? -7 : static_cast<std::int64_t>(random.below(p.c)));
    p.classes.set(i, static_cast<std::uint64_t>(p.targets.back()) & 0xffffffff);
  }
  p.vx = test::wide_of(p.x);
  p.vp = test::wide_of(p.probabilities);
  p.vw = test::wide_of(p.weight);
  p.smoothing = random.below(2) == 0 ? 0 : 0.1;
  p.has_classes = random.below(3) != 0;
  p.has_weight = random.below(2) == 0;
  return p;
}

tensor line_of(std::initializer_list<double> values) {
  return test::tensor_of(binary32, {values.size()}, std::vector<double>(values));
}
tensor class_of(std::int64_t c) {
  tensor t(element_type::integer(64, true), {});
  t.set(0, static_cast<std::uint64_t>(c));
  return t;
}
double value_of(const reference::truth& t) { return test::value_of(t, 0); }

}  // namespace

TEST_CASE("cross entropy is the formula rounded once, in every format, mode and reduction",
          "[reference][cross_entropy]") {
  test::tally tally;
  test::random_source random(61);
  for (std::uint64_t repeat = 0; repeat < (test::is_sanitized ? 1 : 3); ++repeat) {
    for (const auto& output : test::formats_and_modes()) {
      const reference::request want{.to = output.first, .how = output.second, .enclosure = true};
      const problem p = draw(random);
      wide divisor, total;
      const std::vector<wide> losses = p.losses(divisor);
      for (const wide& v : losses) total += v;
      const auto name =
          test::text("cross_entropy of ", p.n, 'x', p.c, 'x', p.d, p.has_classes ? ", classes" : ", shares",
                     p.has_weight ? ", weights" : "", " smoothing ", p.smoothing);
      const auto apart = p.truth(none, want);
      REQUIRE(apart.value.shape() == extents{p.n, p.d});
      test::compare(tally, apart, losses, want.how, name + " none");
      const wide sums[] = {total}, means[] = {total / divisor};
      test::compare(tally, p.truth(sum, want), sums, want.how, name + " sum");
      test::compare(tally, p.truth(mean, want), means, want.how, name + " mean");
    }
  }
  tally.require();
}

TEST_CASE("cross entropy is decided where no precision would do", "[reference][cross_entropy]") {
  const tensor x = line_of({0, -65504}), first = class_of(0), second = class_of(1);
  const reference::request up{.how = {.mode = rounding::upward}}, down{.how = {.mode = rounding::downward}};
  const auto loss = [&](const tensor& target, const reference::request& want) {
    return value_of(reference::cross_entropy(x.view(), {.classes = &target}, {}, want));
  };
  REQUIRE(loss(first, up) == 0x1p-149);
  REQUIRE(loss(first, down) == 0);
  REQUIRE(loss(second, up) == std::nextafterf(65504, 1e9F));
  REQUIRE(loss(second, down) == 65504);
  // Only one class is possible: its loss is zero exactly.
  const tensor sure = line_of({3, -HUGE_VAL});
  REQUIRE(test::is_same(value_of(reference::cross_entropy(sure.view(), {.classes = &first}, {}, down)), 0.0));
}

TEST_CASE("cross entropy's specials are those of its table", "[reference][cross_entropy]") {
  constexpr double inf = HUGE_VAL, nan = NAN;
  struct row {
    std::vector<double> x;
    std::int64_t target;
    double smoothing, loss;
  };
  const row rows[] = {
      {{1, nan}, 0, 0, nan},    {{1, inf}, 0, 0, nan},     {{1, -inf}, 0, 0, 0.0}, {{1, -inf}, 1, 0, inf},
      {{1, -inf}, 0, 0.1, inf}, {{-inf, -inf}, 0, 0, nan}, {{5}, 0, 0.1, 0.0},
  };
  for (const row& r : rows) {
    const tensor x = test::tensor_of(binary32, {r.x.size()}, r.x), target = class_of(r.target);
    for (const auto reduction : {none, sum, mean}) {
      const auto t = reference::cross_entropy(x.view(), {.classes = &target}, {-100, r.smoothing, reduction});
      REQUIRE(test::is_same(value_of(t), r.loss));
    }
  }
  const tensor x = line_of({1, -inf}), second = class_of(1), negative = line_of({1, -1}), zero = line_of({1, 0}),
               ignored = class_of(-100);
  REQUIRE(value_of(reference::cross_entropy(x.view(), {.classes = &second, .weight = negative.view()},
                                            {.reduction = sum})) == -inf);
  REQUIRE(std::isnan(
      value_of(reference::cross_entropy(x.view(), {.classes = &second, .weight = zero.view()}, {.reduction = sum}))));
  REQUIRE(std::isnan(value_of(reference::cross_entropy(x.view(), {.classes = &ignored}))));
  REQUIRE(test::is_same(value_of(reference::cross_entropy(x.view(), {.classes = &ignored}, {.reduction = none})), 0.0));
  REQUIRE(test::is_same(value_of(reference::cross_entropy(x.view(), {.classes = &ignored}, {.reduction = sum})), 0.0));
  const tensor shares = line_of({1, 0}), strange = line_of({nan, 0}), y = line_of({1, 2});
  REQUIRE(std::isnan(value_of(reference::cross_entropy(x.view(), {.probabilities = shares.view()}))));
  REQUIRE(std::isnan(value_of(reference::cross_entropy(y.view(), {.probabilities = strange.view()}))));
  // Weights of the targets that sum to zero: 0 / 0, and 1 / 0 where smoothing leaves something.
  const tensor first = class_of(0), other = line_of({0, 1});
  REQUIRE(std::isnan(value_of(reference::cross_entropy(y.view(), {.classes = &first, .weight = other.view()}))));
  REQUIRE(value_of(reference::cross_entropy(y.view(), {.classes = &first, .weight = other.view()},
                                            {.label_smoothing = 0.5})) == inf);
  const tensor empty(element_type::of(binary32), {0, 4}), no_targets(element_type::integer(64, true), {0});
  REQUIRE(std::isnan(value_of(reference::cross_entropy(empty.view(), {.classes = &no_targets}))));
}

TEST_CASE("cross entropy refuses what it cannot mean", "[reference][cross_entropy]") {
  const tensor x = line_of({1, 2}), good = class_of(0), bad = class_of(2), negative = class_of(-1),
               nan = line_of({1, NAN});
  const auto of = [&](const reference::cross_entropy_targets& t, double smoothing = 0) {
    return reference::cross_entropy(x.view(), t, {.label_smoothing = smoothing});
  };
  REQUIRE_THROWS_WITH(of({.classes = &bad}), Catch::Contains("element 0 of target is 2; expected 0 to 2 - 1, or -100"));
  REQUIRE_THROWS_WITH(of({.classes = &negative}), Catch::Contains("element 0 of target is -1"));
  REQUIRE_THROWS_WITH(of({.classes = &x}), Catch::Contains("target holds binary32; expected integers"));
  REQUIRE_THROWS_WITH(of({}), Catch::Contains("there are no targets"));
  REQUIRE_THROWS_WITH(of({.classes = &good, .probabilities = x.view()}), Catch::Contains("both"));
  REQUIRE_THROWS_WITH(of({.classes = &good, .weight = nan.view()}), Catch::Contains("element 1 of weight is nan"));
  REQUIRE_THROWS_WITH(of({.classes = &good}, 1.5), Catch::Contains("label_smoothing is 1.5"));
  const tensor scalar = test::tensor_of(binary32, {}, std::vector<double>{1});
  REQUIRE_THROWS_WITH(reference::cross_entropy(scalar.view(), {.classes = &good}), Catch::Contains("shape is ()"));
}
