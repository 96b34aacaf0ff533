#include "sums.hpp"

#include <cstdint>
#include <cstring>

#include "vectorised.hpp"

namespace assay::reference {

namespace {

constexpr std::size_t width = 8;
using lanes [[gnu::vector_size(8 * width)]] = double;

constexpr double u = 0x1p-53;

}  // namespace

// TwoSum in every lane. The errors are added up as well, with their signs, and their magnitudes bound what that misses:
// at most a rounding for each addition made.
ASSAY_VECTORISED ball long_sum(std::span<const double> x) {
  lanes sum{}, errors{}, magnitudes{};
  const std::size_t whole = x.size() / width * width;
  for (std::size_t i = 0; i < whole; i += width) {
    lanes v;
    std::memcpy(&v, x.data() + i, sizeof v);
    const lanes s = sum + v;
    const lanes from_v = s - sum;
    const lanes error = (sum - (s - from_v)) + (v - from_v);
    sum = s;
    errors += error;
    magnitudes += error < 0 ? -error : error;
  }
  ball total(0);
  double missed = 0;
  for (std::size_t k = 0; k < width; ++k) {
    total += ball(sum[k]);
    missed += magnitudes[k];
  }
  for (const double v : x.subspan(whole)) total += ball(v);
  // The errors of these few additions are in the total's radius.
  double correction = 0;
  for (std::size_t k = 0; k < width; ++k) correction += errors[k];
  const double additions = static_cast<double>(whole / width + 2 * width);
  return total + ball(correction, missed == missed ? missed * (additions * u) : missed);
}

// A difference errs by u, its square by 2u more and its own rounding by u, and each of a lane's additions by u: all
// terms are positive, so these bound the relative error. Blocks keep a lane's additions few.
// The centre is off by some e: sum (d - e)^2 = sum d^2 - 2 e sum d + n e^2, and |sum d| <= sqrt(n sum d^2).
ASSAY_VECTORISED ball long_sum_of_squares(std::span<const double> x, const ball& centre) {
  constexpr std::size_t block = 32 * width;
  constexpr double error_of_block = (32 + 2 * width + 4) * u * (1 + 0x1p-20);
  ball total(0);
  const double c = centre.value;
  for (std::size_t start = 0; start < x.size(); start += block) {
    const std::size_t end = start + std::min(block, x.size() - start);
    lanes squares{};
    std::size_t i = start;
    for (; i + width <= end; i += width) {
      lanes v;
      std::memcpy(&v, x.data() + i, sizeof v);
      const lanes d = v - c;
      squares += d * d;
    }
    double sum = 0;
    for (std::size_t k = 0; k < width; ++k) sum += squares[k];
    for (; i < end; ++i) sum += (x[i] - c) * (x[i] - c);
    total += ball(sum, sum * error_of_block);
  }
  const double n = static_cast<double>(x.size()), underflow = n * 0x1p-1074;
  const double e = centre.radius * (1 + 0x1p-20);
  const double off_centre = e == 0 ? 0 : 2 * e * std::sqrt(n * (total.value + total.radius)) + n * e * e;
  return {total.value, total.radius + off_centre * (1 + 0x1p-20) + underflow};
}

}  // namespace assay::reference
