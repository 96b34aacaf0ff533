#include "powers.hpp"

#include <bit>
#include <cstdint>
#include <cstring>

#include "vectorised.hpp"

namespace assay::reference {

namespace {

constexpr std::size_t width = 8;
using lanes [[gnu::vector_size(8 * width)]] = double;
constexpr double u = 0x1p-53;

// x = k ln 2 + r, |r| < 0.3467, and e^x = 2^k e^r by the power series up to r^13 / 13!.
//
// With errors in units of u = 2^-53:
//   k ln2_high is exact (11 and 42 digits), and so is x - k ln2_high but for at most 0.35; ln2_low and its product add
//   next to nothing, and the last difference 0.35: r is off by 0.7, and e^r by that share
//   the series' remainder, below r^14 / 14! (1 + r) < 2^-57, is less than 0.1
//   s = r^2 (1/2 + r/6 + ...) < 0.0675 errs by 6 roundings' worth of itself at most, 0.41: each step of Horner's scheme
//   halves what came before, and more
//   r + s rounds by 0.21 at most, being below 0.42, and 1 + (r + s) by 1
// That is 0.7 and, as e^r > 0.707, (0.1 + 0.41 + 0.21 + 1) / 0.707 < 2.5: below 4 units, half of what is promised.
// 2^k e^r is a shift of exponents, as k > -1011. An x below -700 is taken for -700, and e^-700 < 2^-1009.
inline double power_of(double x) {
  constexpr double log2_e = 0x1.71547652b82fep+0, ln2_high = 0x1.62e42fefa38p-1, ln2_low = 0x1.ef35793c7673p-45;
  constexpr double to_integer = 0x1.8p52;
  x = x < power_line::lowest ? power_line::lowest : x;
  const double shifted = x * log2_e + to_integer;
  const double k = shifted - to_integer;
  const double r = (x - k * ln2_high) - k * ln2_low;
  double s = 1.0 / 6227020800;
  s = s * r + 1.0 / 479001600;
  s = s * r + 1.0 / 39916800;
  s = s * r + 1.0 / 3628800;
  s = s * r + 1.0 / 362880;
  s = s * r + 1.0 / 40320;
  s = s * r + 1.0 / 5040;
  s = s * r + 1.0 / 720;
  s = s * r + 1.0 / 120;
  s = s * r + 1.0 / 24;
  s = s * r + 1.0 / 6;
  s = s * r + 0.5;
  const double e = 1 + (r + r * r * s);
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(e) + (std::bit_cast<std::uint64_t>(shifted) << 52));
}

/// Of one block: the sum of its powers, and of each times its exponent.
struct block_sums {
  double powers, weighted;
};

ASSAY_VECTORISED block_sums add_up(const double* exponents, const double* powers, std::size_t n) {
  lanes sum{}, weighted{};
  std::size_t i = 0;
  for (; i + width <= n; i += width) {
    lanes e, p;
    std::memcpy(&e, exponents + i, sizeof e);
    std::memcpy(&p, powers + i, sizeof p);
    sum += p;
    weighted += p * e;
  }
  block_sums s{0, 0};
  for (std::size_t k = 0; k < width; ++k) s = {s.powers + sum[k], s.weighted + weighted[k]};
  for (; i < n; ++i) s = {s.powers + powers[i], s.weighted + powers[i] * exponents[i]};
  return {s.powers, std::abs(s.weighted)};
}

ASSAY_VECTORISED void exponents_of(const double* x, std::size_t n, double top, double temperature, double* exponents) {
  if (temperature == 1) {
    for (std::size_t i = 0; i < n; ++i) {
      const double d = x[i] - top;
      exponents[i] = d < power_line::lowest ? power_line::lowest : d;
    }
    return;
  }
  for (std::size_t i = 0; i < n; ++i) {
    const double d = (x[i] - top) / temperature;
    exponents[i] = d < power_line::lowest ? power_line::lowest : d;
  }
}

}  // namespace

ASSAY_VECTORISED void powers_of(std::span<const double> x, std::span<double> y) {
  const double* const from = x.data();
  double* const to = y.data();
  const std::size_t n = x.size();
  for (std::size_t i = 0; i < n; ++i) to[i] = power_of(from[i]);
}

ASSAY_VECTORISED line_extremes extremes_of(std::span<const double> x) {
  lanes least = lanes{} + HUGE_VAL, most = lanes{} - HUGE_VAL, odd{};
  std::size_t i = 0;
  for (; i + width <= x.size(); i += width) {
    lanes v;
    std::memcpy(&v, x.data() + i, sizeof v);
    least = v < least ? v : least;
    most = v > most ? v : most;
    odd += v == v ? lanes{} : lanes{} + 1.0;
  }
  line_extremes seen;
  const auto look_at = [&](double v) {
    seen.least = v < seen.least ? v : seen.least;
    seen.most = v > seen.most ? v : seen.most;
    seen.has_nan = seen.has_nan || v != v;
  };
  for (std::size_t k = 0; k < width; ++k) {
    look_at(least[k]);
    look_at(most[k]);
    seen.has_nan = seen.has_nan || odd[k] != 0;
  }
  if (i == 0) seen = {};
  for (; i < x.size(); ++i) look_at(x[i]);
  return seen;
}

// An exponent d rounds twice, by 2 u |d| at most, and e^(d + 2 u |d|) differs from e^d by less than 3 u |d| e^d: this
// is exponent_error. A block's sum rounds at most block / width + 2 width times, all terms being positive.
power_line::power_line(std::span<const double> x, double top, std::size_t top_at, double temperature,
                       std::span<double> powers)
    : powers_(powers), rest_(0) {
  constexpr std::size_t block = 64 * width;
  constexpr double relative = (power_error + (64 + 2 * width) * u) * (1 + 0x1p-20);
  double exponents[block];
  for (std::size_t start = 0; start < x.size(); start += block) {
    const std::size_t n = std::min(block, x.size() - start);
    exponents_of(&x[start], n, top, temperature, exponents);
    powers_of({exponents, n}, powers_.subspan(start, n));
    const bool has_top = top_at - start < n;
    if (has_top) powers_[top_at] = 0;
    const block_sums sums = add_up(exponents, &powers_[start], n);
    if (has_top) powers_[top_at] = 1;
    if (n == 1 && has_top) continue;  // nothing: exactly
    rest_ += ball(sums.powers, sums.powers * relative + sums.weighted * exponent_error * (1 + 0x1p-20) +
                                   static_cast<double>(n) * power_floor);
  }
}

}  // namespace assay::reference
