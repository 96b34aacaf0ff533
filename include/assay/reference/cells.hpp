// The certified truth of one step of recurrent networks, as torch.nn.LSTMCell, GRUCell and RNNCell define it. With
// sums W x + b_ih and W' h + b_hh, each gate its own rows of w_ih and w_hh, s = sigmoid:
//
//   lstm_cell   rows i, f, g, o, each the two sums together:  c' = s(f) c + s(i) tanh(g),   h' = s(o) tanh(c')
//   gru_cell    rows r, z, n:  h' = (1 - s(z)) tanh(n + s(r) m) + s(z) h,   n = W_n x + b_n and m = W'_n h + b'_n
//   rnn_cell    h' = tanh or max(., 0) of the two sums together
//
// All in one real formula: c' is not rounded on its way to h'.
//
// Specials: a sum that is NaN or infinite (gemm.hpp) enters its gate as IEEE 754 has it: s(-infinity) = 0,
// s(+infinity) = 1, tanh of infinity is 1 of its sign; zero times infinity is NaN, NaN stays. An exact zero is +0, but
// of rnn_cell the one that gemm.hpp says, which tanh keeps.
//
// Scale (request::scales): rnn_cell's, that of the sum; the others have none.
//
// Exact cases: those in which every e^x that is left has a rational x, by the theorem of Lindemann and Weierstrass.
#pragma once

#include <assay/reference/truth.hpp>

namespace assay::reference {

/// With H the state's size and G gates (4, 3, 1): each view's shape is said here.
struct cell_inputs {
  code_view x;                     ///< (N, I)
  code_view h;                     ///< (N, H)
  code_view w_ih, w_hh;            ///< (G H, I) and (G H, H)
  code_view b_ih = {}, b_hh = {};  ///< (G H,), or without data: no such terms
};

struct lstm_results {
  truth h, c;  ///< (N, H)
};

// Each throws std::invalid_argument for shapes that do not fit, or a format that binary64 does not hold.

/// c is (N, H).
lstm_results lstm_cell(const cell_inputs& inputs, const code_view& c, const request& want = {});
truth gru_cell(const cell_inputs& inputs, const request& want = {});

enum class nonlinearity : std::uint8_t { tanh, relu };
truth rnn_cell(const cell_inputs& inputs, nonlinearity then = nonlinearity::tanh, const request& want = {});

}  // namespace assay::reference
