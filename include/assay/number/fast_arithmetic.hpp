// Operations on codes of one format, ties to even, through float or double: each provably rounds once.
//
// Contraction (a product and a sum fused by the compiler) changes nothing: every product that meets a sum is exact.
#pragma once

#include <assay/number/fast_codec.hpp>

namespace assay::fast {

/// Both in the scaled domain, where F's subnormals are the carrier's: a sum that is subnormal there is exact. No bias
/// has a part in it.
template <format F, class Real = carrier_of<F>>
constexpr word_of<Real> add(word_of<Real> a, word_of<Real> b) {
  return encode_scaled<F>(decode_scaled<F, Real>(a) + decode_scaled<F, Real>(b));
}
template <format F, class Real = carrier_of<F>>
constexpr word_of<Real> subtract(word_of<Real> a, word_of<Real> b) {
  return encode_scaled<F>(decode_scaled<F, Real>(a) - decode_scaled<F, Real>(b));
}

/// The power of two by which both factors are multiplied to take a product that is subnormal in F into the carrier's
/// normal numbers, or at least where it is exact; -1 when there is none.
constexpr int product_lift(format f, format carrier) {
  if (products_are_exact(f, carrier)) return 0;
  const int lift = (carrier.max_exponent() + 1) / 2;
  const bool exact = 2 * (f.min_ulp_exponent() + lift) >= carrier.min_ulp_exponent();
  const bool anchored = f.min_ulp_exponent() + carrier.fraction_bits + 2 * lift <= carrier.max_exponent();
  return exact && anchored ? lift : -1;
}

template <format F>
inline constexpr bool has_multiply = computes(F) &&
                                     (F == layout_of<carrier_of<F>> || product_lift(F, layout_of<carrier_of<F>>) >= 0);

/// One factor scaled, one not: the product is scaled. It has 2 p digits and is exact, unless it is subnormal in the
/// carrier and so in F. Then it is made once more, lifted. A factor above 2^lift cannot occur there: the
/// other is at least F's smallest step. A product that underflows to 0 is below half of that step.
template <format F, class Real = carrier_of<F>>
constexpr word_of<Real> multiply(word_of<Real> a, word_of<Real> b) {
  using word = word_of<Real>;
  constexpr format w = layout_of<Real>;
  const Real scaled = decode_scaled<F, Real>(a);
  const Real value = decode<F, Real>(b);
  const Real product = scaled * value;
  if constexpr (F == w) {
    return encode_scaled<F>(product);
  } else {
    constexpr int lift = product_lift(F, w);
    word code = encode_scaled<F>(product);
    if (ASSAY_RARELY(magnitude_of(product) - 1 < static_cast<word>(w.min_normal_code()) - 1)) {
      constexpr Real up = power_of_two<Real>(lift);
      const Real lifted = absolute(decode<F, Real>(a) * up) * absolute(value * up);
      code = with_sign<F>(encode_subnormal<F, 2 * lift>(lifted), product);
    }
    return code;
  }
}

/// Quotients near F's smallest step must be normal in the carrier, or else F's subnormals the carrier's.
template <format F>
inline constexpr bool has_divide = computes(F) && (shares_exponents(F, layout_of<carrier_of<F>>) ||
                                                   F.min_ulp_exponent() - 1 >= layout_of<carrier_of<F>>.min_exponent());

template <format F, class Real = carrier_of<F>>
constexpr word_of<Real> divide(word_of<Real> a, word_of<Real> b) {
  using word = word_of<Real>;
  constexpr format w = layout_of<Real>;
  const Real dividend = decode_scaled<F, Real>(a);
  const Real divisor = decode_scaled<F, Real>(b);
  const Real quotient = dividend / divisor;  // the scales cancel
  if constexpr (!shares_exponents(F, w) || F == w) {
    return encode<F>(quotient);
  } else {
    // Where the quotient is subnormal, the dividend is below 4 and the divisor above 2^-(fraction bits).
    constexpr int lift = (w.max_exponent() + 1) / 2;
    word code = encode_scaled<F>(quotient);
    if (ASSAY_RARELY(magnitude_of(quotient) - 1 < static_cast<word>(w.min_normal_code()) - 1)) {
      const Real lifted = absolute(dividend * power_of_two<Real>(lift)) / absolute(divisor * power_of_two<Real>(-lift));
      code = with_sign<F>(encode_subnormal<F, 2 * lift>(lifted), quotient);
    }
    return code;
  }
}

/// The root of the carrier's least subnormal is one of its normal numbers.
template <format F, class Real = carrier_of<F>>
inline word_of<Real> sqrt(word_of<Real> a) {
  return encode<F>(std::sqrt(decode<F, Real>(a)));
}

}  // namespace assay::fast
