// A running sum kept in fixed point: an integer multiple of 2^-fraction_bits in two's complement.
#pragma once

#include <assay/accumulate/operand.hpp>
#include <assay/number/exact.hpp>
#include <assay/rounding/round.hpp>

namespace assay::accumulate {

enum class fixed_overflow : std::uint8_t { wrap, saturate };

/// x reduced to `bits` bits of two's complement.
constexpr std::int64_t fit(int128 x, int bits, fixed_overflow on_overflow) {
  const int128 limit = int128{1} << (bits - 1);
  if (on_overflow == fixed_overflow::saturate) {
    if (x >= limit) return static_cast<std::int64_t>(limit - 1);
    return static_cast<std::int64_t>(x < -limit ? -limit : x);
  }
  // Shifted to the top of the word, the bits above are gone and the sign is in its place.
  const auto low = static_cast<std::uint64_t>(static_cast<uint128>(x)) << (64 - bits);
  return static_cast<std::int64_t>(low) >> (64 - bits);
}

/// One sign bit, integer_bits and fraction_bits: from -2^integer_bits up to 2^integer_bits - 2^-fraction_bits.
/// Each product is rounded to a multiple of 2^-fraction_bits by `mode`, then added; the sum wraps or saturates.
///
/// A NaN makes the result NaN. An infinity saturates; where sums wrap it makes the result NaN, as no bits of it are
/// left.
struct fixed {
  int integer_bits = 31;
  int fraction_bits = 0;
  fixed_overflow on_overflow = fixed_overflow::saturate;
  rounding mode = rounding::toward_zero;

  constexpr bool operator==(const fixed&) const = default;

  constexpr int bits() const { return 1 + integer_bits + fraction_bits; }
  constexpr bool is_valid() const {
    return integer_bits >= 0 && fraction_bits >= 0 && bits() >= 2 && bits() <= 64 && mode != rounding::stochastic;
  }

  struct state {
    std::int64_t sum = 0;  ///< in units of 2^-fraction_bits
    bool nan = false;
  };

  constexpr state start(operand c = {}, std::uint64_t /*stream*/ = 0) const {
    state s;
    add(s, c);
    return s;
  }
  constexpr void multiply_add(state& s, operand a, operand b) const {
    add(s, multiply_exact(widen<uint128>(a.value), widen<uint128>(b.value)).value);
  }
  constexpr void add(state& s, operand x) const { add(s, widen<uint128>(x.value)); }
  constexpr void merge(state& into, const state& from) const {
    into.sum = fit(int128{into.sum} + from.sum, bits(), on_overflow);
    into.nan = into.nan || from.nan;
  }

  constexpr operand value(const state& s) const {
    if (s.nan) return {make_nan<std::uint64_t>(), 0};
    if (s.sum == 0) return {};
    const bool negative = s.sum < 0;
    const std::uint64_t magnitude =
        negative ? 0 - static_cast<std::uint64_t>(s.sum) : static_cast<std::uint64_t>(s.sum);
    return {{value_class::finite, negative, -fraction_bits, magnitude}, bit_width(magnitude) - 1};
  }
  constexpr rounded result(const state& s, format to, conversion how = {}, std::uint32_t random = 0) const {
    return round_to_format(value(s).value, to, how, random);
  }

 private:
  constexpr void add(state& s, unpacked<uint128> v) const {
    if (v.is_nan() || (v.is_infinite() && on_overflow == fixed_overflow::wrap)) s.nan = true;
    if (v.is_nan() || v.is_zero()) return;
    s.sum = fit(int128{s.sum} + in_units(v), bits(), on_overflow);
  }

  /// v in units of 2^-fraction_bits. Magnitudes beyond 2^66 saturate alike whatever they are, and wrap by their low
  /// 64 bits: either way 2^66 more or less than the truth cannot be seen.
  constexpr int128 in_units(unpacked<uint128> v) const {
    constexpr int enough = 66;
    const bool saturates = on_overflow == fixed_overflow::saturate;
    uint128 magnitude = 0;
    if (v.is_infinite() || (saturates && v.leading_exponent() + fraction_bits >= enough)) {
      magnitude = saturates ? uint128{1} << enough : uint128{0};
    } else {
      const int distance = -fraction_bits - v.exponent;
      if (distance > 0) {
        magnitude = round_significand(v.significand, distance, v.negative, {mode}, 0).kept;
      } else {
        magnitude = -distance < 128 ? v.significand << -distance : uint128{0};
      }
      if (!saturates) magnitude &= low_bits<uint128>(enough);
    }
    return v.negative ? -static_cast<int128>(magnitude) : static_cast<int128>(magnitude);
  }
};

}  // namespace assay::accumulate
