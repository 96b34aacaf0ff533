// A floating-point format as a value: one record of plain data from which everything else follows.
#pragma once

#include <cstdint>
#include <type_traits>

namespace assay {

/// What a format does with the codes that IEEE 754 would give to infinities and NaNs.
enum class encoding : std::uint8_t {
  ieee,    ///< top exponent: infinity (fraction 0) and NaNs (any other fraction)
  fn,      ///< no infinity; the all-ones magnitude is the only NaN, one of each sign
  fnuz,    ///< no infinity, no negative zero; its code is the only NaN
  finite,  ///< every code is a finite number (the OCP 4- and 6-bit formats)
  fnu,     ///< unsigned powers of two, no zero; all ones is NaN (OCP E8M0)
};

/// A binary interchange-like format: sign | exponent | fraction, from the high bit to the low.
///
/// A code with exponent field E and fraction field T stands for 2^(E - bias) * (1 + T / 2^fraction_bits),
/// or for the subnormal 2^(1 - bias) * T / 2^fraction_bits when E is 0. (`fnu` has neither sign nor
/// subnormals: code E is 2^(E - bias).) For each sign, codes grow with the magnitude; much of the library
/// rests on that.
struct format {
  int exponent_bits;                           ///< 1 to 11
  int fraction_bits;                           ///< 0 to 52, 0 for fnu
  int bias;                                    ///< -max_bias to max_bias
  encoding nonfinite = encoding::ieee;

  static constexpr int max_bias = 1 << 20;

  constexpr bool operator==(const format&) const = default;

  /// The conventional bias of n exponent bits, 2^(n-1) - 1.
  static constexpr int ieee_bias(int n) { return (1 << (n - 1)) - 1; }

  constexpr bool is_signed() const { return nonfinite != encoding::fnu; }
  constexpr bool has_zero() const { return nonfinite != encoding::fnu; }
  constexpr bool has_negative_zero() const { return is_signed() && nonfinite != encoding::fnuz; }
  constexpr bool has_infinity() const { return nonfinite == encoding::ieee; }
  constexpr bool has_nan() const {
    return nonfinite == encoding::ieee ? fraction_bits > 0 : nonfinite != encoding::finite;
  }
  constexpr bool has_signed_nan() const {
    return has_nan() && (nonfinite == encoding::ieee || nonfinite == encoding::fn);
  }
  constexpr bool has_subnormals() const { return is_signed() && fraction_bits > 0; }

  /// Bits of a significand, the hidden one included: p in IEEE 754.
  constexpr int precision() const { return fraction_bits + 1; }
  constexpr int magnitude_bits() const { return exponent_bits + fraction_bits; }
  constexpr int width() const { return magnitude_bits() + (is_signed() ? 1 : 0); }

  constexpr std::uint64_t fraction_mask() const { return (std::uint64_t{1} << fraction_bits) - 1; }
  constexpr std::uint64_t magnitude_mask() const { return (std::uint64_t{1} << magnitude_bits()) - 1; }
  constexpr std::uint64_t sign_mask() const {
    return is_signed() ? std::uint64_t{1} << magnitude_bits() : std::uint64_t{0};
  }
  constexpr std::uint64_t code_mask() const { return magnitude_mask() | sign_mask(); }
  constexpr std::uint64_t exponent_field_max() const { return (std::uint64_t{1} << exponent_bits) - 1; }

  /// Exponent of the smallest normal number: emin in IEEE 754.
  constexpr int min_exponent() const { return (is_signed() ? 1 : 0) - bias; }
  /// Exponent of the last fraction bit of subnormals: every finite value is a multiple of 2^this.
  constexpr int min_ulp_exponent() const { return min_exponent() - fraction_bits; }

  constexpr std::uint64_t max_finite_code() const {
    switch (nonfinite) {
      case encoding::ieee: return (exponent_field_max() << fraction_bits) - 1;
      case encoding::fn:
      case encoding::fnu: return magnitude_mask() - 1;
      case encoding::fnuz:
      case encoding::finite: break;
    }
    return magnitude_mask();
  }
  /// Code of the smallest normal number; above max_finite_code() when no number is normal (E1M2 with infinities).
  constexpr std::uint64_t min_normal_code() const {
    return is_signed() ? std::uint64_t{1} << fraction_bits : std::uint64_t{0};
  }
  /// Code of the smallest positive number.
  constexpr std::uint64_t min_positive_code() const { return has_zero() ? 1 : 0; }
  /// Only for formats with infinities.
  constexpr std::uint64_t infinity_code() const { return exponent_field_max() << fraction_bits; }
  /// The quiet NaN without payload, positive where NaNs have a sign. Only for formats with a NaN.
  constexpr std::uint64_t nan_code() const {
    switch (nonfinite) {
      case encoding::ieee: return infinity_code() | (std::uint64_t{1} << (fraction_bits - 1));
      case encoding::fnuz: return sign_mask();
      case encoding::fn:
      case encoding::fnu:
      case encoding::finite: break;
    }
    return magnitude_mask();
  }

  constexpr bool is_nan_code(std::uint64_t code) const {
    switch (nonfinite) {
      case encoding::ieee: return (code & magnitude_mask()) > infinity_code();
      case encoding::fn: return (code & magnitude_mask()) == magnitude_mask();
      case encoding::fnuz: return code == sign_mask();
      case encoding::fnu: return code == magnitude_mask();
      case encoding::finite: break;
    }
    return false;
  }

  /// Exponent of the largest finite number's leading bit: emax in IEEE 754.
  constexpr int max_exponent() const {
    const auto field = static_cast<int>(max_finite_code() >> fraction_bits);
    return field == 0 && is_signed() ? min_exponent() - 1 : field - bias;
  }

  /// Number of codes that stand for finite numbers, zeros counted as codes.
  constexpr std::uint64_t finite_code_count() const {
    const std::uint64_t magnitudes = max_finite_code() + 1;
    return !is_signed() ? magnitudes : 2 * magnitudes - (has_negative_zero() ? 0 : 1);
  }

  /// Whether the record describes a format: fields in range and at least one finite number besides zero.
  constexpr bool is_valid() const {
    if (exponent_bits < 1 || exponent_bits > 11 || fraction_bits < 0 || fraction_bits > 52) return false;
    if (bias < -max_bias || bias > max_bias) return false;
    if (nonfinite == encoding::fnu) return fraction_bits == 0;
    return max_finite_code() >= 1 && max_finite_code() <= magnitude_mask();
  }
};

static_assert(std::is_trivially_copyable_v<format> && std::is_aggregate_v<format>);

/// The smallest unsigned integer that holds a code of f.
template <format F>
using storage_of = std::conditional_t<
    F.width() <= 8, std::uint8_t,
    std::conditional_t<F.width() <= 16, std::uint16_t,
                       std::conditional_t<F.width() <= 32, std::uint32_t, std::uint64_t>>>;

/// Bytes that a code of f takes in memory: 1, 2, 4 or 8.
constexpr int storage_bytes(format f) {
  return f.width() <= 8 ? 1 : f.width() <= 16 ? 2 : f.width() <= 32 ? 4 : 8;
}

}  // namespace assay
