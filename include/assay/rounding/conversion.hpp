// How a result is fitted into a format: rounding mode, overflow, subnormals. Arguments, never ambient state.
#pragma once

#include <cstdint>

namespace assay {

enum class rounding : std::uint8_t {
  ties_to_even,  ///< to the nearest; of two equally near, the one with an even significand
  ties_to_away,  ///< to the nearest; of two equally near, the larger in magnitude
  toward_zero,
  upward,        ///< toward +infinity
  downward,      ///< toward -infinity
  to_odd,        ///< truncate; an inexact result has the last significand bit set (Boldo and Melquiond)
  stochastic,    ///< away from zero with a probability proportional to the distance: see conversion::random_bits
};

/// What becomes of a result whose magnitude, rounded as if the exponent had no upper limit, exceeds the
/// largest finite number; and of an infinity that enters.
enum class overflow : std::uint8_t {
  /// As IEEE 754: infinity, or the largest finite number when the mode rounds toward zero there (to_odd
  /// counts as such). A format without infinities gives NaN for infinity (as OCP's non-saturating mode does).
  ieee,
  /// The largest finite number of the sign, for infinities too (PTX .satfinite, OCP's saturating mode). NaN stays NaN.
  saturate_finite,
  /// NaN for every overflow of a finite value, in every mode. An infinity that the format can hold stays one.
  to_nan,
};

/// Inputs are flushed before an operation, outputs after rounding: a code that would be subnormal becomes
/// the zero of its sign.
enum class subnormals : std::uint8_t { keep, flush_inputs, flush_outputs, flush_both };

constexpr bool flushes_inputs(subnormals s) {
  return s == subnormals::flush_inputs || s == subnormals::flush_both;
}
constexpr bool flushes_outputs(subnormals s) {
  return s == subnormals::flush_outputs || s == subnormals::flush_both;
}

/// The whole policy of one rounding.
///
/// Stochastic rounding takes the caller's random word r, of which the low random_bits = n bits count. Let t be
/// the distance from the truncated result to the exact one in units of the last place, truncated to n bits
/// (an integer, 0 <= t < 2^n). The magnitude is rounded up exactly when t + (r mod 2^n) >= 2^n, so that over
/// all words it is rounded up with probability t / 2^n, and an exact value never moves. This is what PTX's
/// cvt.rs does: it adds the random bits below the last kept bit and truncates.
struct conversion {
  rounding mode = rounding::ties_to_even;
  overflow on_overflow = overflow::ieee;
  subnormals on_subnormal = subnormals::keep;
  int random_bits = 0;  ///< 1 to 32 when the mode is stochastic, else ignored

  constexpr bool operator==(const conversion&) const = default;

  constexpr bool is_valid() const {
    return mode != rounding::stochastic || (random_bits >= 1 && random_bits <= 32);
  }
};

/// The exceptions of IEEE 754, clause 7, as a set of bits.
enum class exceptions : std::uint8_t {
  none = 0,
  invalid = 1,
  divide_by_zero = 2,
  overflow = 4,
  underflow = 8,  ///< the result is inexact and tiny; tininess is detected after rounding, as on x86
  inexact = 16,
};

constexpr exceptions operator|(exceptions a, exceptions b) {
  return static_cast<exceptions>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}
constexpr exceptions operator&(exceptions a, exceptions b) {
  return static_cast<exceptions>(static_cast<std::uint8_t>(a) & static_cast<std::uint8_t>(b));
}
constexpr exceptions& operator|=(exceptions& a, exceptions b) { return a = a | b; }
constexpr bool any(exceptions e) { return e != exceptions::none; }

/// A code and the exceptions that its making raised.
struct rounded {
  std::uint64_t code = 0;
  exceptions raised = exceptions::none;
};

}  // namespace assay
