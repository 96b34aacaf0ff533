#include "moments.hpp"

#include <bit>
#include <cmath>
#include <optional>

namespace assay::reference {

namespace {

using integer = boost::multiprecision::mpz_int;
__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

integer wide(int128 x) {
  const bool negative = x < 0;
  const auto magnitude = static_cast<uint128>(negative ? -x : x);
  integer y = static_cast<std::uint64_t>(magnitude >> 64);
  y = (y << 64) + static_cast<std::uint64_t>(magnitude);
  return negative ? integer(-y) : y;
}

rational scaled(const integer& x, int exponent) {
  const rational power = integer(1) << std::abs(exponent);
  return exponent < 0 ? rational(x) / power : rational(x) * power;
}

struct sums {
  rational x, squares;
};

/// In integers, the line's common power of two taken out; nothing where their squares' sum might not fit 127 bits.
std::optional<sums> integer_sums(std::span<const double> line) {
  int lowest = 5000, highest = -5000;
  for (const double x : line) {
    const auto bits = std::bit_cast<std::uint64_t>(x);
    const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52) - 1);
    const int field = static_cast<int>(bits >> 52 & 0x7ff);
    if (field == 0) {
      if (fraction != 0) return std::nullopt;
      continue;
    }
    lowest = std::min(lowest, field + std::countr_zero(fraction | std::uint64_t{1} << 52));
    highest = std::max(highest, field + 52);
  }
  if (lowest > highest) return sums{};
  const int digits = highest - lowest + 1, carries = static_cast<int>(std::bit_width(line.size()));
  const int exponent = lowest - 1023 - 52;
  if (digits > 62 || 2 * digits + carries > 126 || std::abs(exponent) > 1000) return std::nullopt;
  const double unit = std::ldexp(1.0, -exponent);
  int128 sum = 0, squares = 0;
  for (const double x : line) {
    const auto k = static_cast<std::int64_t>(x * unit);
    sum += k;
    squares += static_cast<int128>(k) * k;
  }
  return sums{scaled(wide(sum), exponent), scaled(wide(squares), 2 * exponent)};
}

sums rational_sums(std::span<const double> line) {
  sums of;
  for (const double x : line) {
    of.x += rational(x);
    of.squares += rational(x) * rational(x);
  }
  return of;
}

}  // namespace

// sum (x - m)^2 = sum x^2 - n m^2.
exact_moments moments_of(std::span<const double> x, bool about_mean) {
  const std::optional<sums> quick = integer_sums(x);
  const sums of = quick ? *quick : rational_sums(x);
  const rational n = x.size();
  const rational mean = about_mean ? rational(of.x / n) : rational(0);
  return {mean, of.squares / n - mean * mean};
}

}  // namespace assay::reference
