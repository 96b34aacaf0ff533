// The certified truth of losses between x and a target, element by element, as torch.nn.functional defines them. With
// d = x - target, p = pos_weight and s(x) = ln(1 + e^x):
//
//   mse              d^2
//   l1               |d|
//   huber            d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2)
//   smooth_l1        d^2 / (2 beta) where |d| < beta, else |d| - beta / 2
//   bce              -weight (target max(ln x, -100) + (1 - target) max(ln(1 - x), -100))
//   bce_with_logits  weight (p target s(-x) + (1 - target) s(x))
//   kl_div           target (ln target - x), or e^target (target - x) when the targets are logarithms
//   nll              -weight_target x_target of each line of classes
//
// Reductions: none gives each loss; sum their sum; mean their sum over their count, for nll over the sum of the weights
// of the targets that count; batch_mean, of kl_div, over the first extent. A sum is rounded once, at its end.
//
// Specials, of an element:
//   NaN anywhere                          NaN
//   mse, l1, huber, smooth_l1             infinity where d is infinite, NaN for infinity - infinity
//   bce                                   0 to 1 only: no infinities
//   bce_with_logits, x = +-infinity       the limit: infinity of the sign of the factor of s(x) or s(-x) that grows, or
//                                         +0 where that factor is 0
//   kl_div                                0 for target 0 (or minus infinity, as a logarithm) and finite x; NaN for a
//                                         negative target; else as IEEE 754 has the formula
//   nll                                   as IEEE 754 has the product; an ignored target gives +0 and does not count
// and of reductions: NaN for a NaN or infinities of both signs, else the infinity; a mean over nothing is NaN, and so
// is a mean of zeros whose weights sum to zero (else it is infinite). An exact zero is +0.
//
// Exact cases: all but bce, bce_with_logits and kl_div are rational; kl_div of logarithms is a sum of powers of e,
// whose sign beside a boundary decides (Lindemann). The others are sums of a rational number and of logarithms that are
// transcendental when they are not trivial: where the rational number alone is a rounding boundary, the sign of the
// rest decides. Only a sum whose logarithms have both signs (weights below zero) and are all below 2^-65536 stays
// undecided.
#pragma once

#include <assay/reference/truth.hpp>

namespace assay::reference {

enum class loss_reduction : std::uint8_t { none, mean, sum, batch_mean };

// All throw std::invalid_argument for shapes that do not fit and formats that binary64 does not hold. Absent weights
// are 1; given ones must be finite.
truth mse(const code_view& x, const code_view& target, loss_reduction reduction = loss_reduction::mean,
          const request& want = {});
truth l1(const code_view& x, const code_view& target, loss_reduction reduction = loss_reduction::mean,
         const request& want = {});
/// delta is above zero.
truth huber(const code_view& x, const code_view& target, double delta = 1,
            loss_reduction reduction = loss_reduction::mean, const request& want = {});
/// beta is not below zero; with 0 it is l1.
truth smooth_l1(const code_view& x, const code_view& target, double beta = 1,
                loss_reduction reduction = loss_reduction::mean, const request& want = {});

/// x and target lie from 0 to 1 (std::invalid_argument names the element that does not).
truth bce(const code_view& x, const code_view& target, const code_view& weight = {},
          loss_reduction reduction = loss_reduction::mean, const request& want = {});
/// target lies from 0 to 1; pos_weight has one element for each place along the last axis.
truth bce_with_logits(const code_view& x, const code_view& target, const code_view& weight = {},
                      const code_view& pos_weight = {}, loss_reduction reduction = loss_reduction::mean,
                      const request& want = {});

/// batch_mean needs an axis.
truth kl_div(const code_view& x, const code_view& target, bool log_target = false,
             loss_reduction reduction = loss_reduction::mean, const request& want = {});

struct nll_options {
  std::int64_t ignore_index = -100;
  loss_reduction reduction = loss_reduction::mean;
};

/// x is (N, C, ...) or (C,), target integers (N, ...) or (). Throws std::invalid_argument, naming the element, for a
/// target that is neither a class nor ignored.
truth nll(const code_view& x, const tensor& target, const code_view& weight = {}, const nll_options& options = {},
          const request& want = {});

}  // namespace assay::reference
