// The catalogue of kernels: every list of kernels, inputs or attributes elsewhere is made from this one.
//
// Definitions follow PyTorch's documentation and ONNX's operators where these agree. Each kernel's formula, specials
// and exact cases are in its header in reference/.
#pragma once

#include <assay/catalogue/kernel_info.hpp>

namespace assay {

namespace catalogue {

using in = input_info;
using at = attribute_info;
using out = result_info;

inline constexpr auto real = in::kind::real, index = in::kind::index, mask = in::kind::mask;
inline constexpr auto number = at::kind::number, integer = at::kind::integer, flag = at::kind::flag,
                      choice = at::kind::choice, integers = at::kind::integers;
inline constexpr bool optional = false;

// What several kernels share.
inline constexpr at axis{"axis", integer, "-1", "the axis of the lines; negative counts from the last"};
inline constexpr at keep_axes{"keepdim", flag, "false", "keep the axis, with extent 1"};
inline constexpr at eps{"eps", number, "1e-5", "added to the variance, as this very number"};
inline constexpr at reduction{"reduction", choice, "mean", "what is made of the elements' losses", "none mean sum"};
inline constexpr in x{"x", "(...)", "the input"};
inline constexpr in x_mask{"mask", "as x", "false masks an element out", mask, optional};
inline constexpr in dy{"dy", "as y", "the gradient of the result"};
inline constexpr out y{"y", "as x"}, y_line{"y", "x without the axis"}, y_loss{"y", "as the losses, or ()"};
inline constexpr out dx{"dx", "as x"};

inline constexpr in x_only[]{x};
inline constexpr in x_and_mask[]{x, x_mask};
inline constexpr out y_only[]{y}, y_line_only[]{y_line}, y_loss_only[]{y_loss}, dx_only[]{dx};

inline constexpr at sum_attributes[]{axis, keep_axes};
inline constexpr at variance_attributes[]{
    axis, keep_axes, {"correction", number, "1", "taken off the count that is divided by; 0 is the biased variance"}};

inline constexpr in dot_inputs[]{
    {"a", "(..., K)", "left factors"}, {"b", "(..., K)", "right factors"}, {"c", "(...)", "addends", real, optional}};
inline constexpr out dot_results[]{{"y", "(...)"}};

inline constexpr in gemm_inputs[]{{"a", "(M, K) or (batch, M, K)", "left factor; (K, M) with transpose_a"},
                                  {"b", "(K, N) or (batch, K, N)", "right factor; (N, K) with transpose_b"},
                                  {"c", "(M, N) or (batch, M, N)", "addend", real, optional},
                                  {"bias", "(N,)", "added to every row", real, optional},
                                  {"a_scale", "(), (M, 1) or (M / block, K / block)",
                                   "factors of a's elements, each for a block of them", real, optional},
                                  {"b_scale", "(), (1, N) or (K / block, N / block)",
                                   "factors of b's elements, each for a block of them", real, optional}};
inline constexpr at gemm_attributes[]{
    {"transpose_a", flag, "false", "a is stored as its transpose"},
    {"transpose_b", flag, "false", "b is stored as its transpose"},
    {"alpha", number, "1", "factor of the products' sum"},
    {"beta", number, "1", "factor of c"},
    {"activation", choice, "none", "applied to each element at the end", "none relu gelu gelu_tanh silu sigmoid tanh"}};
inline constexpr out gemm_results[]{{"y", "(M, N) or (batch, M, N)"}};

inline constexpr at softplus_attributes[]{{"beta", number, "1", "the slope"}};

inline constexpr at softmax_attributes[]{axis, {"temperature", number, "1", "x is divided by it"}};
inline constexpr at logsumexp_attributes[]{axis, softmax_attributes[1], keep_axes};

inline constexpr in norm_inputs[]{x,
                                  {"weight", "as the normalised axes", "factors", real, optional},
                                  {"bias", "as the normalised axes", "addends", real, optional}};
inline constexpr at layer_norm_attributes[]{{"axes", integer, "1", "how many of the last axes are normalised together"},
                                            eps};
inline constexpr at rms_norm_attributes[]{
    layer_norm_attributes[0],
    {"eps", number, "1e-6", "added to the mean square, as this very number"},
    {"cast_before_weight", choice, "none", "format that x / rms is stored in before the weight",
     "none bfloat16 binary16 binary32 e4m3fn e5m2"}};
inline constexpr in channel_norm_inputs[]{{"x", "(N, C, ...)", "the input"},
                                          {"weight", "(C,)", "factors", real, optional},
                                          {"bias", "(C,)", "addends", real, optional}};
inline constexpr in batch_norm_inputs[]{
    channel_norm_inputs[0],
    channel_norm_inputs[1],
    channel_norm_inputs[2],
    {"running_mean", "(C,)", "the mean so far; needed in inference", real, optional},
    {"running_var", "(C,)", "the variance so far; needed in inference", real, optional}};
inline constexpr at batch_norm_attributes[]{
    eps,
    {"training", flag, "false", "normalise by the batch's own mean and variance"},
    {"momentum", number, "0.1", "share of the batch in the new running values"}};
inline constexpr out batch_norm_results[]{{"y", "as x"}, {"running_mean", "(C,)"}, {"running_var", "(C,)"}};
inline constexpr at group_norm_attributes[]{{"groups", integer, "1", "how many groups the channels fall into"}, eps};

inline constexpr in cross_entropy_inputs[]{
    {"x", "(N, C, ...) or (C,)", "logits"},
    {"target", "(N, ...) or ()", "the right classes, 0 to C - 1", index, optional},
    {"target_probabilities", "as x", "the right distributions, in place of target", real, optional},
    {"weight", "(C,)", "each class's weight", real, optional}};
inline constexpr at ignore_index{"ignore_index", integer, "-100", "targets of this value do not count"};
inline constexpr at cross_entropy_attributes[]{
    ignore_index,
    {"label_smoothing", number, "0", "share of the uniform distribution in the targets, 0 to 1"},
    reduction};
inline constexpr in nll_inputs[]{{"x", "(N, C, ...) or (C,)", "logarithms of probabilities"},
                                 {"target", "(N, ...) or ()", "the right classes, 0 to C - 1", index},
                                 {"weight", "(C,)", "each class's weight", real, optional}};
inline constexpr at nll_attributes[]{ignore_index, reduction};
inline constexpr in pair_inputs[]{x, {"target", "as x", "what x should be"}};
inline constexpr at loss_attributes[]{reduction};
inline constexpr at huber_attributes[]{{"delta", number, "1", "where the parabola ends"}, reduction};
inline constexpr at smooth_l1_attributes[]{{"beta", number, "1", "where the parabola ends; 0 is l1"}, reduction};
inline constexpr in bce_inputs[]{{"x", "(...)", "probabilities"},
                                 {"target", "as x", "what x should be, 0 to 1"},
                                 {"weight", "as x", "each element's weight", real, optional}};
inline constexpr in bce_with_logits_inputs[]{
    {"x", "(..., C)", "logits"},
    {"target", "as x", "what the probabilities should be, 0 to 1"},
    {"weight", "as x", "each element's weight", real, optional},
    {"pos_weight", "(C,)", "weights of the positive part, along the last axis", real, optional}};
inline constexpr in kl_div_inputs[]{{"x", "(N, ...)", "logarithms of probabilities"},
                                    {"target", "as x", "probabilities, or their logarithms"}};
inline constexpr at kl_div_attributes[]{
    {"log_target", flag, "false", "the targets are logarithms"},
    {"reduction", choice, "mean", "what is made of the elements' losses", "none mean sum batchmean"}};

inline constexpr in attention_inputs[]{
    {"q", "(..., H, L, E)", "queries"},
    {"k", "(..., G, S, E)", "keys; G divides H, each key head serving H / G query heads"},
    {"v", "(..., G, S, D)", "values"},
    {"mask", "(L, S), or with the leading axes of q", "false masks a key out", mask, optional},
    {"bias", "(L, S), or with the leading axes of q", "added to the scaled products", real, optional}};
inline constexpr at attention_attributes[]{
    {"scale", number, "", "factor of q k; 1 / sqrt(E) where none is given"},
    {"causal", choice, "none", "query i sees keys up to i, or up to i + S - L", "none top_left bottom_right"}};
inline constexpr out attention_results[]{{"y", "(..., H, L, D)"}};

inline constexpr in conv2d_inputs[]{{"x", "(N, C, H, W)", "the input"},
                                    {"weight", "(O, C / groups, R, S)", "the filters"},
                                    {"bias", "(O,)", "added to each channel", real, optional}};
inline constexpr at stride{"stride", integers, "1,1", "steps down and across"},
    padding{"padding", integers, "0,0", "zeros added on each side, down and across"},
    dilation{"dilation", integers, "1,1", "distance of the filter's taps, down and across"};
inline constexpr at conv2d_attributes[]{
    stride, padding, dilation, {"groups", integer, "1", "how many groups the channels fall into"}};
inline constexpr out conv2d_results[]{{"y", "(N, O, P, Q)"}};
inline constexpr in image_inputs[]{{"x", "(N, C, H, W)", "the input"}};
inline constexpr at window{"window", integers, "2,2", "extents of the window, down and across"},
    pool_stride{"stride", integers, "", "steps down and across; the window's extents where none are given"},
    pool_padding{"padding", integers, "0,0", "added on each side, at most half the window"},
    ceil_mode{"ceil_mode", flag, "false", "windows that leave the input at its end count too"};
inline constexpr at max_pool2d_attributes[]{window, pool_stride, pool_padding, dilation, ceil_mode};
inline constexpr at avg_pool2d_attributes[]{
    window,
    pool_stride,
    pool_padding,
    ceil_mode,
    {"count_include_pad", flag, "true", "padding counts in the divisor"},
    {"divisor_override", integer, "", "the divisor; the window's count where none is given"}};
inline constexpr out pool_results[]{{"y", "(N, C, P, Q)"}};

inline constexpr in lstm_cell_inputs[]{{"x", "(N, I)", "the input"},
                                       {"h", "(N, H)", "the state"},
                                       {"c", "(N, H)", "the cell's state"},
                                       {"w_ih", "(4 H, I)", "weights of x; rows in the order i, f, g, o"},
                                       {"w_hh", "(4 H, H)", "weights of h"},
                                       {"b_ih", "(4 H,)", "addends", real, optional},
                                       {"b_hh", "(4 H,)", "addends", real, optional}};
inline constexpr out lstm_cell_results[]{{"h", "(N, H)"}, {"c", "(N, H)"}};
inline constexpr in gru_cell_inputs[]{{"x", "(N, I)", "the input"},
                                      {"h", "(N, H)", "the state"},
                                      {"w_ih", "(3 H, I)", "weights of x; rows in the order r, z, n"},
                                      {"w_hh", "(3 H, H)", "weights of h"},
                                      {"b_ih", "(3 H,)", "addends", real, optional},
                                      {"b_hh", "(3 H,)", "addends", real, optional}};
inline constexpr in rnn_cell_inputs[]{{"x", "(N, I)", "the input"},
                                      {"h", "(N, H)", "the state"},
                                      {"w_ih", "(H, I)", "weights of x"},
                                      {"w_hh", "(H, H)", "weights of h"},
                                      {"b_ih", "(H,)", "addends", real, optional},
                                      {"b_hh", "(H,)", "addends", real, optional}};
inline constexpr at rnn_cell_attributes[]{{"nonlinearity", choice, "tanh", "what the sum goes through", "tanh relu"}};
inline constexpr out h_only[]{{"h", "(N, H)"}};

inline constexpr in embedding_inputs[]{{"weight", "(V, D)", "the table"},
                                       {"indices", "(...)", "rows of the table, 0 to V - 1", index}};
inline constexpr out embedding_results[]{{"y", "(..., D)"}};

inline constexpr in ranks_inputs[]{{"x", "(ranks, ...)", "each rank's tensor"}};
inline constexpr out all_reduce_results[]{{"y", "x without the ranks"}};
inline constexpr in reduce_scatter_inputs[]{{"x", "(ranks, n, ...)", "each rank's tensor; ranks divides n"}};
inline constexpr out reduce_scatter_results[]{{"y", "(ranks, n / ranks, ...)"}};

// Gradients: of a loss whose gradient by the kernel's result is dy.
inline constexpr in gemm_backward_inputs[]{
    {"a", "(M, K)", "left factor"}, {"b", "(K, N)", "right factor"}, {"dy", "(M, N)", "the gradient of the product"}};
inline constexpr out gemm_backward_results[]{{"da", "(M, K)"}, {"db", "(K, N)"}};
inline constexpr in x_and_dy[]{x, dy};
inline constexpr in norm_backward_inputs[]{x, norm_inputs[1], dy};
inline constexpr out layer_norm_backward_results[]{
    {"dx", "as x"}, {"dweight", "as the normalised axes"}, {"dbias", "as the normalised axes"}};
inline constexpr out rms_norm_backward_results[]{{"dx", "as x"}, {"dweight", "as the normalised axes"}};
inline constexpr in cross_entropy_backward_inputs[]{
    cross_entropy_inputs[0],
    cross_entropy_inputs[1],
    cross_entropy_inputs[2],
    cross_entropy_inputs[3],
    {"dy", "as the losses, or ()", "the gradient of the result; ones where none is given", real, optional}};
inline constexpr in mse_backward_inputs[]{
    x,
    pair_inputs[1],
    {"dy", "as the losses, or ()", "the gradient of the result; ones where none is given", real, optional}};
inline constexpr at softmax_backward_attributes[]{axis, softmax_attributes[1]};

}  // namespace catalogue

inline constexpr kernel_info kernels[]{
    {"convert", "y = x", catalogue::x_only, {}, catalogue::y_only},
    {"exp", "y = e^x", catalogue::x_only, {}, catalogue::y_only},
    {"exp2", "y = 2^x", catalogue::x_only, {}, catalogue::y_only},
    {"expm1", "y = e^x - 1", catalogue::x_only, {}, catalogue::y_only},
    {"log", "y = ln x", catalogue::x_only, {}, catalogue::y_only},
    {"log2", "y = log2 x", catalogue::x_only, {}, catalogue::y_only},
    {"log1p", "y = ln(1 + x)", catalogue::x_only, {}, catalogue::y_only},
    {"tanh", "y = tanh x", catalogue::x_only, {}, catalogue::y_only},
    {"erf", "y = erf x", catalogue::x_only, {}, catalogue::y_only},
    {"sqrt", "y = sqrt x", catalogue::x_only, {}, catalogue::y_only},
    {"rsqrt", "y = 1 / sqrt x", catalogue::x_only, {}, catalogue::y_only},
    {"reciprocal", "y = 1 / x", catalogue::x_only, {}, catalogue::y_only},
    {"sigmoid", "y = 1 / (1 + e^-x)", catalogue::x_only, {}, catalogue::y_only},
    {"gelu", "y = x / 2 (1 + erf(x / sqrt 2))", catalogue::x_only, {}, catalogue::y_only},
    {"gelu_tanh", "y = x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))", catalogue::x_only, {}, catalogue::y_only},
    {"silu", "y = x / (1 + e^-x)", catalogue::x_only, {}, catalogue::y_only},
    {"relu", "y = max(x, 0)", catalogue::x_only, {}, catalogue::y_only},
    {"softplus", "y = ln(1 + e^(beta x)) / beta", catalogue::x_only, catalogue::softplus_attributes, catalogue::y_only},

    {"sum", "y = sum of x along the axis", catalogue::x_only, catalogue::sum_attributes, catalogue::y_line_only},
    {"mean", "y = sum of x / n along the axis", catalogue::x_only, catalogue::sum_attributes, catalogue::y_line_only},
    {"variance", "y = sum of (x - mean)^2 / (n - correction) along the axis", catalogue::x_only,
     catalogue::variance_attributes, catalogue::y_line_only},

    {"dot", "y = c + sum of a b", catalogue::dot_inputs, {}, catalogue::dot_results},
    {"gemm", "y = activation(alpha (a_scale a) (b_scale b) + beta c + bias)", catalogue::gemm_inputs,
     catalogue::gemm_attributes, catalogue::gemm_results},

    {"softmax", "y_i = e^(x_i / T) / sum of e^(x_j / T)", catalogue::x_and_mask, catalogue::softmax_attributes,
     catalogue::y_only},
    {"log_softmax", "y_i = x_i / T - ln sum of e^(x_j / T)", catalogue::x_and_mask, catalogue::softmax_attributes,
     catalogue::y_only},
    {"logsumexp", "y = ln sum of e^(x_j / T)", catalogue::x_and_mask, catalogue::logsumexp_attributes,
     catalogue::y_line_only},

    {"layer_norm", "y = (x - mean) / sqrt(variance + eps) weight + bias", catalogue::norm_inputs,
     catalogue::layer_norm_attributes, catalogue::y_only},
    {"rms_norm", "y = x / sqrt(mean of x^2 + eps) weight", std::span(catalogue::norm_inputs).first(2),
     catalogue::rms_norm_attributes, catalogue::y_only},
    {"batch_norm", "y = (x - mean) / sqrt(variance + eps) weight + bias, by channel over the batch",
     catalogue::batch_norm_inputs, catalogue::batch_norm_attributes, catalogue::batch_norm_results},
    {"group_norm", "y = (x - mean) / sqrt(variance + eps) weight + bias, by sample and group of channels",
     catalogue::channel_norm_inputs, catalogue::group_norm_attributes, catalogue::y_only},

    {"cross_entropy", "loss = -sum over c of target_c weight_c log_softmax(x)_c", catalogue::cross_entropy_inputs,
     catalogue::cross_entropy_attributes, catalogue::y_loss_only},
    {"nll", "loss = -weight_target x_target", catalogue::nll_inputs, catalogue::nll_attributes, catalogue::y_loss_only},
    {"mse", "loss = (x - target)^2", catalogue::pair_inputs, catalogue::loss_attributes, catalogue::y_loss_only},
    {"l1", "loss = |x - target|", catalogue::pair_inputs, catalogue::loss_attributes, catalogue::y_loss_only},
    {"huber", "loss = d^2 / 2 for |d| <= delta, else delta (|d| - delta / 2), d = x - target", catalogue::pair_inputs,
     catalogue::huber_attributes, catalogue::y_loss_only},
    {"smooth_l1", "loss = d^2 / (2 beta) for |d| < beta, else |d| - beta / 2, d = x - target", catalogue::pair_inputs,
     catalogue::smooth_l1_attributes, catalogue::y_loss_only},
    {"bce", "loss = -weight (target ln x + (1 - target) ln(1 - x)), logarithms at least -100", catalogue::bce_inputs,
     catalogue::loss_attributes, catalogue::y_loss_only},
    {"bce_with_logits", "loss = -weight (pos_weight target ln s + (1 - target) ln(1 - s)), s = sigmoid(x)",
     catalogue::bce_with_logits_inputs, catalogue::loss_attributes, catalogue::y_loss_only},
    {"kl_div", "loss = target (ln target - x)", catalogue::kl_div_inputs, catalogue::kl_div_attributes,
     catalogue::y_loss_only},

    {"attention", "y = softmax(scale q k^T + bias) v", catalogue::attention_inputs, catalogue::attention_attributes,
     catalogue::attention_results},
    {"conv2d", "y = bias + sum over channels and taps of weight x", catalogue::conv2d_inputs,
     catalogue::conv2d_attributes, catalogue::conv2d_results},
    {"max_pool2d", "y = the largest x of a window", catalogue::image_inputs, catalogue::max_pool2d_attributes,
     catalogue::pool_results},
    {"avg_pool2d", "y = the sum of a window / its count", catalogue::image_inputs, catalogue::avg_pool2d_attributes,
     catalogue::pool_results},
    {"lstm_cell",
     "c' = sigmoid(f) c + sigmoid(i) tanh(g), h' = sigmoid(o) tanh(c')",
     catalogue::lstm_cell_inputs,
     {},
     catalogue::lstm_cell_results},
    {"gru_cell",
     "h' = (1 - sigmoid(z)) tanh(n) + sigmoid(z) h, the reset gate inside n's product with h",
     catalogue::gru_cell_inputs,
     {},
     catalogue::h_only},
    {"rnn_cell", "h' = tanh(w_ih x + b_ih + w_hh h + b_hh)", catalogue::rnn_cell_inputs, catalogue::rnn_cell_attributes,
     catalogue::h_only},
    {"embedding",
     "y = the rows of weight that indices name",
     catalogue::embedding_inputs,
     {},
     catalogue::embedding_results},
    {"all_reduce", "y = sum of x over the ranks", catalogue::ranks_inputs, {}, catalogue::all_reduce_results},
    {"reduce_scatter",
     "y = sum of x over the ranks, a share to each",
     catalogue::reduce_scatter_inputs,
     {},
     catalogue::reduce_scatter_results},

    {"gemm_backward",
     "da = dy b^T, db = a^T dy",
     catalogue::gemm_backward_inputs,
     {},
     catalogue::gemm_backward_results},
    {"softmax_backward", "dx_i = y_i (dy_i - sum of y_j dy_j) / T, y = softmax(x)", catalogue::x_and_dy,
     catalogue::softmax_backward_attributes, catalogue::dx_only},
    {"log_softmax_backward", "dx_i = (dy_i - softmax(x)_i sum of dy_j) / T", catalogue::x_and_dy,
     catalogue::softmax_backward_attributes, catalogue::dx_only},
    {"layer_norm_backward",
     "dx = s (g - mean(g) - n mean(g n)), g = dy weight, n = (x - mean) s, s = 1 / sqrt(v + eps)",
     catalogue::norm_backward_inputs, catalogue::layer_norm_attributes, catalogue::layer_norm_backward_results},
    {"rms_norm_backward", "dx = s (g - n mean(g n)), g = dy weight, n = x s, s = 1 / sqrt(mean of x^2 + eps)",
     catalogue::norm_backward_inputs, std::span(catalogue::rms_norm_attributes).first(2),
     catalogue::rms_norm_backward_results},
    {"cross_entropy_backward", "dx = dy (softmax(x) sum over c of target_c weight_c - target weight)",
     catalogue::cross_entropy_backward_inputs, catalogue::cross_entropy_attributes, catalogue::dx_only},
    {"mse_backward", "dx = 2 dy (x - target)", catalogue::mse_backward_inputs, catalogue::loss_attributes,
     catalogue::dx_only},
    {"gelu_backward", "dx = dy (Phi(x) + x phi(x))", catalogue::x_and_dy, {}, catalogue::dx_only},
    {"silu_backward", "dx = dy s (1 + x (1 - s)), s = sigmoid(x)", catalogue::x_and_dy, {}, catalogue::dx_only},
};

/// Null when there is no such kernel.
constexpr const kernel_info* find_kernel(std::string_view name) {
  for (const kernel_info& k : kernels) {
    if (k.name == name) return &k;
  }
  return nullptr;
}

}  // namespace assay
