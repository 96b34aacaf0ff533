#include "exact_sum.hpp"

#include <algorithm>

namespace assay::reference {

namespace {

__extension__ using wide = unsigned __int128;

/// A finite double as an integer times a power of two.
struct parts {
  std::uint64_t significand;
  int exponent;
  bool negative;
};

parts parts_of(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const auto field = static_cast<int>(bits >> 52 & 0x7ff);
  const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52) - 1), hidden = std::uint64_t{field != 0} << 52;
  return {fraction | hidden, std::max(field, 1) - 1075, bits >> 63 != 0};
}

}  // namespace

// A digit takes less than 2^34 from a product, so that 2^28 of them stay within 64 bits.
void exact_sum::add_products(std::span<const double> a, std::span<const double> b) {
  constexpr std::uint64_t low_digit = 0xffffffff;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const parts x = parts_of(a[i]), y = parts_of(b[i]);
    const wide product = wide{x.significand} * y.significand;
    const auto place = static_cast<unsigned>(x.exponent + y.exponent - lowest_bit);
    const unsigned shift = place % digit_bits;
    // 106 bits and the shift are more than 128: in halves of 64 and 42 bits.
    const wide low = wide{static_cast<std::uint64_t>(product)} << shift, high = (product >> 64) << shift;
    const std::int64_t sign = x.negative != y.negative ? -1 : 1;
    std::int64_t* const at = &digits_[place / digit_bits];
    const auto add = [&](std::size_t k, std::uint64_t digit) { at[k] += sign * static_cast<std::int64_t>(digit); };
    add(0, static_cast<std::uint64_t>(low) & low_digit);
    add(1, static_cast<std::uint64_t>(low >> 32) & low_digit);
    add(2, static_cast<std::uint64_t>(low >> 64) + (static_cast<std::uint64_t>(high) & low_digit));
    add(3, static_cast<std::uint64_t>(high >> 32) & low_digit);
    add(4, static_cast<std::uint64_t>(high >> 64));
  }
}

dyadic exact_sum::value() const {
  const auto nonzero = [](std::int64_t d) { return d != 0; };
  const auto first = std::find_if(digits_.begin(), digits_.end(), nonzero);
  if (first == digits_.end()) return {};
  const auto last = std::find_if(digits_.rbegin(), digits_.rend(), nonzero).base();
  // Carried: what is left above the last digit has the sum's sign, and a negative sum is turned around.
  std::array<std::uint32_t, digit_count + 2> digits;
  std::size_t count = 0;
  std::int64_t carry = 0;
  for (auto d = first; d != last; ++d) {
    const std::int64_t total = *d + carry;
    digits[count++] = static_cast<std::uint32_t>(total);
    carry = total >> digit_bits;
  }
  digits[count++] = static_cast<std::uint32_t>(carry);
  digits[count++] = static_cast<std::uint32_t>(carry >> digit_bits);
  const bool negative = carry < 0;
  if (negative) {
    std::uint64_t complement = 1;
    for (std::size_t k = 0; k < count; ++k) {
      complement += static_cast<std::uint32_t>(~digits[k]);
      digits[k] = static_cast<std::uint32_t>(complement);
      complement >>= digit_bits;
    }
  }
  dyadic::integer magnitude;
  mpz_import(magnitude.backend().data(), count, -1, sizeof digits[0], 0, 0, digits.data());
  const auto place = static_cast<std::int64_t>(first - digits_.begin()) * digit_bits + lowest_bit;
  return {negative ? dyadic::integer(-magnitude) : magnitude, place};
}

}  // namespace assay::reference
