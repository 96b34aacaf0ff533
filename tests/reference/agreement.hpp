// A whole truth against the real numbers that it should be.
#pragma once

#include <bit>
#include <cmath>
#include <string_view>

#include <assay/reference/truth.hpp>

#include "formats_and_modes.hpp"
#include "wide.hpp"

namespace test {

/// Compares every code, and every enclosure if there are any. Of a zero only the magnitude: its sign is a special's.
inline void compare(tally& t, const assay::reference::truth& got, std::span<const wide> exact,
                    const assay::conversion& how, std::string_view what) {
  const assay::format to = got.value.type().layout;
  t.expect(got.value.size() == exact.size() && got.decided.elements() == exact.size(), [&] {
    return text(what, ": ", got.value.size(), " elements, ", got.decided.elements(), " decided, not ", exact.size());
  });
  for (std::size_t i = 0; i < exact.size() && i < got.value.size(); ++i) {
    const bool zero = mpfr_zero_p(exact[i].get()) != 0;
    const std::uint64_t due = zero && to.has_zero() ? 0 : exact[i].rounded_to(to, how);
    const std::uint64_t code = zero ? got.value[i] & ~to.sign_mask() : got.value[i];
    t.expect(code == due, [&] {
      return text(what, " element ", i, " of ", exact.size(), " = ", exact[i].to_double(), " in mode ",
                  static_cast<int>(how.mode), " of ", to.width(), " bits: got ", hex(code), ", expected ", hex(due));
    });
    if (got.lower.size() == 0) continue;
    const double lower = std::bit_cast<double>(got.lower[i]), upper = std::bit_cast<double>(got.upper[i]);
    // The last of 600 bits may be wrong, and an enclosure may be one number.
    const wide slack = abs(exact[i]) * wide(0x1p-500);
    const wide above = exact[i] + slack, below = exact[i] - slack;
    t.expect(mpfr_cmp_d(above.get(), lower) >= 0 && mpfr_cmp_d(below.get(), upper) <= 0,
             [&] { return text(what, " element ", i, " = ", exact[i].to_double(), " in ", lower, " to ", upper); });
  }
}

/// Numbers as kernels meet them: of any digits; of few digits, so that results are often exact; or of far exponents.
class numbers {
 public:
  explicit numbers(random_source& random) : random_(random), kind_(random.below(4)) {}
  bool plain() const { return kind_ == 0; }
  double operator()() {
    const double sign = random_.below(2) == 0 ? 1 : -1;
    if (kind_ == 0) return static_cast<double>(random_.below(9)) - 4;
    if (kind_ == 1) return sign * std::ldexp(1 + unit(random_), static_cast<int>(random_.below(21)) - 10);
    return 8 * unit(random_) - 4;
  }
  std::vector<double> operator()(std::size_t n) {
    std::vector<double> all(n);
    for (double& v : all) v = (*this)();
    return all;
  }

 private:
  random_source& random_;
  std::uint64_t kind_;
};

/// The value of a result's element.
inline double value_of(const assay::reference::truth& t, std::size_t i) {
  return wide(t.value[i], t.value.type().layout).to_double();
}
inline bool is_negative_zero(double x) { return x == 0 && std::signbit(x); }

}  // namespace test
