// Emulated kernels by name: what a kernel gives when it computes in a given arithmetic. Needs assay::runtime.
#pragma once

#include <vector>

#include <assay/catalogue/call.hpp>
#include <assay/kernel/arithmetic.hpp>

namespace assay {

/// Whether run_kernel() knows the kernel.
bool has_emulation(std::string_view kernel);

/// One tensor for each of the catalogue's results, in its order; results that the call does not ask for (running
/// statistics in inference) are empty.
///
/// threads: 0 for as many as the machine has; the number never changes a bit. Every NaN that a kernel gives is the
/// canonical one of its format. Stochastic roundings take their words from the arithmetic's seed and the place of the
/// element, so that equal seeds give equal bits. How far a long run has come: progress.hpp.
///
/// Throws std::invalid_argument, in a sentence, for what kernel_call::check() and check_arithmetic() refuse, for shapes
/// that do not fit, and for an accumulator that cannot take the kernel's terms.
std::vector<tensor> run_kernel(const kernel_call& call, const arithmetic& with = {}, unsigned threads = 1);

}  // namespace assay
