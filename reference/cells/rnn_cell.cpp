#include "cell_factors.hpp"

namespace assay::reference {

truth rnn_cell(const cell_inputs& inputs, nonlinearity then, const request& want) {
  const cell_factors f(inputs, 1);
  const activation last = then == nonlinearity::tanh ? activation::tanh : activation::relu;
  return evaluate({f.both, f.weights, 1, f.biases(true, true), last}, {f.samples, f.states}, want);
}

}  // namespace assay::reference
