// The exact sum (Kulisch): a fixed-point number wide enough for every product; rounds once, at the end.
#pragma once

#include <assay/accumulate/operand.hpp>
#include <assay/number/exact.hpp>
#include <assay/rounding/round.hpp>

namespace assay::accumulate {

/// A two's complement integer of `words` 64-bit words in units of 2^lowest_exponent.
///
/// The default holds every sum of up to 2^31 products of binary64 numbers, and so of every named format: a product is a
/// multiple of 2^-2148 below 2^2048, their sum is below 2^2079, and bit 2203 is the sign. Formats of up to 11 exponent
/// bits with an unusual bias need another lowest_exponent: the window is as wide as any two of them, not as high.
///
/// The order of the terms cannot matter. The sign of a zero sum: negative when every term was a negative zero; else
/// positive, or negative when rounding downward and terms of both signs were added (IEEE 754's rule for two terms).
struct exact {
  static constexpr int words = 68;
  static constexpr int default_lowest_exponent = -2148;
  int lowest_exponent = default_lowest_exponent;

  constexpr bool operator==(const exact&) const = default;

  /// Whether 2^31 products of these formats fit, whatever their values, or as many numbers of one format.
  constexpr bool holds_products(format a, format b) const {
    return holds(a.min_ulp_exponent() + b.min_ulp_exponent(), a.max_exponent() + b.max_exponent() + 2);
  }
  constexpr bool holds_numbers(format f) const { return holds(f.min_ulp_exponent(), f.max_exponent() + 1); }
  constexpr bool holds(int last_place, int above) const {
    return last_place >= lowest_exponent && above <= lowest_exponent + 64 * words - 1 - 31;
  }

  struct state {
    std::uint64_t word[words] = {};  ///< least significant first
    bool nan = false, positive_infinity = false, negative_infinity = false;
    bool positive_seen = false, negative_seen = false;
    bool outside = false;  ///< a term had bits below the window or above it: the result is a NaN
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
  constexpr void add(state& s, unpacked<uint128> v) const;

  constexpr void merge(state& into, const state& from) const {
    std::uint64_t carry = 0;
    for (int i = 0; i < words; ++i) {
      const uint128 sum = uint128{into.word[i]} + from.word[i] + carry;
      into.word[i] = static_cast<std::uint64_t>(sum);
      carry = static_cast<std::uint64_t>(sum >> 64);
    }
    into.nan = into.nan || from.nan;
    into.positive_infinity = into.positive_infinity || from.positive_infinity;
    into.negative_infinity = into.negative_infinity || from.negative_infinity;
    into.positive_seen = into.positive_seen || from.positive_seen;
    into.negative_seen = into.negative_seen || from.negative_seen;
    into.outside = into.outside || from.outside;
  }

  constexpr rounded result(const state& s, format to, conversion how = {}, std::uint32_t random = 0) const {
    return round_to_format(value(s, how.mode), to, how, random);
  }

  /// The sum as a sticky value with at least 127 significant bits above the sticky one, or exact if it has fewer.
  constexpr unpacked<uint128> value(const state& s, rounding mode = rounding::ties_to_even) const {
    if (s.nan || s.outside || (s.positive_infinity && s.negative_infinity)) return make_nan<uint128>();
    if (s.positive_infinity || s.negative_infinity) return make_infinity<uint128>(s.negative_infinity);
    const bool negative = (s.word[words - 1] >> 63) != 0;
    std::uint64_t magnitude[words] = {};
    std::uint64_t carry = negative ? 1 : 0;
    for (int i = 0; i < words; ++i) {
      const std::uint64_t w = negative ? ~s.word[i] : s.word[i];
      magnitude[i] = w + carry;
      carry = carry != 0 && magnitude[i] == 0 ? 1 : 0;
    }
    int top = words - 1;
    while (top > 0 && magnitude[top] == 0) --top;
    if (magnitude[top] == 0) {
      const bool both = s.positive_seen && s.negative_seen;
      return make_zero<uint128>(both ? mode == rounding::downward : s.negative_seen);
    }
    if (top < 2) {
      const uint128 high = top > 0 ? uint128{magnitude[1]} << 64 : uint128{0};
      return {value_class::finite, negative, lowest_exponent, high | magnitude[0]};
    }
    // The leading 128 bits, from three words; what lies below makes bit 0 sticky.
    const int leading = bit_width(magnitude[top]);
    uint128 kept = (uint128{magnitude[top]} << 64) | magnitude[top - 1];
    std::uint64_t below = magnitude[top - 2];
    if (leading < 64) {
      kept = (kept << (64 - leading)) | (below >> leading);
      below <<= 64 - leading;
    }
    bool sticky = below != 0;
    for (int i = top - 3; i >= 0 && !sticky; --i) sticky = magnitude[i] != 0;
    return {value_class::finite, negative, lowest_exponent + 64 * (top - 2) + leading,
            kept | static_cast<uint128>(sticky)};
  }
};

constexpr void exact::add(state& s, unpacked<uint128> v) const {
  switch (v.kind) {
    case value_class::nan: s.nan = true; return;
    case value_class::infinity: (v.negative ? s.negative_infinity : s.positive_infinity) = true; return;
    case value_class::zero: (v.negative ? s.negative_seen : s.positive_seen) = true; return;
    case value_class::finite: break;
  }
  (v.negative ? s.negative_seen : s.positive_seen) = true;
  const int position = v.exponent - lowest_exponent;
  if (position < 0 || position + bit_width(v.significand) > 64 * words - 32) {
    s.outside = true;
    return;
  }
  // The significand spans at most three words from its lowest; beyond them only a carry or borrow travels.
  const int first = position / 64, shift = position % 64;
  const auto low = static_cast<std::uint64_t>(v.significand), high = static_cast<std::uint64_t>(v.significand >> 64);
  const std::uint64_t part[3] = {low << shift, shift == 0 ? high : (high << shift) | (low >> (64 - shift)),
                                 shift == 0 ? 0 : high >> (64 - shift)};
  std::uint64_t carry = 0;
  for (int i = 0; first + i < words && (i < 3 || carry != 0); ++i) {
    const std::uint64_t p = i < 3 ? part[i] : 0;
    std::uint64_t& w = s.word[first + i];
    if (v.negative) {
      const uint128 difference = uint128{w} - p - carry;
      w = static_cast<std::uint64_t>(difference);
      carry = static_cast<std::uint64_t>(difference >> 64) != 0 ? 1 : 0;
    } else {
      const uint128 sum = uint128{w} + p + carry;
      w = static_cast<std::uint64_t>(sum);
      carry = static_cast<std::uint64_t>(sum >> 64);
    }
  }
}

}  // namespace assay::accumulate
