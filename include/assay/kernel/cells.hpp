// lstm_cell, gru_cell and rnn_cell of one unit, once the products w_ih x and w_hh h are known.
//
// Specials: as the steps give them; sigmoid and tanh of infinities are their limits.
#pragma once

#include <assay/kernel/pointwise.hpp>

namespace assay::kernel {

/// How a gate's sum is put together.
enum class gate_form {
  separate,     ///< (w_ih x + b_ih) + (w_hh h + b_hh): two linear layers
  biases_last,  ///< ((w_ih x + w_hh h) + b_ih) + b_hh: two products and a fused kernel, as PyTorch has it on GPUs
  joined,       ///< one sum over x and h, then the biases: one product with [w_ih w_hh]
};
enum class blend_form {
  weights,     ///< (1 - z) n + z h
  difference,  ///< n + z (h - n), as PyTorch's fused kernel has it
};
enum class sum_form { rounded, fused };

inline constexpr attribute_info gate_variant{
    "gates", attribute_info::kind::choice, "separate",
    "(w_ih x + b_ih) + (w_hh h + b_hh); ((w_ih x + w_hh h) + b_ih) + b_hh; or one sum over x and h, then the biases",
    "separate biases_last joined"};
inline constexpr attribute_info activation_variant{
    "activation", attribute_info::kind::choice, "function",
    "sigmoid and tanh in one rounding each, or 1 / (1 + e^-x) and 1 - 2 / (e^(2 x) + 1) in steps", "function steps"};
inline constexpr attribute_info cell_variant{"cell", attribute_info::kind::choice, "rounded",
                                             "f c + i g in three roundings, or fma(f, c, i g)", "rounded fused"};
inline constexpr attribute_info blend_variant{"blend", attribute_info::kind::choice, "weights",
                                              "(1 - z) n + z h, or n + z (h - n)", "weights difference"};
inline constexpr attribute_info lstm_cell_variants[]{gate_variant, activation_variant, cell_variant};
inline constexpr attribute_info gru_cell_variants[]{gate_variant, activation_variant, blend_variant};
inline constexpr attribute_info rnn_cell_variants[]{gate_variant, activation_variant};
inline constexpr store_info product_store{"products", "w_ih x and w_hh h, or their joined sum, before the biases"};
inline constexpr store_info lstm_cell_stores[]{product_store, {"cell", "c', which h' is computed from"}};
inline constexpr store_info gru_cell_stores[]{product_store};

/// A gate's products and biases; from_h means nothing where the sum was joined, and biases may be null.
template <class Value>
struct gate_terms {
  Value from_x, from_h;
  const Value *b_ih, *b_hh;
};

template <scalar_arithmetic A>
typename A::value with_bias(A& a, typename A::value x, const typename A::value* bias) {
  return bias == nullptr ? x : a.add(x, *bias);
}

template <scalar_arithmetic A>
typename A::value gate(A& a, const gate_terms<typename A::value>& g, gate_form form) {
  if (form == gate_form::separate) return a.add(with_bias(a, g.from_x, g.b_ih), with_bias(a, g.from_h, g.b_hh));
  const auto sum = form == gate_form::joined ? g.from_x : a.add(g.from_x, g.from_h);
  return with_bias(a, with_bias(a, sum, g.b_ih), g.b_hh);
}

template <class Value>
struct lstm_state {
  Value h, c;
};

/// i, f, g and o before their activations.
template <scalar_arithmetic A>
lstm_state<typename A::value> lstm_cell(A& a, typename A::value i, typename A::value f, typename A::value g,
                                        typename A::value o, typename A::value c, pointwise_form form, sum_form sum,
                                        const cast* cell = nullptr) {
  const auto added = a.multiply(sigmoid(a, i, form), tanh(a, g, form)), kept = sigmoid(a, f, form);
  const auto next = sum == sum_form::fused ? a.fma(kept, c, added) : a.add(a.multiply(kept, c), added);
  const auto stored = a.through(cell, next);
  return {a.multiply(sigmoid(a, o, form), tanh(a, stored, form)), stored};
}

/// r and z before their activations; n's two sides, which the reset gate keeps apart.
template <scalar_arithmetic A>
typename A::value gru_cell(A& a, typename A::value r, typename A::value z, typename A::value n_from_x,
                           typename A::value n_from_h, typename A::value h, pointwise_form form, blend_form blend) {
  const auto reset = sigmoid(a, r, form), update = sigmoid(a, z, form);
  const auto n = tanh(a, a.add(n_from_x, a.multiply(reset, n_from_h)), form);
  if (blend == blend_form::difference) return a.add(n, a.multiply(update, a.subtract(h, n)));
  return a.add(a.multiply(a.subtract(a.constant(1), update), n), a.multiply(update, h));
}

}  // namespace assay::kernel
