// The judge of dot products, and of everything that is a batch of them.
#pragma once

#include <assay/judge/dot_claim.hpp>
#include <assay/judge/options.hpp>
#include <assay/judge/verdict.hpp>
#include <assay/tensor/view.hpp>

namespace assay {

/// a and b have the same shape (..., K); c and got have the shape without K. A matrix product is such a batch by
/// code_view::broadcast_rows and broadcast_columns. A c without data stands for none.
struct dot_problem {
  code_view a, b, c, got;
};

/// Throws std::invalid_argument when shapes do not fit each other, or got's format is not the claim's output.
void check_dot_shapes(const dot_problem& problem, const dot_claim& claim);

/// Judges `problem.got` against the claim. Throws std::invalid_argument as check_dot_shapes does, and when a model does
/// not fit its rows.
///
/// A pass means: each element has a class that the claim allows, and lies within the rigorous bound of dot_bound.hpp
/// (or has the very bits of an exact claim; any NaN counts as any other). An honest kernel never fails.
verdict judge_dot(const dot_problem& problem, const dot_claim& claim, const judge_options& options = {});

}  // namespace assay
