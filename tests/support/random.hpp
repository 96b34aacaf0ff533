// Seeded randomness, the same on every machine, and codes that like the dangerous places of a format.
#pragma once

#include <cstdint>

#include <support/mpfr_oracle.hpp>

namespace test {

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): a counter and a mixing function.
class random_source {
 public:
  explicit random_source(std::uint64_t seed) : state_(seed) {}
  std::uint64_t operator()() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t n) { return (*this)() % n; }

 private:
  std::uint64_t state_;
};

/// Any code; one in four near an end of a range: zero, the smallest normal, the largest, the specials; and one in four
/// with few digits, or all ones, in its fraction.
inline std::uint64_t biased_code(random_source& random, const oracle::limits& l) {
  const std::uint64_t r = random();
  std::uint64_t code = random() & (l.top | l.sign);
  switch (r % 8) {
    case 0: {
      const std::uint64_t ends[] = {0, l.hidden, l.largest, l.top};
      return ((ends[r / 8 % 4] + r / 32 % 9 - 4) & l.top) | (code & l.sign);
    }
    case 1: return (code & l.sign) | (r / 8 % (l.top + 1) & l.top);
    case 2: return code & ~(l.hidden - 1);
    case 3: return code | (l.hidden - 1);
    case 4: return code & ~((l.hidden - 1) >> (r / 8 % 8));
    default: return code;
  }
}

/// A code whose exponent field lies within `reach` of another's: sums of such pairs cancel and carry.
inline std::uint64_t code_beside(random_source& random, const oracle::limits& l, std::uint64_t other, int reach) {
  const auto t = l.f.fraction_bits;
  const auto fields = static_cast<std::int64_t>(l.top >> t);
  const auto field = static_cast<std::int64_t>((other & l.top) >> t);
  std::int64_t near = field + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(2 * reach + 1))) - reach;
  near = near < 0 ? 0 : near > fields ? fields : near;
  return (static_cast<std::uint64_t>(near) << t) | (random() & (l.sign | (l.hidden - 1)));
}

}  // namespace test
