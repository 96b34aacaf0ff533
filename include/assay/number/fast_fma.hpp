// a * b + c in float or double with the rounding of a fused operation.
#pragma once

#include <assay/number/fast_codec.hpp>

namespace assay::fast {

/// product + c, where the product is exact: rounded to the carrier's digits, this would be rounded a second time by
/// encode, which is wrong only when the first rounding moved onto a midpoint of F. A midpoint has an even last bit
/// in the carrier; going to the odd neighbour on the side of the error (rounding to odd) keeps the second rounding from
/// seeing a tie (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008).
template <format F, class Real>
ASSAY_ALWAYS_INLINE constexpr Real add_to_product(Real product, Real c) {
  using word = word_of<Real>;
  constexpr format w = layout_of<Real>;
  constexpr int shift = w.fraction_bits - F.fraction_bits;
  Real sum = product + c;
  const word magnitude = magnitude_of(sum);
  bool may_be_midpoint = (magnitude & ((word{1} << shift) - 1)) == word{1} << (shift - 1);
  if constexpr (!shares_exponents(F, w) && F.min_exponent() - 2 * F.min_ulp_exponent() > w.precision()) {
    // Below F's normal numbers midpoints lie elsewhere. (With fewer digits such sums are exact.)
    constexpr auto min_normal = static_cast<word>(static_cast<word>(w.bias - F.bias + 1) << w.fraction_bits);
    may_be_midpoint = may_be_midpoint || magnitude - 1 < min_normal - 1;
  }
  if (ASSAY_RARELY(may_be_midpoint)) {
    // Knuth's TwoSum: sum + error is the exact sum.
    const Real c_part = sum - product;
    const Real error = (product - (sum - c_part)) + (c - c_part);
    const word even = static_cast<word>(error != 0) & ~bits_of(sum) & 1;
    const bool outward = (error < 0) == (sum < 0);
    sum = std::bit_cast<Real>(static_cast<word>(bits_of(sum) + (outward ? even : 0 - even)));
  }
  return sum;
}

/// Whether a sum of a product is rounded once by the carrier and F, in the scaled domain: where F's subnormals are the
/// carrier's, and a product is exact if its last place is one there.
constexpr bool fuses(format f, format carrier) {
  return enabled && is_contained(f, carrier) && !shares_exponents(f, carrier) && sums_round_once(f, carrier) &&
         2 * f.min_ulp_exponent() + f.bias - carrier.bias >= carrier.min_ulp_exponent();
}

template <format F>
inline constexpr bool has_fma = computes(F) &&
                                (fuses(F, binary32) || fuses(F, binary64) || F == layout_of<carrier_of<F>> ||
                                 products_are_exact(F, layout_of<carrier_of<F>>) ||
                                 (enabled && is_contained(F, binary64) && products_are_exact(F, binary64)));

template <format F, class Real = carrier_of<F>>
ASSAY_ALWAYS_INLINE inline word_of<Real> fma(word_of<Real> a, word_of<Real> b, word_of<Real> c) {
  using word = word_of<Real>;
  constexpr format w = layout_of<Real>;
  if constexpr (fuses(F, binary32) || fuses(F, binary64)) {
    using carrier = std::conditional_t<fuses(F, binary32), float, double>;
    const carrier product = decode_scaled<F, carrier>(a) * decode<F, carrier>(b);
    return static_cast<word>(encode_scaled<F>(product + decode_scaled<F, carrier>(c)));
  }
  const Real x = decode<F, Real>(a), y = decode<F, Real>(b), z = decode<F, Real>(c);
  if constexpr (F == w) {
    return encode<F>(std::fma(x, y, z));
  } else {
    const Real product = x * y;
    word code = encode<F>(add_to_product<F>(product, z));
    if constexpr (!products_are_exact(F, w)) {
      // Outside the carrier's normal numbers the product may have lost digits: double has room for it.
      constexpr auto low = static_cast<word>(2 * w.min_normal_code());
      constexpr auto high = static_cast<word>(w.infinity_code());
      if (ASSAY_RARELY(magnitude_of(product) - low >= high - low && x != 0 && y != 0)) {
        const double wide = decode<F, double>(a) * decode<F, double>(b);
        code = static_cast<word>(encode<F>(add_to_product<F>(wide, decode<F, double>(c))));
      }
    }
    return code;
  }
}

}  // namespace assay::fast
