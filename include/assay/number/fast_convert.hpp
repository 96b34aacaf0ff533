// Conversions between codes and float or double, ties to even. NaNs keep their sign and leading payload bits.
#pragma once

#include <assay/number/fast_codec.hpp>

namespace assay::fast {

/// Rounds x into F, any F whose values are among the carrier's: encode rounds x itself, once.
template <format F, class Real>
constexpr word_of<Real> from_real(Real x) {
  using word = word_of<Real>;
  constexpr format w = layout_of<Real>;
  word code = encode<F>(x);
  if constexpr (F.has_nan()) {
    word nan = static_cast<word>(F.nan_code());
    if constexpr (F.nonfinite == encoding::ieee) {
      nan |= (bits_of(x) & static_cast<word>(w.fraction_mask())) >> (w.fraction_bits - F.fraction_bits);
    }
    if constexpr (F.has_signed_nan()) {
      nan |= (bits_of(x) >> (w.magnitude_bits() - F.magnitude_bits())) & static_cast<word>(F.sign_mask());
    }
    if (ASSAY_RARELY(x != x)) code = nan;
  }
  return code;
}

/// The value of a code of F, exactly. NaNs are made quiet by hand: not every machine keeps their payloads.
template <format F, class Real>
constexpr Real to_real(word_of<Real> code) {
  using word = word_of<Real>;
  constexpr format w = layout_of<Real>;
  word bits = bits_of(decode<F, Real>(code));
  if constexpr (F.has_nan()) {
    constexpr auto magnitude_mask = static_cast<word>(F.magnitude_mask());
    word nan = static_cast<word>(w.nan_code());
    if constexpr (F.nonfinite == encoding::ieee) {
      nan |= (code & static_cast<word>(F.fraction_mask())) << (w.fraction_bits - F.fraction_bits);
    }
    if constexpr (F.has_signed_nan()) {
      nan |= (code & static_cast<word>(F.sign_mask())) << (w.magnitude_bits() - F.magnitude_bits());
    }
    bool is_nan = false;
    if constexpr (F.nonfinite == encoding::fnuz) {
      is_nan = code == static_cast<word>(F.nan_code());
    } else if constexpr (F.nonfinite == encoding::fn) {
      is_nan = (code & magnitude_mask) == magnitude_mask;
    } else {
      is_nan = (code & magnitude_mask) > static_cast<word>(F.infinity_code());
    }
    if (ASSAY_RARELY(is_nan)) bits = nan;
  }
  return std::bit_cast<Real>(bits);
}

/// Whether numbers of f convert from and to Real on this path.
template <class Real>
constexpr bool converts(format f) {
  return enabled && is_contained(f, layout_of<Real>);
}

/// What a conversion from f to g passes through without loss: no rounding but g's own.
template <format F, format G>
using bridge_of = std::conditional_t<converts<float>(F) && converts<float>(G), float, double>;
template <format F, format G>
inline constexpr bool has_bridge = converts<bridge_of<F, G>>(F) && converts<bridge_of<F, G>>(G);

}  // namespace assay::fast
