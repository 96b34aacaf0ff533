// accumulate::floating in double arithmetic: the same bits, several times faster. The sum lives in a double; each
// operation is done first by the machine and forced to odd, so that the second rounding, an integer addition to its
// bits, sees on which side of every midpoint the exact result lies.
//
// That needs exact products (digits of the factors together at most 53), sums of at most 50 digits (two below the last
// place of the result stay), and exponents for which no intermediate leaves binary64's normal range. Stochastic
// rounding reads its random bits' worth of digits below the last place: precision and random bits are at most 52
// together.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include <assay/accumulate/accumulator.hpp>
#include <assay/number/convert.hpp>

namespace assay::accumulate {

/// The interface of the header's accumulators, for dot(). Operands are doubles.
class double_floating {
 public:
  struct state {
    double sum = 0;
    std::uint64_t stream = 0, draws = 0;
  };

  /// `a` must be served: see serves.
  explicit double_floating(const floating& a);

  /// Whether this class computes what `a` does for products of these elements.
  static bool serves(const floating& a, const element& left, const element& right);

  state start(operand c = {}, std::uint64_t stream = 0) const;
  void multiply_add(state& s, double a, double b) const {
    double product = a * b;
    if (multiply_ == multiplication::rounded) product = round(s, product);
    add(s, product);
  }
  void merge(state& into, const state& from) const { add(into, from.sum); }
  rounded result(const state& s, format to, conversion how, std::uint32_t random) const;

  void add(state& s, double x) const {
    const double sum = s.sum + x;
    if (sum == 0) {
      // Only zeros and opposite numbers have this sum; opposite signs give -0 in one mode, and never by the machine.
      const bool negative = std::signbit(s.sum) == std::signbit(x) ? std::signbit(x) : mode_ == rounding::downward;
      s.sum = round(s, negative ? -0.0 : 0.0);
      return;
    }
    // Knuth's two-sum, then one step towards the error where the sum is inexact and even. NaNs come out of this as they
    // are, and infinities as NaNs: hence the test.
    const double x_part = sum - s.sum;
    const double error = (s.sum - (sum - x_part)) + (x - x_part);
    const bool moves = error != 0 && std::abs(sum) < 0x1p1022;
    const std::uint64_t even = static_cast<std::uint64_t>(moves) & ~bits_of(sum) & 1;
    const bool outward = (error < 0) == (sum < 0);
    s.sum = round(s, std::bit_cast<double>(bits_of(sum) + (outward ? even : 0 - even)));
  }

 private:
  static std::uint64_t bits_of(double x) { return std::bit_cast<std::uint64_t>(x); }

  /// x as a number of the format. The bits of its magnitude below the last place are rounded away by an addition that
  /// carries when they must go up.
  double round(state& s, double x) const {
    std::uint32_t random = 0;
    if (mode_ == rounding::stochastic) random = static_cast<std::uint32_t>(stream_word(s.stream, s.draws++) >> 32);
    constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63;
    const std::uint64_t sign = bits_of(x) & sign_bit, magnitude = bits_of(x) & ~sign_bit;
    if (magnitude == 0) return zero_of(x);
    const int dropped = dropped_bits_ + std::max(min_exponent_ - (static_cast<int>(magnitude >> 52) - 1023), 0);
    // Below the smallest subnormal number the last place would be in the exponent.
    if (magnitude > largest_ || dropped > 51) [[unlikely]]
      return round_rare(x, random);
    const std::uint64_t last_place = std::uint64_t{1} << dropped, below = last_place - 1;
    std::uint64_t up = 0;
    switch (mode_) {
      case rounding::ties_to_even: up = (below >> 1) + ((magnitude >> dropped) & 1); break;
      case rounding::ties_to_away: up = (below >> 1) + 1; break;
      case rounding::toward_zero: break;
      case rounding::upward: up = sign == 0 ? below : 0; break;
      case rounding::downward: up = sign != 0 ? below : 0; break;
      case rounding::to_odd: up = (magnitude & last_place) == 0 ? below : 0; break;
      case rounding::stochastic:
        up = (random & low_bits<std::uint64_t>(random_bits_)) << (dropped - random_bits_);
        break;
    }
    const std::uint64_t result = (magnitude + up) & ~below;
    if (result > largest_) [[unlikely]]
      return round_rare(x, random);
    return result == 0 ? zero_of(x) : std::bit_cast<double>(result | sign);
  }

  double zero_of(double x) const { return keeps_negative_zero_ ? std::copysign(0.0, x) : 0.0; }

  /// Overflows, specials and what is tiny, by the one function that knows all policies.
  double round_rare(double x, std::uint32_t random) const;

  floating exact_;
  rounding mode_;
  multiplication multiply_;
  int dropped_bits_, min_exponent_, random_bits_;
  std::uint64_t largest_;  ///< the bits of the format's largest number
  bool keeps_negative_zero_;
};

}  // namespace assay::accumulate
