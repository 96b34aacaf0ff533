// Rounding of an exact value into a format, by MPFR: the truth's own, which shares nothing with rounding/round.hpp.
#pragma once

#include <assay/format/format.hpp>
#include <assay/rounding/conversion.hpp>

#include "real.hpp"

namespace assay::reference {

/// Exponent of ulp(x) in f for a finite x, the range of exponents taken as unbounded above.
int ulp_exponent(mpfr_srcptr x, format f);

/// The code of a finite x (a zero gives the zero of its sign), rounded once. Not for stochastic rounding.
std::uint64_t round_into(mpfr_srcptr x, format f, conversion how);

/// The code of (-1)^negative significand 2^ulp, a multiple of the last place at its magnitude, from 0 to 2^precision of
/// them: what is left of a rounding when the significand is an integer.
std::uint64_t encode_rounded(std::uint64_t significand, int ulp, bool negative, format f, conversion how);

/// The code that an infinity or a NaN becomes: as IEEE 754 and the policy say; NaN is the canonical one, or the largest
/// number where the format has no NaN.
std::uint64_t special_into(value_class kind, bool negative, format f, conversion how);

}  // namespace assay::reference
