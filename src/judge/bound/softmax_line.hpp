// The errors of one line's exponentials and of their sum: derived in softmax.cpp.
#pragma once

#include <span>

#include "roundings.hpp"

namespace assay::detail {

/// At least e^x - 1 for x >= 0, cheap where x is small.
inline double grown(double x) { return x < 1 ? x * (1 + x) : std::expm1(x); }

struct softmax_errors {
  double worst_slope = 0, likely_slope = 0;  ///< of e^z, relative, for each unit of |z|
  double function = 0;                       ///< of e^z, relative, besides
  double worst_total = 0, likely_total = 0;  ///< of the sum, relative
  double eta = 0;                            ///< of a quotient, absolute

  /// Of the sum, and of a quotient that errs by `e` to first order: divided by what the sum is at least.
  double likely_of_total() const { return likely_total < 1 ? likely_total / (1 - likely_total) : HUGE_VAL; }
  double likely_relative(double e) const { return likely_total < 1 ? e * (1 + e) / (1 - likely_total) : HUGE_VAL; }

  /// z are the arguments, at most 0, -infinity where masked; y the softmax of them; n how many count. `dz`, where
  /// given, are absolute errors of the arguments themselves.
  softmax_errors(const roundings& r, std::span<const double> z, std::span<const double> y, double n,
                 std::span<const double> dz = {});
};

}  // namespace assay::detail
