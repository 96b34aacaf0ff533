// Rounding of an exact value into a format, by MPFR: the truth's own, which shares nothing with rounding/round.hpp.
#pragma once

#include <assay/format/format.hpp>
#include <assay/rounding/conversion.hpp>

#include "real.hpp"

namespace assay::reference {

/// Exponent of ulp(x) in f for a finite x, the range of exponents taken as unbounded above.
int ulp_exponent(const real& x, format f);

/// The code of a finite x (a zero gives the zero of its sign), rounded once. Not for stochastic rounding.
std::uint64_t round_into(const real& x, format f, conversion how);

/// The code that an infinity or a NaN becomes: as IEEE 754 and the policy say; NaN is the canonical one, or the largest
/// number where the format has no NaN.
std::uint64_t special_into(value_class kind, bool negative, format f, conversion how);

}  // namespace assay::reference
