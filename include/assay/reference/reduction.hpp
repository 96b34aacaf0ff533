// The certified truth of sums along an axis:
//
//   sum       y = sum of x_i                              mean   y = sum of x_i / n
//   variance  y = sum of (x_i - mean)^2 / (n - correction)
//
// as torch.sum, torch.mean, torch.var and ONNX ReduceSum and ReduceMean define them; correction 1 is the unbiased
// variance, 0 the biased one.
//
// Specials, by line:
//                                      sum           mean          variance
//   a NaN, or infinities of both signs NaN           NaN           NaN
//   infinities of one sign             that          that          NaN
//   no elements                        +0            NaN           NaN
//   n - correction <= 0                                            0 in its place: NaN if the squares' sum is 0, else
//                                                                  +infinity
// A sum or mean of zero is -0 when every x_i is -0, and else +0, or -0 when rounding downward (IEEE 754's rule for
// sums). A variance of zero is +0.
//
// All values are rational: exact cases are decided by rational arithmetic. The scale of a sum is the sum of the finite
// |x_i|, of a mean that over n.
#pragma once

#include <assay/reference/truth.hpp>

namespace assay::reference {

struct reduction_options {
  int axis = -1;
  bool keep_axis = false;  ///< with extent 1
};

// Of the shape of x without the axis. Each throws std::invalid_argument for an axis that x does not have or a format
// that binary64 does not hold; variance also for a correction that is not finite.
truth sum(const code_view& x, const reduction_options& options = {}, const request& want = {});
truth mean(const code_view& x, const reduction_options& options = {}, const request& want = {});
truth variance(const code_view& x, double correction = 1, const reduction_options& options = {},
               const request& want = {});

}  // namespace assay::reference
