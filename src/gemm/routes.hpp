// One function a kind of kernel: it computes a batch of a checked problem, or says that it does not serve it.
#pragma once

#include <assay/progress.hpp>

#include "output.hpp"

namespace assay::gemm_kernels {

struct batch {
  const gemm_problem& problem;
  shape size;
  vectors a, b;
  std::size_t threads;
  output& out;
  progress_stage& told;  ///< of elements that are finished
};

bool float_route(const batch&);    ///< binary32 and binary64 sums
bool rounded_route(const batch&);  ///< sums in a small format, rounded after each operation
bool unit_route(const batch&);     ///< matrix units and promotion from them
bool exact_route(const batch&);    ///< exact sums, rounded once
bool integer_route(const batch&);  ///< sums of integers whose order cannot matter
bool block_scaled_route(const batch&);  ///< block scales: a product for each block of k, by the routes above
void element_route(const batch&);  ///< everything, one element after another

}  // namespace assay::gemm_kernels
