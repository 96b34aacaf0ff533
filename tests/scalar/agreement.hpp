// Operators, which take the quickest way a format allows, against the integer path that every format shares.
#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <random>
#include <sstream>
#include <string>

#include <assay/number/number.hpp>
#include <support/budget.hpp>

#include "integer_path.hpp"

namespace assay::scalar_test {

/// Mismatches are counted, the first is kept: assertions are too slow for millions of cases.
struct tally {
  std::uint64_t count = 0;
  std::string first;

  template <class... Codes>
  void expect(const char* what, format f, std::uint64_t got, std::uint64_t want, Codes... operands) {
    if (got == want) return;
    if (count++ != 0) return;
    std::ostringstream text;
    text << what << " in E" << f.exponent_bits << 'M' << f.fraction_bits << " bias " << f.bias << std::hex;
    ((text << " 0x" << operands), ...);
    text << ": got 0x" << got << ", expected 0x" << want;
    first = text.str();
  }
};

template <format F>
void check_pair(tally& t, std::uint64_t a, std::uint64_t b) {
  const auto x = number<F>::from_bits(a), y = number<F>::from_bits(b);
  t.expect("a + b", F, (x + y).bits(), integer_path::sum(a, b, F), a, b);
  t.expect("a - b", F, (x - y).bits(), integer_path::difference(a, b, F), a, b);
  t.expect("a * b", F, (x * y).bits(), integer_path::product(a, b, F), a, b);
  t.expect("a / b", F, (x / y).bits(), integer_path::quotient(a, b, F), a, b);
  const auto order = integer_path::order(a, b, F);
  t.expect("a == b", F, x == y, order == 0, a, b);
  t.expect("a < b", F, x < y, order < 0, a, b);
  t.expect("a > b", F, x > y, order > 0, a, b);
  t.expect("a <= b", F, x <= y, order <= 0, a, b);
  t.expect("a >= b", F, x >= y, order >= 0, a, b);
  t.expect("a <=> b", F, (x <=> y) == order, true, a, b);
}

template <format F>
void check_fma(tally& t, std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  const auto got = fma(number<F>::from_bits(a), number<F>::from_bits(b), number<F>::from_bits(c));
  t.expect("fma", F, got.bits(), integer_path::fused(a, b, c, F), a, b, c);
}

/// Codes that sit where paths part: everything alike, the ends of binades, subnormals, specials, few-digit numbers.
template <format F>
std::uint64_t biased_code(std::mt19937_64& random) {
  const std::uint64_t r = random();
  const std::uint64_t code = (r >> 8) & F.code_mask();
  const std::uint64_t sign = code & F.sign_mask();
  const std::uint64_t near = r >> 60;  // 0 to 15
  switch (r & 15) {
    case 0: return sign | (near & F.magnitude_mask());
    case 1: return sign | ((F.min_normal_code() + near - 8) & F.magnitude_mask());
    case 2: return sign | ((F.max_finite_code() + near - 12) & F.magnitude_mask());
    case 3: return sign | (((code & ~F.fraction_mask()) + near - 8) & F.magnitude_mask());
    case 4: return code & ~(F.fraction_mask() >> 2);
    case 5: return code & ~(F.fraction_mask() >> 3);
    case 6: return sign | (code & F.fraction_mask());
    case 7: {  // near one, where sums cancel
      const std::uint64_t one = static_cast<std::uint64_t>(F.bias) << F.fraction_bits;
      return sign | ((one + (r >> 50) - 8192) & F.magnitude_mask());
    }
    default: return code;
  }
}

template <format F>
void check_random(tally& t, std::uint64_t seed, std::uint64_t count) {
  std::mt19937_64 random{seed};
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t a = biased_code<F>(random), b = biased_code<F>(random), c = biased_code<F>(random);
    check_pair<F>(t, a, b);
    check_fma<F>(t, a, b, c);
    // An addend near the product, and one near half of its last place: cancellation, and ties nearly met.
    const std::uint64_t product = integer_path::product(a, b, F);
    const std::uint64_t digits = static_cast<std::uint64_t>(F.precision()) << F.fraction_bits;
    check_fma<F>(t, a, b, ((product ^ F.sign_mask()) + (c & 3) - 1) & F.code_mask());
    check_fma<F>(t, a, b, ((c & F.sign_mask()) ^ (product + digits + (c & 3) - 1)) & F.code_mask());
    check_fma<F>(t, a, b, ((c & F.sign_mask()) ^ (product - digits + (c & 3) - 1)) & F.code_mask());
  }
}

template <format F>
void check_all_unary(tally& t) {
  for (std::uint64_t code = 0; code <= F.code_mask(); ++code) {
    const auto x = number<F>::from_bits(code);
    t.expect("sqrt", F, sqrt(x).bits(), integer_path::root(code, F), code);
    const auto as_float = std::bit_cast<std::uint32_t>(static_cast<float>(x));
    t.expect("to float", F, as_float, integer_path::converted(code, F, binary32), code);
    const auto as_double = std::bit_cast<std::uint64_t>(static_cast<double>(x));
    t.expect("to double", F, as_double, integer_path::converted(code, F, binary64), code);
    t.expect("to binary16", F, convert<binary16>(x).bits(), integer_path::converted(code, F, binary16), code);
    t.expect("to bfloat16", F, convert<bfloat16>(x).bits(), integer_path::converted(code, F, bfloat16), code);
    t.expect("to e4m3fn", F, convert<e4m3fn>(x).bits(), integer_path::converted(code, F, e4m3fn), code);
    t.expect("to e5m2fnuz", F, convert<e5m2fnuz>(x).bits(), integer_path::converted(code, F, e5m2fnuz), code);
    t.expect("to e2m1fn", F, convert<e2m1fn>(x).bits(), integer_path::converted(code, F, e2m1fn), code);
  }
}

template <format F, class Real>
std::uint64_t converted(Real x) {
  return integer_path::converted(encode(x).code, encode(x).in, F);
}

/// Native numbers around a code of F: the value, the midpoint to the next one, and their neighbours.
template <format F, class Real>
void check_from_around(tally& t, std::uint64_t code) {
  const double low = integer_path::value(code, F), high = integer_path::value(code + 1, F);
  for (const double centre : {low, (low + high) / 2}) {
    const auto x = static_cast<Real>(centre);
    for (const int away : {-1, 0, 1}) {
      const auto bits = encode(x).code + static_cast<std::uint64_t>(away);
      const auto moved = std::bit_cast<Real>(static_cast<fast::word_of<Real>>(bits));
      t.expect("from native", F, number<F>(moved).bits(), converted<F>(moved), encode(moved).code);
    }
  }
}

template <format F>
void check_from_native(tally& t, std::uint64_t seed, std::uint64_t count) {
  std::mt19937_64 random{seed};
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t r = random();
    check_from_around<F, float>(t, biased_code<F>(random));
    check_from_around<F, double>(t, biased_code<F>(random));
    const auto x = std::bit_cast<float>(static_cast<std::uint32_t>(r));
    t.expect("from float", F, number<F>(x).bits(), converted<F>(x), r & 0xffffffff);
    const auto y = std::bit_cast<double>(r);
    t.expect("from double", F, number<F>(y).bits(), converted<F>(y), r);
    const double nan = std::bit_cast<double>(r | (std::uint64_t{0x7ff} << 52));
    t.expect("from a NaN", F, number<F>(nan).bits(), converted<F>(nan), encode(nan).code);
  }
}

/// Calls what.template operator()<F>() for each format.
template <format... Formats, class What>
void for_each_format(What what) {
  (what.template operator()<Formats>(), ...);
}

}  // namespace assay::scalar_test
