// One factor or summand as an accumulator sees it: its exact value and how many digits its format gives it.
#pragma once

#include <cstdint>

#include <assay/bits/unpacked.hpp>
#include <assay/format/decode.hpp>
#include <assay/format/integer_format.hpp>
#include <assay/rounding/conversion.hpp>

namespace assay::accumulate {

struct operand {
  unpacked<std::uint64_t> value;
  int fraction_bits = 0;  ///< of its format; an integer has one less than its bits

  constexpr int digits() const { return fraction_bits + 1; }
  /// The exponent that a multiplier works with: subnormals have that of the smallest normal number.
  constexpr int exponent() const { return value.exponent + fraction_bits; }
  constexpr bool is_subnormal() const {
    return value.kind == value_class::finite && (value.significand >> fraction_bits) == 0;
  }
};

constexpr operand read(std::uint64_t code, format f) { return {decode(code, f), f.fraction_bits}; }

constexpr operand read(std::int64_t integer) {
  if (integer == 0) return {};
  const bool negative = integer < 0;
  const auto bits = static_cast<std::uint64_t>(integer);
  const std::uint64_t magnitude = negative ? 0 - bits : bits;
  return {{value_class::finite, negative, 0, magnitude}, bit_width(magnitude) - 1};
}

/// The code's low f.bits bits, two's complement or unsigned.
constexpr operand read(std::uint64_t code, integer_format f) {
  code &= f.code_mask();
  const std::uint64_t sign = f.is_signed ? std::uint64_t{1} << (f.bits - 1) : 0;
  return read(static_cast<std::int64_t>((code ^ sign) - sign));
}

/// The operand, or the zero of its sign when it is subnormal and the policy flushes inputs.
constexpr operand flushed(operand x, subnormals policy) {
  if (flushes_inputs(policy) && x.is_subnormal()) x.value = make_zero<std::uint64_t>(x.value.negative);
  return x;
}

/// Word i of a counter-based random stream: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) at state seed + i steps.
/// Any word can be had without the ones before it, so results do not depend on threads.
constexpr std::uint64_t stream_word(std::uint64_t seed, std::uint64_t i) {
  std::uint64_t z = seed + (i + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace assay::accumulate
