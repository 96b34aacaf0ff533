#include <assay/reference/cells.hpp>

#include <catch2/catch.hpp>

#include "agreement.hpp"

using namespace assay;
using test::wide;

namespace {

tensor uniform(test::random_source& random, format f, extents shape, double most) {
  std::vector<double> values(shape.count());
  for (double& x : values) x = most * (2 * test::unit(random) - 1);
  return test::tensor_of(f, shape, values);
}

wide sigmoid(const wide& x) { return wide(1) / (wide(1) + exp(-x)); }

/// One step's inputs, with as many rows of weights as there are gates.
struct step {
  std::size_t samples, inputs, states;
  tensor x, h, c, w_ih, w_hh, b_ih, b_hh;
  bool has_biases;

  step(test::random_source& random, std::size_t gates)
      : samples(1 + random.below(3)),
        inputs(random.below(4)),
        states(1 + random.below(4)),
        x(uniform(random, bfloat16, {samples, inputs}, 3)),
        h(uniform(random, binary16, {samples, states}, 1)),
        c(uniform(random, binary32, {samples, states}, 2)),
        w_ih(uniform(random, e4m3fn, {gates * states, inputs}, 2)),
        w_hh(uniform(random, bfloat16, {gates * states, states}, 2)),
        b_ih(uniform(random, binary32, {gates * states}, 2)),
        b_hh(uniform(random, binary16, {gates * states}, 2)),
        has_biases(random.below(2) == 0) {}

  reference::cell_inputs views() const {
    return {x.view(),
            h.view(),
            w_ih.view(),
            w_hh.view(),
            has_biases ? b_ih.view() : code_view(),
            has_biases ? b_hh.view() : code_view()};
  }
  wide part(const tensor& v, const tensor& w, const tensor& b, std::size_t sample, std::size_t row) const {
    const std::size_t k = v.shape()[1];
    wide sum = has_biases ? wide(b[row], b.type().layout) : wide(0);
    for (std::size_t n = 0; n < k; ++n) {
      sum += wide(v[sample * k + n], v.type().layout) * wide(w[row * k + n], w.type().layout);
    }
    return sum;
  }
  wide of_x(std::size_t sample, std::size_t row) const { return part(x, w_ih, b_ih, sample, row); }
  wide of_h(std::size_t sample, std::size_t row) const { return part(h, w_hh, b_hh, sample, row); }
  wide sum(std::size_t sample, std::size_t row) const { return of_x(sample, row) + of_h(sample, row); }
};

}  // namespace

TEST_CASE("the cells' truths are their formulas rounded once, in every format and mode", "[reference][cells]") {
  test::tally tally;
  test::random_source random(1);
  for (const auto& output : test::formats_and_modes()) {
    const reference::request want{.to = output.first, .how = output.second, .enclosure = true};
    const step lstm(random, 4), gru(random, 3), rnn(random, 1);
    std::vector<wide> h, c, gated, tanhs, relus;
    const auto each = [](const step& s, const auto& visit) {
      for (std::size_t n = 0; n < s.samples; ++n)
        for (std::size_t j = 0; j < s.states; ++j) visit(n, j);
    };
    each(lstm, [&](std::size_t n, std::size_t j) {
      const std::size_t m = lstm.states;
      const wide i = lstm.sum(n, j), f = lstm.sum(n, m + j), g = lstm.sum(n, 2 * m + j), o = lstm.sum(n, 3 * m + j);
      c.push_back(sigmoid(f) * wide(lstm.c[n * m + j], binary32) + sigmoid(i) * tanh(g));
      h.push_back(sigmoid(o) * tanh(c.back()));
    });
    each(gru, [&](std::size_t n, std::size_t j) {
      const std::size_t m = gru.states;
      const wide r = sigmoid(gru.sum(n, j)), z = sigmoid(gru.sum(n, m + j));
      const wide fresh = tanh(gru.of_x(n, 2 * m + j) + r * gru.of_h(n, 2 * m + j));
      gated.push_back((wide(1) - z) * fresh + z * wide(gru.h[n * m + j], binary16));
    });
    each(rnn, [&](std::size_t n, std::size_t j) {
      const wide sum = rnn.sum(n, j);
      tanhs.push_back(tanh(sum));
      relus.push_back(sum < wide(0) ? wide(0) : sum);
    });
    const auto both = reference::lstm_cell(lstm.views(), lstm.c.view(), want);
    test::compare(tally, both.c, c, output.second, "the LSTM's c");
    test::compare(tally, both.h, h, output.second, "the LSTM's h");
    test::compare(tally, reference::gru_cell(gru.views(), want), gated, output.second, "the GRU's h");
    test::compare(tally, reference::rnn_cell(rnn.views(), reference::nonlinearity::tanh, want), tanhs, output.second,
                  "tanh");
    test::compare(tally, reference::rnn_cell(rnn.views(), reference::nonlinearity::relu, want), relus, output.second,
                  "relu");
  }
  tally.require();
}

namespace {

tensor row_of(std::vector<double> values, bool column = false) {
  const std::size_t n = values.size();
  return test::tensor_of(binary64, column ? extents{n, 1} : extents{1, n}, values);
}

/// A cell of one state and no input whose gates' sums are these biases, and of h the last gate's besides.
struct of_biases {
  tensor x{element_type::of(binary64), {1, 0}}, h, w_ih, w_hh, bias;
  of_biases(std::vector<double> sums, double state)
      : h(row_of({state})),
        w_ih(element_type::of(binary64), {sums.size(), 0}),
        w_hh(row_of(std::vector<double>(sums.size(), 0.0), true)),
        bias(test::tensor_of(binary64, {sums.size()}, sums)) {}
  reference::cell_inputs views() const { return {x.view(), h.view(), w_ih.view(), w_hh.view(), bias.view(), {}}; }
};

struct lstm_values {
  double h, c;
};
lstm_values lstm(std::vector<double> sums, double c, rounding mode = rounding::ties_to_even) {
  const of_biases cell(sums, 0);
  const tensor state = row_of({c});
  const auto t = reference::lstm_cell(cell.views(), state.view(), {.how = {.mode = mode}});
  return {test::value_of(t.h, 0), test::value_of(t.c, 0)};
}
double gru(std::vector<double> sums, double h, rounding mode = rounding::ties_to_even) {
  const of_biases cell(sums, h);
  return test::value_of(reference::gru_cell(cell.views(), {.how = {.mode = mode}}), 0);
}

}  // namespace

TEST_CASE("the cells' specials go through their gates as IEEE 754 has it", "[reference][cells]") {
  const double inf = HUGE_VAL;
  REQUIRE(lstm({-inf, inf, 0, inf}, 3).c == 3);       // i shut, f open
  REQUIRE(lstm({inf, -inf, inf, inf}, 3).c == 1);     // i open, f shut, tanh of infinity
  REQUIRE(std::isnan(lstm({0, -inf, 0, 0}, inf).c));  // zero times infinity
  REQUIRE(lstm({0, 0, 0, 0}, -inf).c == -inf);
  REQUIRE(lstm({0, -1e6, 0, 0}, inf).c == inf);  // open by however little
  REQUIRE(lstm({0, 0, 0, 0}, -inf).h == -0.5);
  REQUIRE(std::isnan(lstm({0, NAN, 0, 0}, 1).h));
  REQUIRE(lstm({0, 0, 0, -inf}, 1).h == 0);
  REQUIRE(gru({0, inf, 0}, 7) == 7);
  REQUIRE(gru({0, -inf, inf}, 7) == 1);
  REQUIRE(std::isnan(gru({NAN, 0, 0}, 1)));
  // Exact cases and values that no precision tells from them.
  for (const rounding mode : {rounding::ties_to_even, rounding::upward, rounding::downward, rounding::to_odd}) {
    REQUIRE(lstm({0, 0, 0, 0}, 5, mode).c == 2.5);
    REQUIRE(lstm({0, 0, 0, 0}, 0, mode).h == 0);
    REQUIRE(gru({0, 0, 0}, 3, mode) == 1.5);
  }
  REQUIRE(lstm({-1e6, 1e6, -1, 0}, 2, rounding::downward).c == std::nextafterf(2, 0));
  REQUIRE(lstm({-1e6, 1e6, -1, 0}, 2, rounding::upward).c == 2);
}

TEST_CASE("an rnn_cell's scale is its sum's", "[reference][cells]") {
  const tensor x = row_of({2, -3}), h = row_of({4}), w_ih = row_of({1, 1}), w_hh = row_of({-0.5}),
               bias = test::tensor_of(binary64, {1}, std::vector<double>{-1});
  const auto t = reference::rnn_cell({x.view(), h.view(), w_ih.view(), w_hh.view(), bias.view(), bias.view()},
                                     reference::nonlinearity::relu, {.scales = true});
  REQUIRE(std::bit_cast<double>(t.scale[0]) == 9);
  REQUIRE(test::value_of(t, 0) == 0);
}

TEST_CASE("the cells refuse shapes that do not fit", "[reference][cells]") {
  const auto zeros = [](extents shape) { return tensor(element_type::of(binary16), shape); };
  const tensor x = zeros({2, 3}), h = zeros({2, 5}), w_ih = zeros({20, 3}), w_hh = zeros({20, 5}), b = zeros({20}),
               c = zeros({2, 4});
  const reference::cell_inputs good{x.view(), h.view(), w_ih.view(), w_hh.view(), b.view(), b.view()};
  REQUIRE_NOTHROW(reference::lstm_cell(good, h.view()));
  REQUIRE_THROWS_WITH(reference::lstm_cell(good, c.view()), Catch::Contains("c has shape (2, 4); expected (2, 5)"));
  REQUIRE_THROWS_WITH(reference::gru_cell(good), Catch::Contains("w_ih has shape (20, 3); expected (15, 3)"));
  reference::cell_inputs bad = good;
  bad.w_hh = w_ih.view();
  REQUIRE_THROWS_WITH(reference::lstm_cell(bad, h.view()), Catch::Contains("w_hh has shape (20, 3); expected (20, 5)"));
  bad = good;
  bad.x = b.view();
  REQUIRE_THROWS_WITH(reference::lstm_cell(bad, h.view()), Catch::Contains("x has shape (20,); expected a matrix"));
  bad = good;
  bad.b_hh = x.view();
  REQUIRE_THROWS_WITH(reference::lstm_cell(bad, h.view()), Catch::Contains("b_hh has shape (2, 3); expected (20,)"));
}
