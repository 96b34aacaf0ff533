#include "wide_functions.hpp"

#include <cmath>
#include <numbers>

#include <assay/number/convert.hpp>

namespace assay::kernel {

namespace {

/// 1 / sqrt(x) to 120 digits: the integer root of 2^k / x.
unpacked<uint128> rsqrt_of(unpacked<std::uint64_t> x) {
  x = normalised_to(x, 62);
  if (x.exponent % 2 != 0) {
    x.significand >>= 1;  // at most 53 digits: the bit lost is zero
    x.exponent += 1;
  }
  // root(2^184 / m) = root(2^122 * 2^62 / m), by bits; m in [2^61, 2^63).
  const uint128 m = x.significand;
  std::uint64_t root = 0;
  for (int bit = 62; bit >= 0; --bit) {
    const std::uint64_t trial = root | (std::uint64_t{1} << bit);
    // trial^2 m <= 2^186, trial < 2^63: in two steps, without overflow.
    const uint128 square = uint128{trial} * trial;
    const uint128 high = (square >> 64) * m, low = (square & ~std::uint64_t{0}) * m;
    const uint128 top = high + (low >> 64);  // of square m / 2^64
    if (top < (uint128{1} << 122) || (top == (uint128{1} << 122) && static_cast<std::uint64_t>(low) == 0)) root = trial;
  }
  const uint128 square = uint128{root} * root;
  const uint128 high = (square >> 64) * m, low = (square & ~std::uint64_t{0}) * m;
  const bool exact = high + (low >> 64) == (uint128{1} << 122) && static_cast<std::uint64_t>(low) == 0;
  return {value_class::finite, false, -93 - x.exponent / 2 - 1, (uint128{root} << 1) | (exact ? 0u : 1u)};
}

}  // namespace

exact_result<uint128> wide_value(elementary f, unpacked<std::uint64_t> x) {
  const auto widened = [](const exact_result<std::uint64_t>& r) {
    return exact_result<uint128>{widen<uint128>(r.value), r.raised};
  };
  if (f == elementary::reciprocal) {
    const unpacked<uint128> one{value_class::finite, false, 0, 1};
    return divide_exact(one, widen<uint128>(x));
  }
  // Zeros, infinities and NaNs are those of the functions of small formats.
  if (x.kind != value_class::finite) return widened(detail::elementary_value(f, x));
  if (f == elementary::rsqrt && x.negative) return detail::invalid_result<uint128>();
  if (f == elementary::rsqrt) return {rsqrt_of(x)};
  const double v = std::bit_cast<double>(round_to_format(x, binary64).code);
  const auto phi = [](double z) { return std::erfc(-z * (std::numbers::sqrt2 / 2)) / 2; };
  double y = 0;
  switch (f) {
    case elementary::exp: y = std::exp(v); break;
    case elementary::exp2: y = std::exp2(v); break;
    case elementary::expm1: y = std::expm1(v); break;
    case elementary::log: y = std::log(v); break;
    case elementary::log2: y = std::log2(v); break;
    case elementary::log1p: y = std::log1p(v); break;
    case elementary::tanh: y = std::tanh(v); break;
    case elementary::erf: y = std::erf(v); break;
    case elementary::sigmoid: y = 1 / (1 + std::exp(-v)); break;
    case elementary::gelu: y = v * phi(v); break;
    case elementary::silu: y = v / (1 + std::exp(-v)); break;
    case elementary::rsqrt:
    case elementary::reciprocal: break;
  }
  if (y != y) return detail::invalid_result<uint128>();
  return widened({decode(y)});
}

}  // namespace assay::kernel
