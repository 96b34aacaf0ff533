// Input vectors that are hard to sum, and their terms as MPFR numbers.
#pragma once

#include <vector>

#include <assay/accumulate/operand.hpp>
#include <support/mpfr_operations.hpp>
#include <support/random.hpp>
#include <support/tally.hpp>

namespace test {

/// n codes of a format: wide exponents and specials, exponents close to one another, or small integers.
inline std::vector<std::uint64_t> hard_codes(random_source& random, const assay::format& f, std::size_t n,
                                             bool finite) {
  const oracle::limits l(f);
  std::vector<std::uint64_t> codes;
  const std::uint64_t kind = random.below(3);
  const std::uint64_t centre = biased_code(random, l);
  while (codes.size() < n) {
    std::uint64_t code = kind == 0 ? biased_code(random, l) : code_beside(random, l, centre, kind == 1 ? 3 : 12);
    // One term in eight takes back an earlier one.
    if (!codes.empty() && random.below(8) == 0) code = codes[random.below(codes.size())] ^ l.sign;
    if (finite && (l.is_nan(code) || l.is_infinity(code))) continue;
    codes.push_back(code & (l.top | l.sign));
  }
  return codes;
}

/// A real number of so many bits that sums of products of the formats in use here are exact.
inline oracle::real wide_real() { return oracle::real(6000); }

inline oracle::real wide_value(std::uint64_t code, const assay::format& f) {
  oracle::real x = wide_real();
  oracle::value_of(code, oracle::limits(f), x);
  return x;
}

/// x to a multiple of 2^unit, by the mode's definition.
inline void cut(oracle::real& x, int unit, assay::rounding mode) {
  using assay::rounding;
  mpfr_mul_2si(x, x, -unit, MPFR_RNDN);
  oracle::real whole = x;
  switch (mode) {
    case rounding::ties_to_even: mpfr_rint(whole, x, MPFR_RNDN); break;
    case rounding::ties_to_away: mpfr_round(whole, x); break;
    case rounding::toward_zero: mpfr_trunc(whole, x); break;
    case rounding::upward: mpfr_ceil(whole, x); break;
    case rounding::downward: mpfr_floor(whole, x); break;
    case rounding::to_odd: {
      mpfr_trunc(whole, x);
      oracle::real half = whole;
      mpfr_div_2ui(half, half, 1, MPFR_RNDN);
      if (!mpfr_integer_p(x.get()) && mpfr_integer_p(half.get())) {
        mpfr_add_si(whole, whole, mpfr_signbit(x.get()) ? -1 : 1, MPFR_RNDN);
      }
      break;
    }
    case rounding::stochastic: throw std::logic_error("needs random words");
  }
  mpfr_mul_2si(x, whole, unit, MPFR_RNDN);
}

}  // namespace test
