#include <assay/reference/norm_backward.hpp>

#include "agreement.hpp"
#include "engine/square_classes.hpp"

using namespace assay;
using test::wide;

namespace {

/// The derivatives by the chain rule, as they are derived on paper: dy_i / dx_j of every pair of elements.
struct plain_gradients {
  std::vector<wide> dx, dweight, dbias;

  plain_gradients(std::span<const wide> x, std::span<const wide> weight, std::span<const wide> dy, double eps,
                  bool centred)
      : dweight(weight.size()), dbias(weight.size()) {
    const std::size_t n = weight.size();
    const wide count(static_cast<double>(n));
    for (std::size_t first = 0; first < x.size(); first += n) {
      const auto line = x.subspan(first, n), gradient = dy.subspan(first, n);
      wide mean, square;
      for (const wide& v : line) mean += v;
      mean = centred ? mean / count : wide(0);
      for (const wide& v : line) square += (v - mean) * (v - mean);
      square = square / count + wide(eps);
      const wide root = sqrt(square);
      for (std::size_t j = 0; j < n; ++j) {
        wide d;
        for (std::size_t i = 0; i < n; ++i) {
          // d((x_i - m) / root) / dx_j, with dm / dx_j = 1 / n and d root / dx_j = (x_j - m) / (n root).
          wide own((i == j ? 1.0 : 0.0));
          if (centred) own = own - wide(1) / count;
          own = own * square - (line[i] - mean) * (line[j] - mean) / count;
          d += gradient[i] * weight[i] * own;
        }
        dx.push_back(d / (square * root));
        dweight[j] += gradient[j] * (line[j] - mean) / root;
        dbias[j] += gradient[j];
      }
    }
  }
};

}  // namespace

TEST_CASE("the norms' gradients are the chain rule's, rounded once, in every format and mode",
          "[reference][norm_backward]") {
  test::tally tally;
  test::random_source random(31);
  for (const format from : {bfloat16, e5m2, binary32}) {
    for (const auto& output : test::formats_and_modes()) {
      for (const bool centred : {true, false}) {
        const bool long_lines = random.below(8) == 0;
        const std::size_t lines = 1 + random.below(4), n = long_lines ? 70 : 1 + random.below(8);
        test::numbers draw(random);
        const double eps = draw.plain() ? 0.25 : 1e-5;
        const tensor x = test::tensor_of(from, {lines, n}, draw(lines * n)), w = test::tensor_of(from, {n}, draw(n)),
                     dy = test::tensor_of(from, {lines, n}, draw(lines * n));
        const plain_gradients exact(test::wide_of(x), test::wide_of(w), test::wide_of(dy), eps, centred);
        const reference::request want{.to = output.first,
                                      .how = output.second,
                                      .enclosure = true,
                                      .threads = 1 + static_cast<unsigned>(random.below(2))};
        const auto got = centred ? reference::layer_norm_backward(x.view(), w.view(), dy.view(), {.eps = eps}, want)
                                 : reference::rms_norm_backward(x.view(), w.view(), dy.view(), {.eps = eps}, want);
        test::compare(tally, got.dx, exact.dx, output.second, "dx");
        test::compare(tally, got.dweight, exact.dweight, output.second, "dweight");
        if (centred) test::compare(tally, got.dbias, exact.dbias, output.second, "dbias");
      }
    }
  }
  tally.require();
}

TEST_CASE("gradients that are rounding boundaries are proved, whatever the mode", "[reference][norm_backward]") {
  for (const rounding mode : {rounding::ties_to_even, rounding::downward, rounding::upward, rounding::to_odd}) {
    const reference::request want{.to = bfloat16, .how = {.mode = mode}};
    // Equal lines with opposite gradients: dweight cancels, with an irrational scale. Three elements, so that the mean
    // is no binary number.
    const tensor x = test::tensor_of(binary32, {2, 3}, std::vector<double>{1, 2, 7, 1, 2, 7}),
                 dy = test::tensor_of(binary32, {2, 3}, std::vector<double>{1, 0, 3, -1, 0, -3});
    const auto cancelled = reference::layer_norm_backward(x.view(), {}, dy.view(), {}, want);
    for (std::size_t i = 0; i < 3; ++i) REQUIRE(cancelled.dweight.value[i] == 0);
    REQUIRE(cancelled.dweight.decided.exact == 2);
    REQUIRE(cancelled.dweight.decided.fast == 1);

    // Lines that are multiples of each other: with eps of 0 their scales are irrational but commensurable.
    const tensor multiples = test::tensor_of(binary32, {2, 3}, std::vector<double>{1, 1, 3, 3, 3, 9}),
                 opposed = test::tensor_of(binary32, {2, 3}, std::vector<double>{2, 5, 1, -2, -5, -1});
    const auto commensurable = reference::rms_norm_backward(multiples.view(), {}, opposed.view(), {.eps = 0}, want);
    for (std::size_t i = 0; i < 3; ++i) REQUIRE(commensurable.dweight.value[i] == 0);

    // Rational scales: 1 / 5 and, of the other line, 1 / 3. 5/2 + 1/2 is 3.
    const tensor rational = test::tensor_of(binary32, {2, 2}, std::vector<double>{5, 5, 3, -3}),
                 half = test::tensor_of(binary32, {2, 2}, std::vector<double>{2.5, 1, 0.5, 1});
    const auto sum = reference::rms_norm_backward(rational.view(), {}, half.view(), {.eps = 0}, want);
    REQUIRE(test::value_of(sum.dweight, 0) == 3);
    REQUIRE(test::value_of(sum.dweight, 1) == 0);

    // Equal gradients leave nothing for x, and gradients along n neither.
    const tensor any = test::tensor_of(binary32, {1, 3}, std::vector<double>{1, 2, 7}),
                 equal = test::tensor_of(binary32, {1, 3}, std::vector<double>{3, 3, 3});
    const auto nothing = reference::layer_norm_backward(any.view(), {}, equal.view(), {}, want);
    const auto along = reference::rms_norm_backward(any.view(), {}, any.view(), {.eps = 0}, want);
    for (std::size_t i = 0; i < 3; ++i) REQUIRE((nothing.dx.value[i] == 0 && along.dx.value[i] == 0));
  }
}

TEST_CASE("square roots of one class are told from those of others", "[reference][norm_backward]") {
  using reference::rational;
  reference::square_classes classes;
  REQUIRE(classes.split(rational(9, 4)).which == reference::square_classes::rational_class);
  REQUIRE(classes.split(rational(9, 4)).factor == rational(3, 2));
  const auto two = classes.split(2), eighth = classes.split(rational(1, 8)), three = classes.split(3);
  REQUIRE(two.which == eighth.which);
  REQUIRE(eighth.factor == rational(1, 4));
  REQUIRE(two.which != three.which);
  REQUIRE(classes.split(rational(2, 3)).which != two.which);
  REQUIRE(classes.split(rational(2, 3)).which == classes.split(6).which);
  // Among them primes that the fingerprint asks about.
  const rational prime(2147483647);
  REQUIRE(classes.split(prime * 2).which != two.which);
  REQUIRE(classes.split(prime * prime * 2).which == two.which);
  REQUIRE(classes.split(prime * 2).factor == 1);
  test::random_source random(32);
  for (int i = 0; i < 200; ++i) {
    const rational r(1 + random.below(1000), 1 + random.below(1000)), s(1 + random.below(1000), 1 + random.below(1000));
    const auto one = classes.split(r), other = classes.split(r * s * s);
    REQUIRE(one.which == other.which);
    REQUIRE(other.factor == one.factor * s);
  }
}

TEST_CASE("specials of the norms' gradients are those of their table", "[reference][norm_backward]") {
  const double inf = HUGE_VAL;
  const auto matrix = [](std::vector<double> values) {
    return test::tensor_of(binary32, {values.size() / 3, 3}, values);
  };
  const auto line = [](std::vector<double> values) { return test::tensor_of(binary32, {values.size()}, values); };
  const tensor x = matrix({1, 2, 4}), g = matrix({1, 0, 2});
  {
    // A NaN or an infinity in x, and a line of equal numbers without eps.
    for (const tensor& bad : {matrix({1, NAN, 2}), matrix({1, inf, 2}), matrix({5, 5, 5})}) {
      const auto t = reference::layer_norm_backward(bad.view(), {}, g.view(), {.eps = 0});
      for (std::size_t i = 0; i < 3; ++i) {
        REQUIRE(std::isnan(test::value_of(t.dx, i)));
        REQUIRE(std::isnan(test::value_of(t.dweight, i)));
      }
      REQUIRE(test::value_of(t.dbias, 2) == 2);
    }
    const auto t = reference::rms_norm_backward(matrix({1, -inf, 2}).view(), {}, matrix({1, 0, inf}).view());
    for (std::size_t i = 0; i < 3; ++i) REQUIRE(std::isnan(test::value_of(t.dx, i)));
    REQUIRE(test::value_of(t.dweight, 0) == 0);
    REQUIRE(std::isnan(test::value_of(t.dweight, 1)));  // 0 times NaN
    REQUIRE(std::isnan(test::value_of(t.dweight, 2)));  // infinity times zero
    const auto zero = reference::rms_norm_backward(matrix({0, -0.0, 0}).view(), {}, g.view(), {.eps = 0});
    REQUIRE(std::isnan(test::value_of(zero.dx, 0)));
    REQUIRE(std::isnan(test::value_of(zero.dweight, 0)));
  }
  {
    // One infinite gradient, at a positive n of rms_norm: -n_i times infinity elsewhere, infinity - infinity at home.
    const auto t = reference::rms_norm_backward(matrix({1, -2, 4}).view(), {}, matrix({1, 0, inf}).view());
    REQUIRE(test::value_of(t.dx, 0) == -inf);
    REQUIRE(test::value_of(t.dx, 1) == inf);
    REQUIRE(std::isnan(test::value_of(t.dx, 2)));
    REQUIRE(test::value_of(t.dweight, 2) == inf);
    REQUIRE(std::isfinite(test::value_of(t.dweight, 0)));
    // Of layer_norm: the mean of g is infinite as well. Deviations of 1, 2, 6 from 3 have the signs -, -, +.
    const auto u = reference::layer_norm_backward(matrix({1, 2, 6}).view(), {}, matrix({1, 0, inf}).view());
    REQUIRE(std::isnan(test::value_of(u.dx, 0)));
    REQUIRE(std::isnan(test::value_of(u.dx, 2)));
    REQUIRE(test::value_of(u.dweight, 2) == inf);
    REQUIRE(test::value_of(u.dbias, 2) == inf);
    const auto v = reference::layer_norm_backward(matrix({1, 5, 6}).view(), {}, matrix({0, 1, inf}).view());
    REQUIRE(test::value_of(v.dx, 1) == -inf);  // -infinity from the mean of g, and from n times the mean of g n
    // An infinite weight makes g infinite, or NaN where dy is zero.
    const auto w = reference::rms_norm_backward(x.view(), line({1, inf, 1}).view(), g.view());
    for (std::size_t i = 0; i < 3; ++i) REQUIRE(std::isnan(test::value_of(w.dx, i)));
    REQUIRE(std::isfinite(test::value_of(w.dweight, 1)));
  }
  {
    // An infinite gradient where n is zero, one of each sign, and no lines at all.
    const auto t = reference::layer_norm_backward(matrix({1, 2, 3, 1, 2, 4}).view(), {},
                                                  matrix({inf, inf, 1, inf, 0, NAN}).view());
    REQUIRE(test::value_of(t.dweight, 0) == -inf);
    REQUIRE(std::isnan(test::value_of(t.dweight, 1)));
    REQUIRE(std::isnan(test::value_of(t.dweight, 2)));
    const tensor none(element_type::of(binary32), {0, 3});
    const auto empty = reference::layer_norm_backward(none.view(), {}, none.view());
    REQUIRE(empty.dx.value.size() == 0);
    REQUIRE((test::value_of(empty.dweight, 1) == 0 && test::value_of(empty.dbias, 1) == 0));
    const auto still = reference::layer_norm_backward(x.view(), {}, matrix({0, -0.0, 0}).view());
    for (std::size_t i = 0; i < 3; ++i) REQUIRE((still.dx.value[i] == 0 && still.dweight.value[i] == 0));
    REQUIRE(still.dx.decided.fast == 3);
  }
}

TEST_CASE("the norms' gradients refuse what they cannot mean", "[reference][norm_backward]") {
  const tensor x = test::tensor_of(binary32, {2, 3}, std::vector<double>(6)),
               dy = test::tensor_of(binary32, {3, 2}, std::vector<double>(6)),
               w = test::tensor_of(binary32, {2}, std::vector<double>(2));
  REQUIRE_THROWS_WITH(reference::layer_norm_backward(x.view(), {}, dy.view()),
                      Catch::Contains("dy has shape (3, 2); expected (2, 3), the shape of x"));
  REQUIRE_THROWS_WITH(reference::rms_norm_backward(x.view(), w.view(), x.view()),
                      Catch::Contains("weight has shape (2,); expected 3"));
  REQUIRE_THROWS_WITH(reference::rms_norm_backward(x.view(), {}, x.view(), {.cast_before_weight = bfloat16}),
                      Catch::Contains("a cast has no derivative"));
}
