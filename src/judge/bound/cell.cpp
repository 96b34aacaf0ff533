// Recurrent cells: gates are sums of two matrix-vector products and two biases, then functions and a few products.
//
// A gate's sum has I + H products and up to two addends, in one accumulator or in two whose results are added:
// sum_error.hpp with I + H + 2 terms. Everything after is evaluated over bounded numbers.
#include "bounds.hpp"
#include "variance.hpp"

namespace assay::detail {
namespace {

class gates {
 public:
  gates(const bound_question& q, std::size_t count)
      : q_(q),
        x_(doubles(q.call, "x")),
        h_(doubles(q.call, "h")),
        w_ih_(doubles(q.call, "w_ih")),
        w_hh_(doubles(q.call, "w_hh")),
        b_ih_(doubles(q.call, "b_ih")),
        b_hh_(doubles(q.call, "b_hh")),
        inputs_(q.call.input("x").shape()[1]),
        state_(q.call.input("h").shape()[1]) {
    static_cast<void>(count);
  }
  std::size_t state() const { return state_; }
  bounded h(std::size_t sample, std::size_t unit) const { return q_.how.load(h_[sample * state_ + unit]); }

  enum parts { input = 1, recurrent = 2, both = 3 };

  /// Row `row` of the weights.
  bounded operator()(std::size_t sample, std::size_t row, parts which = both) const {
    const roundings& r = q_.how;
    double value = 0, scale = 0, terms = 0, flushed = 0;
    const auto add = [&](double weight, double x) {
      const double term = weight * x;
      value += term;
      scale += std::abs(term);
      flushed += r.flushed_product(weight, x);
      terms += 1;
    };
    if ((which & input) != 0) {
      for (std::size_t i = 0; i < inputs_; ++i) add(w_ih_[row * inputs_ + i], x_[sample * inputs_ + i]);
      if (!b_ih_.empty()) add(b_ih_[row], 1);
    }
    if ((which & recurrent) != 0) {
      for (std::size_t i = 0; i < state_; ++i) add(w_hh_[row * state_ + i], h_[sample * state_ + i]);
      if (!b_hh_.empty()) add(b_hh_[row], 1);
    }
    const double inputs = 2 * (r.load_error() + r.operand_error()) * scale + flushed;
    bounded s = r.sums().apply(terms, value, scale, r.sums().exact_products() && r.exact_loads(), inputs, inputs, 0);
    // Sums of their own are rounded to the compute format before they meet.
    const double joined = 4 * r.u() * (scale + s.worst);
    s.worst += joined;
    (r.random() ? s.sigma : s.fixed) += joined;
    return s;
  }

 private:
  const bound_question& q_;
  std::vector<double> x_, h_, w_ih_, w_hh_, b_ih_, b_hh_;
  std::size_t inputs_, state_;
};

bounded sigmoid(const roundings& r, bounded x) { return bounded_activation(r, "sigmoid", x); }
bounded tanh(const roundings& r, bounded x) { return bounded_activation(r, "tanh", x); }

std::vector<error_bounds> lstm(const bound_question& q) {
  const roundings& r = q.how;
  const gates gate(q, 4);
  const std::vector<double> c = doubles(q.call, "c");
  const std::size_t n = gate.state();
  std::vector<error_bounds> all(2);
  for (error_bounds& b : all) b.resize(q.elements());
  for (std::size_t i = 0; i < q.elements(); ++i) {
    const std::size_t sample = i / n, unit = i % n;
    const bounded in = sigmoid(r, gate(sample, unit)), forget = sigmoid(r, gate(sample, n + unit)),
                  candidate = tanh(r, gate(sample, 2 * n + unit)), out = sigmoid(r, gate(sample, 3 * n + unit));
    const bounded cell = r.add(r.multiply(forget, r.load(c[i])), r.multiply(in, candidate));
    all[0].set(i, r.multiply(out, tanh(r, cell)), r.lambda());
    all[1].set(i, cell, r.lambda());
  }
  return all;
}

std::vector<error_bounds> gru(const bound_question& q) {
  const roundings& r = q.how;
  const gates gate(q, 3);
  const std::size_t n = gate.state();
  error_bounds b;
  b.resize(q.elements());
  for (std::size_t i = 0; i < q.elements(); ++i) {
    const std::size_t sample = i / n, unit = i % n;
    const bounded reset = sigmoid(r, gate(sample, unit)), update = sigmoid(r, gate(sample, n + unit));
    const bounded fresh = tanh(r, r.add(gate(sample, 2 * n + unit, gates::input),
                                        r.multiply(reset, gate(sample, 2 * n + unit, gates::recurrent))));
    // (1 - z) n + z h, or n + z (h - n): the second's difference is as large as |h| + |n|.
    bounded h = r.add(r.multiply(r.subtract(r.exact(1), update), fresh), r.multiply(update, gate.h(sample, unit)));
    const double other = 2 * r.u() * (std::abs(fresh.value) + std::abs(gate.h(sample, unit).value));
    h.worst += other;
    (r.random() ? h.sigma : h.fixed) += other;
    b.set(i, h, r.lambda());
  }
  return one(std::move(b));
}

std::vector<error_bounds> rnn(const bound_question& q) {
  const gates gate(q, 1);
  const std::size_t n = gate.state();
  const std::string f = q.call.choice("nonlinearity");
  error_bounds b;
  b.resize(q.elements());
  for (std::size_t i = 0; i < q.elements(); ++i) {
    b.set(i, bounded_activation(q.how, f, gate(i / n, i % n)), q.how.lambda());
  }
  return one(std::move(b));
}

constexpr bound_row cell_rows[] = {{"lstm_cell", lstm}, {"gru_cell", gru}, {"rnn_cell", rnn}};

}  // namespace

bound_family cell_bounds() { return cell_rows; }

}  // namespace assay::detail
