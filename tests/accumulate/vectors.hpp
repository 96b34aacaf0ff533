// Input vectors that are hard to sum, and their terms as MPFR numbers.
#pragma once

#include <vector>

#include <assay/accumulate/operand.hpp>
#include <support/mpfr_operations.hpp>
#include <support/random.hpp>
#include <support/tally.hpp>

namespace test {

/// n codes of a format: wide exponents and specials, exponents close to one another, or small integers.
inline std::vector<std::uint64_t> hard_codes(random_source& random, const assay::format& f, std::size_t n, bool finite) {
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

}  // namespace test
