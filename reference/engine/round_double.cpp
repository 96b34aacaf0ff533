#include "round_double.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "round_mpfr.hpp"
#include "vectorised.hpp"

namespace assay::reference {

// Simple: from the smallest normal number to the largest finite one.
double_rounder::double_rounder(format to, conversion how) : to_(to), how_(how) {
  const int least = to.min_exponent(), most = to.max_exponent(), dropped = 52 - to.fraction_bits;
  if (!to.is_signed() || to.fraction_bits == 0 || dropped == 0 || to.max_finite_code() < to.min_normal_code() ||
      least <= -1022 || most >= 1023) {
    return;
  }
  const std::uint64_t half = std::uint64_t{1} << (dropped - 1), below_last = 2 * half - 1;
  switch (how.mode) {
    case rounding::ties_to_even: simple_.add = half - 1, simple_.if_odd = 1; break;
    case rounding::ties_to_away: simple_.add = half; break;
    case rounding::toward_zero: break;
    case rounding::upward: simple_.add = below_last, simple_.if_negative = -below_last; break;
    case rounding::downward: simple_.if_negative = below_last; break;
    case rounding::to_odd: simple_.add = below_last, simple_.if_odd = -below_last; break;
    case rounding::stochastic: return;
  }
  simple_.dropped = dropped;
  simple_.sign_place = to.magnitude_bits();
  simple_.rebias = static_cast<std::uint64_t>(1023 - to.bias) << to.fraction_bits;
  simple_.first = std::ldexp(1.0, least);
  simple_.end = std::bit_cast<double>((to.max_finite_code() + simple_.rebias) << dropped);
}

// The bounds are ball::bounds().
ASSAY_VECTORISED bool double_rounder::round_balls(std::span<const double> values, std::span<const double> radii,
                                                  std::span<std::uint64_t> codes) const {
  const stretch simple = simple_;
  std::uint64_t missing = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double v = values[i], r = radii[i];
    const double reach = r == 0 ? 0.0 : r * (1 + 0x1p-20) + std::abs(v) * 0x1p-52 + 0x1p-1074;
    const double lower = v - reach, upper = v + reach;
    const double least = std::min(std::abs(lower), std::abs(upper)), most = std::max(std::abs(lower), std::abs(upper));
    const std::uint64_t low = simple.code(lower), high = simple.code(upper);
    const bool decided = (least >= simple.first) & (most < simple.end) & (low == high);
    codes[i] = decided ? low : no_code;
    missing |= decided ? 0U : 1U;
  }
  return missing != 0;
}

std::uint64_t double_rounder::round_any(double x) const {
  const bool negative = std::signbit(x);
  if (x == 0) return encode_rounded(0, to_.min_ulp_exponent(), negative, to_, how_);
  int exponent = 0;
  const auto significand = static_cast<std::uint64_t>(std::ldexp(std::frexp(std::abs(x), &exponent), 53));
  const int ulp = std::max(exponent - 1, to_.min_exponent()) - to_.fraction_bits;
  const int dropped = ulp - (exponent - 53);
  if (dropped <= 0) return encode_rounded(significand << -dropped, ulp, negative, to_, how_);

  // All of it may be dropped: then it is less than half of the last place, or a half, or more.
  const int shift = std::min(dropped, 55);
  const std::uint64_t kept = significand >> shift, rest = significand & ((std::uint64_t{1} << shift) - 1);
  const std::uint64_t half = std::uint64_t{1} << (shift - 1);
  bool up = false;
  switch (how_.mode) {
    case rounding::ties_to_even: up = rest > half || (rest == half && kept % 2 == 1); break;
    case rounding::ties_to_away: up = rest >= half; break;
    case rounding::toward_zero: break;
    case rounding::upward: up = rest != 0 && !negative; break;
    case rounding::downward: up = rest != 0 && negative; break;
    case rounding::to_odd: up = rest != 0 && kept % 2 == 0; break;
    case rounding::stochastic: throw std::invalid_argument("the truth has no random bits");
  }
  return encode_rounded(kept + (up ? 1 : 0), ulp, negative, to_, how_);
}

}  // namespace assay::reference
