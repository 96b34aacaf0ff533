#include "gates.hpp"

namespace assay::reference {

namespace {

struct cell_state {
  template <class Real>
  static Real value(const gates_of<Real>& g, const Real& c, const gates_of<double>&, double) {
    const auto& [i, f, new_value, o] = g;
    return sigmoid(f) * c + sigmoid(i) * tanh(new_value);
  }
};

struct hidden_state {
  template <class Real>
  static Real value(const gates_of<Real>& g, const Real& c, const gates_of<double>& kinds, double c_kind) {
    const double kind = cell_state::value(kinds, c_kind, kinds, c_kind);
    return sigmoid(g[3]) * tanh(as_gate(cell_state::value(g, c, kinds, c_kind), kind));
  }
};

}  // namespace

lstm_results lstm_cell(const cell_inputs& inputs, const code_view& c, const request& want) {
  const cell_factors f(inputs, 4);
  check_shape(c, "c", {f.samples, f.states}, "(N, H)");
  const reader state(c, "c");
  const auto gate = [&](std::size_t n) { return gate_source{f.both, f.weights, f.biases(true, true), n * f.states}; };
  const std::array<gate_source, 4> gates{gate(0), gate(1), gate(2), gate(3)};
  return {truth_of_cells<hidden_state>(gates, state, f.samples, f.states, want),
          truth_of_cells<cell_state>(gates, state, f.samples, f.states, want)};
}

}  // namespace assay::reference
