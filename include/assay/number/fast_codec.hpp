// Codes to floats and back in a few branch-free instructions, so that loops over arrays of numbers vectorise.
//
// Rare cases are assignments under ASSAY_RARELY: a predicted branch in scalar code, which keeps them off the latency of
// a dependent chain, and a select once a loop is vectorised.
#pragma once

#include <assay/number/fast_carrier.hpp>

namespace assay::fast {

template <class Real>
constexpr word_of<Real> bits_of(Real x) {
  return std::bit_cast<word_of<Real>>(x);
}
template <class Real>
constexpr word_of<Real> magnitude_of(Real x) {
  return bits_of(x) & static_cast<word_of<Real>>(layout_of<Real>.magnitude_mask());
}

/// Places a code's fields where the carrier has its own: the top of the fraction, the low end of the exponent.
/// That multiplies the value by 2^(F.bias - carrier bias), for subnormals too, since both have exponent field 0.
/// Infinities and NaNs become the carrier's.
template <format F, class Real>
constexpr Real decode_scaled(word_of<Real> code) {
  using word = word_of<Real>;
  constexpr format w = layout_of<Real>;
  constexpr int shift = w.fraction_bits - F.fraction_bits;
  constexpr auto magnitude_mask = static_cast<word>(F.magnitude_mask());
  const word magnitude = (code & magnitude_mask) << shift;
  const word sign = (code & static_cast<word>(F.sign_mask())) << (w.magnitude_bits() - F.magnitude_bits());
  word bits = sign | magnitude;
  if constexpr (!shares_exponents(F, w)) {
    constexpr auto infinity = static_cast<word>(w.infinity_code());
    if constexpr (F.nonfinite == encoding::fnuz) {
      if (ASSAY_RARELY(code == static_cast<word>(F.nan_code()))) bits = static_cast<word>(w.nan_code());
    } else if constexpr (F.nonfinite != encoding::finite) {
      // Only the exponent changes: an infinity has fraction 0, a NaN (also the one of fn) has not.
      if (ASSAY_RARELY((code & magnitude_mask) > static_cast<word>(F.max_finite_code()))) bits |= infinity;
    }
  }
  return std::bit_cast<Real>(bits);
}

/// The value of a code. The multiplication is exact, subnormals included: F's values are the carrier's.
template <format F, class Real>
constexpr Real decode(word_of<Real> code) {
  constexpr format w = layout_of<Real>;
  if constexpr (F.bias == w.bias) {
    return decode_scaled<F, Real>(code);
  } else {
    return decode_scaled<F, Real>(code) * power_of_two<Real>(w.bias - F.bias);
  }
}

/// Shifts out `shift` bits, ties to even: one half less one unit carries exactly when the remainder exceeds one half,
/// and the last kept bit added to it when the remainder is one half and that bit is odd. A carry out of the fraction
/// moves to the next binade, as codes are consecutive.
template <int Shift, class Word>
constexpr Word round_off(Word bits) {
  if constexpr (Shift == 0) {
    return bits;
  } else {
    return static_cast<Word>((bits + ((Word{1} << (Shift - 1)) - 1) + ((bits >> Shift) & 1)) >> Shift);
  }
}

/// A magnitude's code with the sign of x.
template <format F, class Real>
constexpr word_of<Real> with_sign(word_of<Real> magnitude, Real x) {
  using word = word_of<Real>;
  constexpr int distance = layout_of<Real>.magnitude_bits() - F.magnitude_bits();
  const word code = magnitude | ((bits_of(x) >> distance) & static_cast<word>(F.sign_mask()));
  if constexpr (F.has_negative_zero()) {
    return code;
  } else {
    return magnitude != 0 ? code : word{0};
  }
}

/// The code of x, given its rounded magnitude. What lies beyond F's largest number, NaN included, has a magnitude
/// above every other: one comparison finds it.
template <format F, class Real>
constexpr word_of<Real> finish(word_of<Real> magnitude, Real x) {
  using word = word_of<Real>;
  constexpr auto max_finite = static_cast<word>(F.max_finite_code());
  constexpr auto nan = static_cast<word>(F.has_nan() ? F.nan_code() : F.max_finite_code());
  constexpr word overflowed = F.has_infinity() ? static_cast<word>(F.infinity_code()) : nan;
  word code = with_sign<F>(magnitude, x);
  if (ASSAY_RARELY(magnitude > max_finite)) code = x != x ? nan : with_sign<F>(overflowed, x);
  return code;
}

/// Rounds x, which is scaled as decode_scaled scales, into F. Subnormals of F are subnormals of the carrier, so all
/// magnitudes are rounded at the same bit. NaN gives the canonical NaN.
template <format F, class Real>
constexpr word_of<Real> encode_scaled(Real x) {
  constexpr format w = layout_of<Real>;
  constexpr int shift = w.fraction_bits - F.fraction_bits;
  if constexpr (shares_exponents(F, w)) {
    // Sign and infinity are already in their places.
    word_of<Real> code = round_off<shift>(bits_of(x));
    if (ASSAY_RARELY(x != x)) code = static_cast<word_of<Real>>(F.nan_code());
    return code;
  } else {
    return finish<F>(round_off<shift>(magnitude_of(x)), x);
  }
}

/// Code of a magnitude below F's smallest normal number, given times 2^Lift: adding the power of two whose last place
/// is F's smallest step lets the addition round to a multiple of it, and leaves the multiple in the low bits.
template <format F, int Lift, class Real>
constexpr word_of<Real> encode_subnormal(Real magnitude) {
  constexpr Real anchor = power_of_two<Real>(F.min_ulp_exponent() + layout_of<Real>.fraction_bits + Lift);
  return bits_of(magnitude + anchor) - bits_of(anchor);
}

template <class Real>
constexpr Real absolute(Real x) {
  return std::bit_cast<Real>(magnitude_of(x));
}

/// Rounds x into F. NaN gives the canonical NaN.
template <format F, class Real>
constexpr word_of<Real> encode(Real x) {
  using word = word_of<Real>;
  constexpr format w = layout_of<Real>;
  if constexpr (shares_exponents(F, w)) {
    return encode_scaled<F>(x);
  } else {
    constexpr auto rebias = static_cast<word>(static_cast<word>(w.bias - F.bias) << w.fraction_bits);
    constexpr word min_normal = rebias + (word{1} << w.fraction_bits);
    const word magnitude = magnitude_of(x);
    word code = round_off<w.fraction_bits - F.fraction_bits>(static_cast<word>(magnitude - rebias));
    if (ASSAY_RARELY(magnitude < min_normal)) code = encode_subnormal<F, 0>(absolute(x));
    return finish<F>(code, x);
  }
}

}  // namespace assay::fast
