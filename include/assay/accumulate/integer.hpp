// Integer accumulators: 8 to 64 bits, wrapping or saturating, with the group sums of x86 and GPU dot instructions.
#pragma once

#include <assay/accumulate/fixed.hpp>

namespace assay::accumulate {

/// Products of integers are summed in groups, and each group's sum is added to the accumulator, which wraps or
/// saturates once a group. With group_bits the group's own sum saturates first to that many bits, as pmaddubsw's does.
///
/// Operands must be integers, of integer types or of floating-point formats that hold nothing else. A value that is
/// none makes the result NaN.
struct integer {
  int bits = 32;
  fixed_overflow on_overflow = fixed_overflow::wrap;
  int group = 1;
  int group_bits = 0;  ///< 0: the group's sum is exact

  constexpr bool operator==(const integer&) const = default;

  constexpr bool is_valid() const {
    return bits >= 8 && bits <= 64 && group >= 1 && group <= 1024 &&
           (group_bits == 0 || (group_bits >= 8 && group_bits <= 64));
  }

  struct state {
    std::int64_t sum = 0;
    int128 group_sum = 0;
    int count = 0;  ///< products in group_sum
    bool nan = false;
  };

  constexpr state start(operand c = {}, std::uint64_t /*stream*/ = 0) const {
    state s;
    s.sum = fit(whole(s, widen<uint128>(c.value)), bits, on_overflow);
    return s;
  }
  constexpr void multiply_add(state& s, operand a, operand b) const {
    s.group_sum += whole(s, multiply_exact(widen<uint128>(a.value), widen<uint128>(b.value)).value);
    if (++s.count == group) flush(s);
  }
  constexpr void add(state& s, operand x) const {
    s.group_sum += whole(s, widen<uint128>(x.value));
    if (++s.count == group) flush(s);
  }
  constexpr void merge(state& into, const state& from) const {
    state other = from;
    flush(into);
    flush(other);
    into.sum = fit(int128{into.sum} + other.sum, bits, on_overflow);
    into.nan = into.nan || other.nan;
  }

  /// The sum as an integer. A last group may be smaller.
  constexpr std::int64_t integer_value(state s) const {
    flush(s);
    return s.sum;
  }
  constexpr operand value(state s) const {
    flush(s);
    return fixed{bits - 1, 0, on_overflow}.value({s.sum, s.nan});
  }
  constexpr rounded result(const state& s, format to, conversion how = {}, std::uint32_t random = 0) const {
    return round_to_format(value(s).value, to, how, random);
  }

 private:
  constexpr void flush(state& s) const {
    if (s.count == 0) return;
    if (group_bits != 0) s.group_sum = fit(s.group_sum, group_bits, fixed_overflow::saturate);
    s.sum = fit(int128{s.sum} + s.group_sum, bits, on_overflow);
    s.group_sum = 0;
    s.count = 0;
  }

  /// v as an integer of magnitude below 2^106: beyond, and for fractions, infinities and NaN, the state becomes NaN.
  static constexpr int128 whole(state& s, unpacked<uint128> v) {
    if (v.is_zero()) return 0;
    const int distance = v.kind == value_class::finite ? -v.exponent : 0;
    const bool fraction = distance > 0 && (v.significand & low_bits<uint128>(distance)) != 0;
    if (v.kind != value_class::finite || fraction || v.leading_exponent() >= 106) {
      s.nan = true;
      return 0;
    }
    const auto magnitude =
        static_cast<int128>(distance > 0 ? shift_right(v.significand, distance) : v.significand << -distance);
    return v.negative ? -magnitude : magnitude;
  }
};

// What instructions compute. dp4a and its saturating form: four 8-bit products a step.
inline constexpr integer dp4a{32, fixed_overflow::wrap, 4, 0};
inline constexpr integer dp4a_saturating{32, fixed_overflow::saturate, 4, 0};
// x86 without VNNI: pmaddubsw saturates each pair's sum to 16 bits; pmaddwd by ones and paddd add them to 32 bits.
inline constexpr integer pmaddubsw{32, fixed_overflow::wrap, 2, 16};

}  // namespace assay::accumulate
