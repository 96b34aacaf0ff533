#include "square_classes.hpp"

#include <gmp.h>

namespace assay::reference {

namespace {

using integer = boost::multiprecision::mpz_int;

/// What multiplication by squares does not change: for some primes, whether the number has the prime an odd number of
/// times, and else whether what is left of it without the prime is a square modulo the prime. Numbers of different
/// classes are unlikely to share it.
std::uint64_t fingerprint(const rational& r) {
  constexpr unsigned long primes[] = {
      2147483647, 2147483629, 2147483587, 2147483579, 2147483563, 2147483549, 2147483543, 2147483497,
      2147483489, 2147483477, 2147483423, 2147483399, 2147483353, 2147483323, 2147483269, 2147483249,
      1073741789, 1073741783, 1073741741, 1073741723, 1073741719, 1073741717, 1073741689, 1073741671,
      1073741663, 1073741651, 1073741621, 1073741567, 1073741561, 1073741527, 1073741503, 1073741477};
  const integer number = numerator(r) * denominator(r);
  integer rest, p;
  std::uint64_t all = 0;
  for (const unsigned long prime : primes) {
    int symbol = mpz_kronecker_ui(number.backend().data(), prime);
    if (symbol == 0) {
      p = prime;
      const bool odd = mpz_remove(rest.backend().data(), number.backend().data(), p.backend().data()) % 2 == 1;
      symbol = odd ? 0 : mpz_kronecker_ui(rest.backend().data(), prime);
    }
    all = 3 * all + static_cast<std::uint64_t>(symbol + 1);
  }
  return all;
}

}  // namespace

bool is_square(const rational& r, rational& root) {
  const integer over = numerator(r), under = denominator(r);
  if (r < 0 || mpz_perfect_square_p(over.backend().data()) == 0 || mpz_perfect_square_p(under.backend().data()) == 0) {
    return false;
  }
  root = rational(sqrt(over), sqrt(under));
  return true;
}

square_classes::part square_classes::split(const rational& r) {
  const std::uint64_t key = fingerprint(r);
  const auto [begin, end] = by_fingerprint_.equal_range(key);
  for (auto at = begin; at != end; ++at) {
    rational root;
    if (is_square(r / first_[at->second], root)) return {at->second, root};
  }
  by_fingerprint_.emplace(key, first_.size());
  first_.push_back(r);
  return {first_.size() - 1, 1};
}

}  // namespace assay::reference
