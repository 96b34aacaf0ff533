// The certified truth of sums over ranks, x of shape (ranks, ...): every rank's tensor, one after another.
//
//   all_reduce       y = sum of x over the ranks, which every rank gets
//   reduce_scatter   the same sum of tensors of shape (n, ...), cut into as many equal parts as there are ranks: y has
//                        shape (ranks, n / ranks, ...), and its r-th part is what rank r gets
//
// as torch.distributed and NCCL define them with the operation sum. The sums are exact, and rounded once: whatever the
// order in which a ring or a tree adds, its errors are measured against these.
//
// Specials, by element: those of a sum. A NaN, or infinities of both signs, give NaN; else an infinity gives itself. An
// exact zero is -0 when every term is -0, and else +0, or -0 when rounding downward unless all are +0: IEEE 754's rule.
// No ranks give +0.
//
// Scales, where asked for: the sum of the magnitudes of an element's finite terms.
#pragma once

#include <assay/reference/truth.hpp>

namespace assay::reference {

/// Of the shape of x without the ranks. Throws std::invalid_argument for an x without axes, or a format that binary64
/// does not hold.
truth all_reduce(const code_view& x, const request& want = {});

/// Throws std::invalid_argument as all_reduce, and for an n that the ranks do not divide.
truth reduce_scatter(const code_view& x, const request& want = {});

}  // namespace assay::reference
