// Compensated sums: a floating-point sum and what its roundings lost.
#pragma once

#include <assay/accumulate/floating.hpp>

namespace assay::accumulate {

enum class compensation : std::uint8_t {
  kahan,     ///< the error of each addition is taken off the next term
  neumaier,  ///< errors are summed apart and added at the end; right also when a term exceeds the sum
  two_sum,   ///< an unevaluated pair, renormalised after each term; products keep their errors ("double-double")
};

/// All operations are in the format `in`, correctly rounded, ties to even by default. Products are rounded once into
/// the format; with two_sum the rest of the product, which is exact there unless it underflows, is added as well.
struct compensated {
  format in = binary32;
  compensation method = compensation::kahan;
  rounding mode = rounding::ties_to_even;

  constexpr bool operator==(const compensated&) const = default;
  constexpr bool is_valid() const { return in.is_valid() && mode != rounding::stochastic; }

  struct state {
    std::uint64_t sum = 0;
    std::uint64_t low = 0;  ///< kahan: what the sum has too much; the others: what it lacks
  };

  constexpr state start(operand c = {}, std::uint64_t /*stream*/ = 0) const {
    return {round_to_format(c.value.is_nan() ? make_nan<std::uint64_t>() : c.value, in, {mode}).code, 0};
  }
  constexpr void multiply_add(state& s, operand a, operand b) const {
    const auto x = widen<uint128>(a.value), y = widen<uint128>(b.value);
    const auto product = multiply_exact(x, y).value;
    const std::uint64_t p = round_to_format(product, in, {mode}).code;
    if (method != compensation::two_sum) return add_code(s, p);
    // The rest p - product has no more digits than the product.
    const auto rest = add_exact(product, negate(widen<uint128>(decode(p, in))), mode).value;
    const bool usable = rest.is_finite() && !in.is_nan_code(p);
    add_pair(s, p, usable ? round_to_format(rest, in, {mode}).code : 0);
  }
  constexpr void add(state& s, operand x) const {
    add_code(s, round_to_format(x.value.is_nan() ? make_nan<std::uint64_t>() : x.value, in, {mode}).code);
  }
  constexpr void merge(state& into, const state& from) const {
    if (method == compensation::two_sum) return add_pair(into, from.sum, from.low);
    add_code(into, from.sum);
    add_code(into, method == compensation::kahan ? negated(from.low) : from.low);
  }

  /// Neumaier and two_sum add both parts, rounded into the format.
  constexpr std::uint64_t code(const state& s) const {
    // After an overflow the lost part is a NaN, which says nothing: the sum stands.
    const bool plain = method == compensation::kahan || !is_finite(s.sum);
    return plain ? s.sum : plus(s.sum, s.low);
  }
  constexpr operand value(const state& s) const { return read(code(s), in); }
  constexpr rounded result(const state& s, format to, conversion how = {}, std::uint32_t random = 0) const {
    return round_to_format(value(s).value, to, how, random);
  }

 private:
  constexpr bool is_finite(std::uint64_t code) const {
    return (code & in.magnitude_mask()) <= in.max_finite_code() && !in.is_nan_code(code);
  }
  constexpr std::uint64_t plus(std::uint64_t x, std::uint64_t y) const {
    return assay::add(encoded{x, in}, encoded{y, in}, in, {mode}).code;
  }
  constexpr std::uint64_t minus(std::uint64_t x, std::uint64_t y) const {
    return assay::subtract(encoded{x, in}, encoded{y, in}, in, {mode}).code;
  }
  constexpr std::uint64_t negated(std::uint64_t x) const { return minus(0, x); }

  /// x + y - (the rounded x + y), exactly when rounding to nearest (Knuth's TwoSum).
  constexpr std::uint64_t error_of(std::uint64_t x, std::uint64_t y, std::uint64_t sum) const {
    const std::uint64_t y_part = minus(sum, x), x_part = minus(sum, y_part);
    return plus(minus(x, x_part), minus(y, y_part));
  }

  constexpr void add_code(state& s, std::uint64_t x) const {
    switch (method) {
      case compensation::kahan: {
        const std::uint64_t term = minus(x, s.low), total = plus(s.sum, term);
        s.low = minus(minus(total, s.sum), term);
        s.sum = total;
        if (!is_finite(s.sum)) s.low = 0;  // an infinity must not turn into a NaN by way of its compensation
        return;
      }
      case compensation::neumaier: {
        const std::uint64_t total = plus(s.sum, x);
        const bool sum_is_larger = (s.sum & in.magnitude_mask()) >= (x & in.magnitude_mask());
        const std::uint64_t larger = sum_is_larger ? s.sum : x, smaller = sum_is_larger ? x : s.sum;
        s.low = plus(s.low, plus(minus(larger, total), smaller));
        s.sum = total;
        return;
      }
      case compensation::two_sum: return add_pair(s, x, 0);
    }
  }

  /// (sum, low) + (x, rest): the high parts by TwoSum, the low parts plainly, then renormalised.
  constexpr void add_pair(state& s, std::uint64_t x, std::uint64_t rest) const {
    const std::uint64_t high = plus(s.sum, x);
    const std::uint64_t low = plus(error_of(s.sum, x, high), plus(rest, s.low));
    s.sum = plus(high, low);
    s.low = minus(low, minus(s.sum, high));
    if (!is_finite(high)) s = {high, 0};
  }
};

}  // namespace assay::accumulate
