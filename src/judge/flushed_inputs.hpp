// Inputs as a claim has them that flushes subnormal numbers.
#pragma once

#include <optional>

#include <assay/judge/claim.hpp>

namespace assay::detail {

/// The call whose truth the claim is about, where that is another one: what is flushed may be much of a short format,
/// and no error bound would do. All inputs are flushed as they are loaded, if the claim says so; the factors of dot,
/// gemm, gemm_backward and conv2d where every accumulator that the claim names takes subnormal operands for zeros, each
/// by its own format where the compute format contains it, else by the compute format. What else a claim flushes is an
/// error of its arithmetic: bound/.
std::optional<kernel_call> with_flushed_inputs(const claim& claimed, const kernel_call& call);

}  // namespace assay::detail
