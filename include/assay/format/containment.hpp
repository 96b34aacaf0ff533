// Whether one format holds what another holds: then a conversion between them loses nothing.
#pragma once

#include <assay/bits/unpacked.hpp>
#include <assay/format/decode.hpp>

namespace assay {

/// Whether every finite number of `inner` is one of `outer`; zeros may lose their sign. Precisions and exponents are
/// compared as the formats have them: a format of one exponent bit whose few codes use less than its precision is not
/// looked at more closely, and the answer is no.
constexpr bool holds_all_of(format outer, format inner) {
  if (inner.precision() > outer.precision() || inner.min_ulp_exponent() < outer.min_ulp_exponent()) return false;
  if (inner.has_zero() && !outer.has_zero()) return false;
  if (inner.max_exponent() != outer.max_exponent()) return inner.max_exponent() < outer.max_exponent();
  const auto top = [](format f) { return normalised_to(decode(f.max_finite_code(), f), 63).significand; };
  return top(inner) <= top(outer);
}

/// Whether every value of `inner`, its infinities, NaNs and the sign of its zeros included, is one of `outer`.
constexpr bool contains(format outer, format inner) {
  if (inner.has_infinity() && !outer.has_infinity()) return false;
  if (inner.has_nan() && !outer.has_nan()) return false;
  if (inner.has_negative_zero() && !outer.has_negative_zero()) return false;
  return holds_all_of(outer, inner);
}

}  // namespace assay
