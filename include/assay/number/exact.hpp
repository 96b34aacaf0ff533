// The operations themselves, before rounding: each gives its exact result, or a sticky one that rounds alike.
//
// Every NaN that an operation gives is the canonical one: positive, quiet, without payload (as RISC-V does, and
// as the GPUs do up to the payload). A signalling operand raises invalid, and so does an operation without a value.
//
// Word is the integer that significands live in. An operation on p-bit operands whose result is rounded to q bits
// needs word_bits >= max(2 p, q + 32) + 6 (products have 2p bits; two guard bits, a carry, and up to 32 bits for
// stochastic rounding): 64 serves p, q <= 24, and 128 everything up to 53.
#pragma once

#include <assay/bits/unpacked.hpp>
#include <assay/rounding/conversion.hpp>

namespace assay {

/// A result before rounding and what its making raised (invalid or divide_by_zero).
template <class Word>
struct exact_result {
  unpacked<Word> value;
  exceptions raised = exceptions::none;
};

namespace detail {

/// IEEE 754 leaves signalling NaNs to be noticed by the operation that meets them.
template <class Word>
constexpr exceptions raised_by(unpacked<Word> v) {
  const bool signalling = v.is_nan() && (static_cast<std::uint64_t>(v.significand) & quiet_bit) == 0;
  return signalling ? exceptions::invalid : exceptions::none;
}

template <class Word>
constexpr exact_result<Word> invalid_result() {
  return {make_nan<Word>(), exceptions::invalid};
}

/// What an operation with a NaN operand gives: the canonical NaN, whatever the operands' signs and payloads.
template <class Word, class... Operands>
constexpr exact_result<Word> nan_result(Operands... operands) {
  return {make_nan<Word>(), (raised_by(operands) | ...)};
}

template <class Word>
constexpr Word integer_sqrt(Word x) {
  Word root = 0;
  for (Word bit = Word{1} << (word_bits<Word> - 2); bit != 0; bit >>= 2) {
    if (x >= root + bit) {
      x -= root + bit;
      root = static_cast<Word>((root >> 1) + bit);
    } else {
      root >>= 1;
    }
  }
  return root;
}

}  // namespace detail

template <class Word>
constexpr unpacked<Word> negate(unpacked<Word> v) {
  v.negative = !v.negative;
  return v;
}

/// a + b. An exact zero sum of opposite signs is +0, or -0 when rounding downward.
template <class Word>
constexpr exact_result<Word> add_exact(unpacked<Word> a, unpacked<Word> b, rounding mode) {
  if (a.is_nan() || b.is_nan()) return detail::nan_result<Word>(a, b);
  if (a.is_infinite() || b.is_infinite()) {
    if (a.is_infinite() && b.is_infinite() && a.negative != b.negative) return detail::invalid_result<Word>();
    return {a.is_infinite() ? a : b};
  }
  const bool zero_sign = mode == rounding::downward;
  if (a.is_zero() && b.is_zero()) return {make_zero<Word>(a.negative == b.negative ? a.negative : zero_sign)};
  if (a.is_zero()) return {b};
  if (b.is_zero()) return {a};

  // Both leading bits one below the top, to leave room for a carry; then the smaller moves right. Bits can
  // only be lost when the exponents differ by more than the zeros below the smaller significand; a cancellation
  // then takes at most one leading bit, so the sticky bit stays far below the rounding position.
  constexpr int top = word_bits<Word> - 2;
  a = normalised_to(a, top);
  b = normalised_to(b, top);
  if (a.exponent < b.exponent) {
    const unpacked<Word> larger = b;
    b = a;
    a = larger;
  }
  const Word aligned = shift_right_sticky(b.significand, a.exponent - b.exponent);
  if (a.negative == b.negative) {
    a.significand = static_cast<Word>(a.significand + aligned);
  } else if (a.significand >= aligned) {
    a.significand = static_cast<Word>(a.significand - aligned);
  } else {
    a.significand = static_cast<Word>(aligned - a.significand);
    a.negative = b.negative;
  }
  if (a.significand == 0) return {make_zero<Word>(zero_sign)};
  return {a};
}

template <class Word>
constexpr exact_result<Word> multiply_exact(unpacked<Word> a, unpacked<Word> b) {
  if (a.is_nan() || b.is_nan()) return detail::nan_result<Word>(a, b);
  const bool negative = a.negative != b.negative;
  if (a.is_infinite() || b.is_infinite()) {
    if (a.is_zero() || b.is_zero()) return detail::invalid_result<Word>();
    return {make_infinity<Word>(negative)};
  }
  if (a.is_zero() || b.is_zero()) return {make_zero<Word>(negative)};
  // The product of two p-bit integers has at most 2p bits: nothing is lost.
  return {{value_class::finite, negative, a.exponent + b.exponent, static_cast<Word>(a.significand * b.significand)}};
}

/// a * b + c with the product kept exact. Infinity times zero is invalid even when c is a NaN (as on x86 and Arm).
template <class Word>
constexpr exact_result<Word> fma_exact(unpacked<Word> a, unpacked<Word> b, unpacked<Word> c, rounding mode) {
  if (a.is_nan() || b.is_nan()) return detail::nan_result<Word>(a, b, c);
  const exact_result<Word> product = multiply_exact(a, b);
  if (c.is_nan() || product.value.is_nan()) return {make_nan<Word>(), product.raised | detail::raised_by(c)};
  return add_exact(product.value, c, mode);
}

template <class Word>
constexpr exact_result<Word> divide_exact(unpacked<Word> a, unpacked<Word> b) {
  if (a.is_nan() || b.is_nan()) return detail::nan_result<Word>(a, b);
  const bool negative = a.negative != b.negative;
  if (a.is_infinite()) {
    if (b.is_infinite()) return detail::invalid_result<Word>();
    return {make_infinity<Word>(negative)};
  }
  if (b.is_infinite()) return {make_zero<Word>(negative)};
  if (b.is_zero()) {
    if (a.is_zero()) return detail::invalid_result<Word>();
    return {make_infinity<Word>(negative), exceptions::divide_by_zero};
  }
  if (a.is_zero()) return {make_zero<Word>(negative)};
  // With a's leading bit on top of the word and b of at most 53 (24) digits, the integer quotient has at least
  // 75 (40) bits. In the wide word the remainder gives 40 more, for 32 random bits below 53 digits.
  constexpr bool is_wide = sizeof(Word) == sizeof(uint128);
  constexpr int more = is_wide ? 40 : 0;
  a = normalised_to(a, word_bits<Word> - 1);
  b = normalised_to(b, is_wide ? 52 : 23);
  Word quotient = a.significand / b.significand;
  Word rest = a.significand % b.significand;
  if constexpr (is_wide) {
    quotient = (quotient << more) | ((rest << more) / b.significand);
    rest = (rest << more) % b.significand;
  }
  return {{value_class::finite, negative, a.exponent - b.exponent - more - 1,
           static_cast<Word>((quotient << 1) | static_cast<Word>(rest != 0))}};
}

/// Square root; of -0 it is -0, of anything else below zero it is invalid.
constexpr exact_result<uint128> sqrt_exact(unpacked<uint128> a) {
  if (a.is_nan()) return detail::nan_result<uint128>(a);
  if (a.is_zero()) return {a};
  if (a.negative) return detail::invalid_result<uint128>();
  if (a.is_infinite()) return {a};
  // A radicand of 106 or 107 bits with an even exponent: digit by digit its root's first 54 bits, then 34 more
  // from the remainder, which never exceeds twice the root. 88 bits serve 53 digits and 32 random bits.
  a = normalised_to(a, 106);
  if (a.exponent % 2 != 0) {
    a.significand >>= 1;  // the bit lost is zero: a has at most 64 significant bits
    a.exponent += 1;
  }
  uint128 root = detail::integer_sqrt(a.significand);
  uint128 rest = a.significand - root * root;
  constexpr int more = 34;
  for (int i = 0; i < more; ++i) {
    rest <<= 2;
    const uint128 trial = (root << 2) | 1;
    root <<= 1;
    if (rest >= trial) {
      rest -= trial;
      root |= 1;
    }
  }
  return {{value_class::finite, false, a.exponent / 2 - more - 1, (root << 1) | static_cast<uint128>(rest != 0)}};
}

/// IEEE 754 remainder a - b * n, n the integer nearest a / b (ties to even): always exact.
/// A zero result has a's sign. Invalid for an infinite a or a zero b.
constexpr exact_result<uint128> remainder_exact(unpacked<uint128> a, unpacked<uint128> b) {
  if (a.is_nan() || b.is_nan()) return detail::nan_result<uint128>(a, b);
  if (a.is_infinite() || b.is_zero()) return detail::invalid_result<uint128>();
  if (a.is_zero() || b.is_infinite()) return {a};
  if (a.leading_exponent() < b.leading_exponent() - 1) return {a};  // |a| < |b| / 2: n is 0
  // Over the integers, in units of the lower of the two last places, and modulo 2 |b|, which keeps n's parity.
  const int shift = a.exponent - b.exponent;
  uint128 modulus = b.significand << 1;
  uint128 residue = a.significand;
  int exponent = b.exponent;
  if (shift < 0) {  // by at most 53 places, since a is not much smaller than b
    modulus <<= -shift;
    exponent = a.exponent;
  }
  residue %= modulus;
  for (int left = shift; left > 0;) {
    const int step = left < 64 ? left : 64;  // the modulus has at most 54 bits: no overflow
    residue = (residue << step) % modulus;
    left -= step;
  }
  const uint128 divisor = modulus >> 1;
  bool negative = a.negative;
  // n = 0 up to |b| / 2 (there the tie is even), 1 up to 3 |b| / 2 (exclusive), 2 from there on.
  if (2 * residue > divisor) {
    const uint128 multiple = 2 * residue >= 3 * divisor ? modulus : divisor;
    negative = residue >= multiple ? negative : !negative;
    residue = residue >= multiple ? residue - multiple : multiple - residue;
  }
  if (residue == 0) return {make_zero<uint128>(a.negative)};
  return {{value_class::finite, negative, exponent, residue}};
}

}  // namespace assay
