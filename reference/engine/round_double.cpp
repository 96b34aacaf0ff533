#include "round_double.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "round_mpfr.hpp"

namespace assay::reference {

double_rounder::double_rounder(format to, conversion how) : to_(to), how_(how) {
  nearest_even_ = how.mode == rounding::ties_to_even && to.is_signed() && to.fraction_bits > 0;
  // Simple: from the smallest normal number to the one that is halfway past the largest finite one, less a last bit.
  const int least = to.min_exponent(), most = to.max_exponent();
  if (!nearest_even_ || to.max_finite_code() < to.min_normal_code() || least <= -1022 || most >= 1023) {
    nearest_even_ = false;
    return;
  }
  dropped_ = 52 - to.fraction_bits;
  if (dropped_ == 0) {
    nearest_even_ = false;
    return;
  }
  half_below_ = (std::uint64_t{1} << (dropped_ - 1)) - 1;
  first_simple_ = static_cast<std::uint64_t>(least + 1023) << 52;
  rebias_ = static_cast<std::uint64_t>(1023 - to.bias) << to.fraction_bits;
  const std::uint64_t largest = (to.max_finite_code() + rebias_) << dropped_;
  simple_count_ = largest + half_below_ + 1 - first_simple_;
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
