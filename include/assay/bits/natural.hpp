// Natural numbers of any size: what exact conversion from and to decimal text needs, and no more.
// Schoolbook algorithms: work grows with the square of the size. Host code only (std::vector).
#pragma once

#include <cstddef>
#include <vector>

#include <assay/bits/shift.hpp>

namespace assay {

class natural {
 public:
  constexpr natural() = default;
  constexpr explicit natural(std::uint64_t x) {
    if (x != 0) limbs_.push_back(x);
  }
  constexpr explicit natural(uint128 x) : natural(static_cast<std::uint64_t>(x >> 64)) {
    *this <<= 64;
    add(static_cast<std::uint64_t>(x));
  }

  constexpr bool is_zero() const { return limbs_.empty(); }
  constexpr std::int64_t bit_width() const {
    return limbs_.empty() ? 0 : 64 * (size() - 1) + assay::bit_width(limbs_.back());
  }

  constexpr natural& add(std::uint64_t x) {
    for (std::size_t i = 0; x != 0; ++i) {
      if (i == limbs_.size()) limbs_.push_back(0);
      limbs_[i] += x;
      x = limbs_[i] < x ? 1 : 0;
    }
    return *this;
  }

  constexpr natural& operator+=(const natural& b) {
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < b.limbs_.size() || carry != 0; ++i) {
      if (i == limbs_.size()) limbs_.push_back(0);
      const uint128 t = uint128{limbs_[i]} + (i < b.limbs_.size() ? b.limbs_[i] : 0) + carry;
      limbs_[i] = static_cast<std::uint64_t>(t);
      carry = static_cast<std::uint64_t>(t >> 64);
    }
    return *this;
  }

  constexpr natural& operator*=(std::uint64_t x) {
    std::uint64_t carry = 0;
    for (std::uint64_t& limb : limbs_) {
      const uint128 t = uint128{limb} * x + carry;
      limb = static_cast<std::uint64_t>(t);
      carry = static_cast<std::uint64_t>(t >> 64);
    }
    if (carry != 0) limbs_.push_back(carry);
    trim();
    return *this;
  }

  constexpr natural& operator<<=(std::int64_t distance) {
    if (limbs_.empty() || distance == 0) return *this;
    const int within = static_cast<int>(distance % 64);
    if (within != 0) {
      std::uint64_t carry = 0;
      for (std::uint64_t& limb : limbs_) {
        const std::uint64_t out = limb >> (64 - within);
        limb = limb << within | carry;
        carry = out;
      }
      if (carry != 0) limbs_.push_back(carry);
    }
    const auto whole = static_cast<std::size_t>(distance / 64);
    limbs_.reserve(limbs_.size() + whole);
    for (std::size_t i = 0; i < whole; ++i) limbs_.push_back(0);
    for (std::size_t i = limbs_.size(); i-- > whole;) limbs_[i] = limbs_[i - whole];
    for (std::size_t i = 0; i < whole; ++i) limbs_[i] = 0;
    return *this;
  }

  friend constexpr natural operator*(const natural& a, const natural& b) {
    natural product;
    product.limbs_.reserve(a.limbs_.size() + b.limbs_.size());
    for (std::size_t i = a.limbs_.size() + b.limbs_.size(); i > 0; --i) product.limbs_.push_back(0);
    for (std::size_t i = 0; i < a.limbs_.size(); ++i) {
      std::uint64_t carry = 0;
      for (std::size_t j = 0; j < b.limbs_.size(); ++j) {
        const uint128 t = uint128{a.limbs_[i]} * b.limbs_[j] + product.limbs_[i + j] + carry;
        product.limbs_[i + j] = static_cast<std::uint64_t>(t);
        carry = static_cast<std::uint64_t>(t >> 64);
      }
      product.limbs_[i + b.limbs_.size()] = carry;
    }
    product.trim();
    return product;
  }

  /// Negative, zero or positive as a is less than, equal to or greater than b.
  friend constexpr int compare(const natural& a, const natural& b) {
    if (a.limbs_.size() != b.limbs_.size()) return a.limbs_.size() < b.limbs_.size() ? -1 : 1;
    for (std::size_t i = a.limbs_.size(); i-- > 0;)
      if (a.limbs_[i] != b.limbs_[i]) return a.limbs_[i] < b.limbs_[i] ? -1 : 1;
    return 0;
  }

  /// The 64 bits that begin at bit position `lowest`, which may be negative: zeros are below bit 0.
  constexpr std::uint64_t bits_from(std::int64_t lowest) const {
    const std::int64_t limb = lowest >= 0 ? lowest / 64 : -((63 - lowest) / 64);
    const int within = static_cast<int>(lowest - 64 * limb);
    const std::uint64_t low = limb_or_zero(limb) >> within;
    return within == 0 ? low : low | limb_or_zero(limb + 1) << (64 - within);
  }

  /// Whether any bit below this position is set.
  constexpr bool any_bit_below(std::int64_t position) const {
    for (std::int64_t i = 0; i < size() && 64 * i < position; ++i) {
      const std::int64_t bits = position - 64 * i;
      if ((limb_or_zero(i) & low_bits<std::uint64_t>(bits < 64 ? static_cast<int>(bits) : 64)) != 0) return true;
    }
    return false;
  }

  /// Subtracts `divisor` as often as it goes and tells how often; the quotient must be below 2^62.
  constexpr std::uint64_t divide_by(const natural& divisor) {
    // From the divisor's 64 leading bits, rounded up, a quotient that is never too large, and too small by two at
    // most (one for the bits cut off below each, one for their effect on a quotient below 2^62).
    const std::int64_t base = divisor.bit_width() - 64;
    const uint128 top = uint128{bits_from(base + 64)} << 64 | bits_from(base);
    const uint128 leading = uint128{divisor.bits_from(base)} + 1;
    auto quotient = static_cast<std::uint64_t>(top / leading);
    subtract_multiple(divisor, quotient);
    while (compare(*this, divisor) >= 0) {
      subtract_multiple(divisor, 1);
      ++quotient;
    }
    return quotient;
  }

  /// Divides by a small number, and returns the remainder.
  constexpr std::uint64_t divide_by(std::uint64_t divisor) {
    std::uint64_t rest = 0;
    for (std::size_t i = limbs_.size(); i-- > 0;) {
      const uint128 t = uint128{rest} << 64 | limbs_[i];
      limbs_[i] = static_cast<std::uint64_t>(t / divisor);
      rest = static_cast<std::uint64_t>(t % divisor);
    }
    trim();
    return rest;
  }

 private:
  constexpr std::int64_t size() const { return static_cast<std::int64_t>(limbs_.size()); }
  constexpr std::uint64_t limb_or_zero(std::int64_t i) const {
    return i >= 0 && i < size() ? limbs_[static_cast<std::size_t>(i)] : 0;
  }
  constexpr void trim() {
    while (!limbs_.empty() && limbs_.back() == 0) limbs_.pop_back();
  }
  /// *this -= b * factor, which must not be negative.
  constexpr void subtract_multiple(const natural& b, std::uint64_t factor) {
    std::uint64_t carry = 0, borrow = 0;
    for (std::size_t i = 0; i < limbs_.size(); ++i) {
      const uint128 t = uint128{i < b.limbs_.size() ? b.limbs_[i] : 0} * factor + carry;
      carry = static_cast<std::uint64_t>(t >> 64);
      const auto low = static_cast<std::uint64_t>(t);
      const std::uint64_t before = limbs_[i];
      limbs_[i] = before - low - borrow;
      borrow = before < low || (before == low && borrow != 0) ? 1 : 0;
    }
    trim();
  }

  std::vector<std::uint64_t> limbs_;  // the lowest first, the highest not zero
};

/// 5^n.
constexpr natural power_of_five(std::int64_t n) {
  constexpr int step = 27;  // 5^27 is the largest power of five in 64 bits
  natural power(std::uint64_t{1});
  if (n > 8 * step) {
    const natural root = power_of_five(n / 2);
    power = root * root;
    n %= 2;
  }
  for (; n > 0; n -= step) {
    std::uint64_t factor = 1;
    for (std::int64_t i = 0; i < n && i < step; ++i) factor *= 5;
    power *= factor;
  }
  return power;
}

}  // namespace assay
