// The certified truth of cross entropy over the classes c of each line:
//
//   loss = -sum over c of q_c log_softmax(x)_c,   q_c = weight_c ((1 - eps) target_c + eps / C)
//
// as torch.nn.functional.cross_entropy defines it, eps being the label smoothing. Targets are classes (target_c is 1
// for the class and 0 for the others; the factor of 1 - eps is then weight_target) or distributions.
//
// Reductions: none gives each line's loss; sum their sum; mean their sum over the sum of weight_target of the lines
// that count, or over the number of lines when targets are distributions. A sum is rounded once, at its end.
//
// Specials, of a line:
//   a NaN or +infinity in x               NaN: log_softmax has no other value
//   x_c = -infinity                       where c matters (the target; with label smoothing or distributions every
//                                         class): infinity of the sign of q_c, NaN for q_c = 0 or for both signs
//   nothing but -infinity in x            NaN
//   a target of ignore_index              +0, and the line does not count
//   a target probability that is NaN or infinite    NaN
// and of reductions: NaN for a NaN or infinities of both signs, else the infinity; a mean over nothing (every line
// ignored, or no lines) is NaN, and so is a mean of zeros whose weights sum to zero (else it is infinite). An exact
// zero is +0.
//
// Exact cases: a loss is R + Q L with rational R and Q and the logarithm L of a sum of powers of e, which is irrational
// unless one element alone is finite: then L = 0. Where R alone is a rounding boundary the sign of Q decides.
//
// The fast path takes powers from a loop with a proved bound (reference/engine/powers.hpp) and nothing of the C library
// but log1p of a line. Lines are streamed: a reduction holds a fixed number of partial sums.
#pragma once

#include <assay/reference/loss.hpp>

namespace assay::reference {

struct cross_entropy_options {
  std::int64_t ignore_index = -100;  ///< of targets that are classes
  double label_smoothing = 0;        ///< eps, 0 to 1, as this very number
  loss_reduction reduction = loss_reduction::mean;
};

/// Where the right answers are: one of the two. Weights are finite, or absent: then 1.
struct cross_entropy_targets {
  const tensor* classes = nullptr;  ///< integers, of x's shape without the axis of classes
  code_view probabilities = {};     ///< of x's shape
  code_view weight = {};            ///< (C,)
};

/// x is (N, C, ...) or (C,). Throws std::invalid_argument for shapes that do not fit, neither or both kinds of targets,
/// a label smoothing outside 0 to 1, weights that are not finite, formats that binary64 does not hold, and, naming the
/// element, for a target that is neither a class nor ignored.
truth cross_entropy(const code_view& x, const cross_entropy_targets& targets, const cross_entropy_options& options = {},
                    const request& want = {});

}  // namespace assay::reference
