// Integers of any format at run time: from a real number with a rounding mode, and sums and products, each with
// saturation or wrap-around. quantised.hpp has the scalar type, affine.hpp scale and zero point.
#pragma once

#include <assay/format/integer_format.hpp>
#include <assay/number/convert.hpp>

namespace assay {

enum class integer_overflow : std::uint8_t {
  saturate,  ///< the nearest limit
  wrap,      ///< modulo 2^bits, as two's complement hardware does; in a narrow range -2^(bits-1) becomes the minimum
};

/// The whole policy of making an integer from a real number.
struct integer_conversion {
  rounding mode = rounding::ties_to_even;
  integer_overflow on_overflow = integer_overflow::saturate;
  subnormals on_subnormal = subnormals::keep;  ///< of inputs; an integer has none
  int random_bits = 0;                         ///< as in conversion

  constexpr bool operator==(const integer_conversion&) const = default;
  constexpr conversion real() const { return {mode, overflow::ieee, on_subnormal, random_bits}; }
};

namespace detail {

/// A rounded magnitude, which may be beyond every format: then only its low 64 bits are known, enough to wrap.
struct whole_number {
  uint128 magnitude = 0;
  bool negative = false;
  bool is_huge = false;
  bool is_inexact = false;
};

/// Rounds a finite value to an integer.
constexpr whole_number round_to_whole(unpacked<uint128> v, conversion how, std::uint32_t random) {
  if (v.is_zero()) return {};
  whole_number whole{0, v.negative, v.leading_exponent() > 66};
  if (v.exponent < 0) {
    const auto r = round_significand(v.significand, -v.exponent, v.negative, how, random);
    whole.magnitude = r.kept;
    whole.is_inexact = r.inexact;
  } else {
    whole.magnitude = v.exponent < 128 ? v.significand << v.exponent : 0;
  }
  return whole;
}

constexpr std::int64_t wrap(std::uint64_t low, integer_format f) {
  low &= f.code_mask();
  const std::uint64_t sign = f.is_signed ? std::uint64_t{1} << (f.bits - 1) : 0;
  const auto value = static_cast<std::int64_t>((low ^ sign) - sign);
  return value < f.min() ? f.min() : value;
}

/// An exact integer in f; `raised` is what an exact integer out of range raises.
constexpr rounded_integer<std::int64_t> fit(int128 exact, integer_format f, integer_overflow on_overflow,
                                            exceptions out_of_range) {
  if (f.min() <= exact && exact <= f.max()) return {static_cast<std::int64_t>(exact)};
  if (on_overflow == integer_overflow::wrap) return {wrap(static_cast<std::uint64_t>(exact), f), out_of_range};
  return {exact < 0 ? f.min() : f.max(), out_of_range};
}

/// whole + offset in f.
constexpr rounded_integer<std::int64_t> fit(whole_number whole, std::int64_t offset, integer_format f,
                                            integer_overflow on_overflow) {
  if (whole.is_huge) {
    if (on_overflow == integer_overflow::saturate) return {whole.negative ? f.min() : f.max(), exceptions::invalid};
    const auto low = static_cast<std::uint64_t>(whole.magnitude);
    return {wrap((whole.negative ? 0 - low : low) + static_cast<std::uint64_t>(offset), f), exceptions::invalid};
  }
  const auto magnitude = static_cast<int128>(whole.magnitude);
  auto result = fit((whole.negative ? -magnitude : magnitude) + offset, f, on_overflow, exceptions::invalid);
  // IEEE 754, 5.8: a conversion out of range raises invalid, and not inexact.
  if (result.raised == exceptions::none && whole.is_inexact) result.raised = exceptions::inexact;
  return result;
}

}  // namespace detail

/// The integer of f that x rounds to. Out of range raises invalid; an infinity, which has no residue, saturates under
/// either policy; NaN gives 0, and both raise invalid.
constexpr rounded_integer<std::int64_t> quantise(encoded x, integer_format f, integer_conversion how = {},
                                                 std::uint32_t random = 0) {
  const auto v = detail::operand<uint128>(x, how.real());
  if (v.is_nan()) return {0, exceptions::invalid};
  if (v.is_infinite()) return {v.negative ? f.min() : f.max(), exceptions::invalid};
  return detail::fit(detail::round_to_whole(v, how.real(), random), 0, f, how.on_overflow);
}

template <native_number T>
constexpr rounded_integer<std::int64_t> quantise(T x, integer_format f, integer_conversion how = {},
                                                 std::uint32_t random = 0) {
  if constexpr (std::floating_point<T>) {
    return quantise(encode(x), f, how, random);
  } else {
    return detail::fit(static_cast<int128>(x), f, how.on_overflow, exceptions::invalid);
  }
}

// Each function below computes its exact result and fits it into `out`; a result out of range raises overflow, whether
// it saturates or wraps.

constexpr rounded_integer<std::int64_t> add(std::int64_t a, std::int64_t b, integer_format out,
                                            integer_overflow on_overflow = integer_overflow::saturate) {
  return detail::fit(int128{a} + b, out, on_overflow, exceptions::overflow);
}
constexpr rounded_integer<std::int64_t> subtract(std::int64_t a, std::int64_t b, integer_format out,
                                                 integer_overflow on_overflow = integer_overflow::saturate) {
  return detail::fit(int128{a} - b, out, on_overflow, exceptions::overflow);
}
constexpr rounded_integer<std::int64_t> multiply(std::int64_t a, std::int64_t b, integer_format out,
                                                 integer_overflow on_overflow = integer_overflow::saturate) {
  return detail::fit(int128{a} * b, out, on_overflow, exceptions::overflow);
}
/// a * b + c, fitted once: the step of an integer dot product.
constexpr rounded_integer<std::int64_t> multiply_add(std::int64_t a, std::int64_t b, std::int64_t c, integer_format out,
                                                     integer_overflow on_overflow = integer_overflow::saturate) {
  return detail::fit(int128{a} * b + c, out, on_overflow, exceptions::overflow);
}

}  // namespace assay
