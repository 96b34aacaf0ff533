// The certified truth of scaled dot-product attention: for each query i of each head,
//
//   y_i = sum_j w_ij v_j,   w_ij = e^(s_ij) / sum_j e^(s_ij),   s_ij = scale q_i k_j + bias_ij
//
// over the keys j that query i sees, as torch.nn.functional.scaled_dot_product_attention and ONNX Attention define it.
// Without a scale it is the real number 1 / sqrt(E). Query i sees key j unless the mask is 0 there, or causality
// forbids it: top_left has j <= i, bottom_right j <= i + S - L, which lets the last query see every key. With G key
// heads for H query heads, query head h uses key head h / (H / G), rounded down.
//
// Specials, of what a query sees:
//   a score s_ij that is NaN or +infinity    NaN in all of y_i
//   a score of -infinity                     the key is not seen: no matter what its v holds
//   no key is seen                           NaN in all of y_i: 0 / 0, as softmax has it
//   NaN or both infinities in a column of v  NaN there
//   an infinity in a column of v             the infinity: every weight is above zero
// An exact zero is +0. One key alone has weight 1: then y_i = v_j.
//
// Scale (request::scales): sum_j w_ij |v_j|, of the last sum alone.
//
// Exact cases: y = t means sum_j e^(s_ij) (v_j - t) = 0, which by the theorem of Lindemann and Weierstrass holds
// exactly when the v_j - t of equal scores sum to zero.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include <assay/reference/truth.hpp>

namespace assay::reference {

enum class causality : std::uint8_t { none, top_left, bottom_right };

struct attention_options {
  std::optional<double> scale = std::nullopt;  ///< finite; none: 1 / sqrt(E)
  causality causal = causality::none;
  /// In C order of shape (L, S), or of q's leading axes, L and S: 0 masks out. Empty: nothing is masked.
  std::span<const std::uint8_t> keep = {};
};

/// q is (..., H, L, E), k (..., G, S, E), v (..., G, S, D) with the same axes in front, and G divides H; without a
/// third axis from the end, H = G = 1. bias is (L, S), or has q's leading axes in front of these, or no data: then it
/// is 0. Of shape (..., H, L, D). Throws std::invalid_argument for shapes that do not fit, a mask of another size, a
/// scale that is not finite, or a format that binary64 does not hold.
truth attention(const code_view& q, const code_view& k, const code_view& v, const code_view& bias = {},
                const attention_options& options = {}, const request& want = {});

}  // namespace assay::reference
