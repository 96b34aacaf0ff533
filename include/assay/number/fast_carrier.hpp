// Which formats may compute in the machine's float or double, and still round once.
#pragma once

#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <assay/format/formats.hpp>

// The fast paths assume IEEE arithmetic in the default environment: ties to even, subnormals kept. Compilers that were
// told to break it say so here; device code has its own conversions. Everything then takes the integer path.
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__) ||             \
    defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) || defined(__NO_SIGNED_ZEROS__) || \
    defined(__CUDA_ARCH__) || (defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0)
#define ASSAY_FAST_PATHS 0
#else
#define ASSAY_FAST_PATHS 1
#endif

// Inliners weigh a function before they see which of its paths is dead: these are for the short live ones.
#define ASSAY_ALWAYS_INLINE [[gnu::always_inline]]
#define ASSAY_NEVER_INLINE [[gnu::noinline]]

// A condition that nearly never holds. [[unlikely]] says one time in ten to GCC, which then prefers a conditional move
// to a branch and so puts the rare case on the latency of every operation.
#if defined(__GNUC__) && !defined(__CUDACC__)
#define ASSAY_RARELY(condition) __builtin_expect_with_probability(static_cast<bool>(condition), 0, 0.9999)
#else
#define ASSAY_RARELY(condition) (condition)
#endif

namespace assay::fast {

inline constexpr bool enabled =
    ASSAY_FAST_PATHS != 0 && std::numeric_limits<float>::is_iec559 && std::numeric_limits<double>::is_iec559;

/// float or double, seen as a format and as a word of bits.
template <class Real>
inline constexpr format layout_of = std::same_as<Real, float> ? binary32 : binary64;
template <class Real>
using word_of = std::conditional_t<std::same_as<Real, float>, std::uint32_t, std::uint64_t>;

/// F and the carrier share exponent field and bias: a code is the upper part of the carrier's.
constexpr bool shares_exponents(format f, format carrier) {
  return f.nonfinite == encoding::ieee && f.exponent_bits == carrier.exponent_bits && f.bias == carrier.bias;
}

/// Every value of f is one of the carrier's, and f's binades are binades of the carrier's normal numbers (or f's
/// subnormals are the carrier's). One-digit formats stay out: they have their own rule for ties.
constexpr bool is_contained(format f, format carrier) {
  if (!f.is_signed() || f.fraction_bits < 1 || f.fraction_bits > carrier.fraction_bits) return false;
  if (shares_exponents(f, carrier)) return true;
  return f.exponent_bits < carrier.exponent_bits && f.bias >= 0 && f.min_exponent() >= carrier.min_exponent() &&
         f.max_exponent() < carrier.max_exponent();
}

/// Rounding a sum, product, quotient or root of p-digit numbers first to the carrier's precision and then to p digits
/// is one rounding if the carrier has at least 2 p + 2 digits (Figueroa, "When is double rounding innocuous?", 1995):
/// the exact result is then never so close to a midpoint without being on it. Results with fewer than p digits,
/// f's subnormals, are the easier case. It does not hold for fused multiply-adds.
constexpr bool rounds_once(format f, format carrier) {
  return is_contained(f, carrier) && (f == carrier || carrier.precision() >= 2 * f.precision() + 2);
}

constexpr bool computes_in_float(format f) { return enabled && rounds_once(f, binary32); }
constexpr bool computes_in_double(format f) { return enabled && rounds_once(f, binary64); }
constexpr bool computes(format f) { return computes_in_float(f) || computes_in_double(f); }

/// What numbers of f compute in.
template <format F>
using carrier_of = std::conditional_t<computes_in_float(F), float, double>;

/// Products of two numbers of f have 2 p digits, which the carrier has; are they inside its range, too?
constexpr bool products_are_exact(format f, format carrier) {
  return 2 * f.min_ulp_exponent() >= carrier.min_ulp_exponent() && 2 * f.max_exponent() + 1 < carrier.max_exponent();
}

/// Whether a * b + c, rounded to nearest in the carrier and then to nearest in f, is as if rounded once; the product is
/// exact there. When the sum is not, its larger term is above the smaller one's last place by the carrier's precision.
/// If that is c, it is a number of f, and the product too small to come near the middle between two. If it is the
/// product, c's last place is at least f's smallest step, and the sum beyond f's largest number.
constexpr bool sums_round_once(format f, format carrier) {
  return 3 * f.precision() + 4 <= carrier.precision() &&
         f.min_ulp_exponent() + carrier.precision() > f.max_exponent() + 1;
}

/// 2^n as a constant.
template <class Real>
constexpr Real power_of_two(int n) {
  constexpr format w = layout_of<Real>;
  return std::bit_cast<Real>(static_cast<word_of<Real>>(static_cast<word_of<Real>>(n + w.bias) << w.fraction_bits));
}

}  // namespace assay::fast
