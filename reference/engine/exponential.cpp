#include "exponential.hpp"

#include <algorithm>

#include "interval.hpp"

namespace assay::reference {

namespace {

interval interval_of(const rational& x) {
  interval y;
  mpfi_set_q(y.get(), x.backend().data());
  return y;
}

}  // namespace

// The largest power is taken off, so that what dwindles beside it may underflow: intervals enclose that.
std::optional<int> sign_of(const exponential_sum& s) {
  if (s.empty()) return 0;
  const int first = s.begin()->second.sign();
  if (std::all_of(s.begin(), s.end(), [&](const auto& term) { return term.second.sign() == first; })) return first;
  const rational& largest = s.rbegin()->first;
  for (int bits = 64; bits <= 1 << 13; bits *= 2) {
    const working_precision precision(bits);
    interval sum;
    for (const auto& [x, c] : s) sum += interval_of(c) * exp(interval_of(x - largest));
    if (mpfr_sgn(sum.lower()) > 0) return 1;
    if (mpfr_sgn(sum.upper()) < 0) return -1;
  }
  return std::nullopt;
}

}  // namespace assay::reference
