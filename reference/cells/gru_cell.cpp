#include "gates.hpp"

namespace assay::reference {

namespace {

struct gated_state {
  template <class Real>
  static Real value(const gates_of<Real>& g, const Real& h, const gates_of<double>& kinds, double) {
    const Real r = sigmoid(g[0]), z = sigmoid(g[1]);
    const double kind = kinds[2].sum + sigmoid(kinds[0]) * kinds[3].sum;
    return (Real(1.0) - z) * tanh(as_gate(g[2].sum + r * g[3].sum, kind)) + z * h;
  }
};

}  // namespace

truth gru_cell(const cell_inputs& inputs, const request& want) {
  const cell_factors f(inputs, 3);
  const std::array<gate_source, 4> gates{
      gate_source{f.both, f.weights, f.biases(true, true), 0},
      gate_source{f.both, f.weights, f.biases(true, true), f.states},
      gate_source{f.x, f.w_ih, f.biases(true, false), 2 * f.states},
      gate_source{f.h, f.w_hh, f.biases(false, true), 2 * f.states},
  };
  return truth_of_cells<gated_state>(gates, f.h_values, f.samples, f.states, want);
}

}  // namespace assay::reference
