#include "method.hpp"

#include <cmath>
#include <limits>

namespace detection {

namespace {

/// |got - reference| <= atol + rtol |reference| everywhere; equal infinities and NaNs are equal.
bool all_close(const comparison& c, double rtol, double atol) {
  for (std::size_t i = 0; i < c.got.size(); ++i) {
    const double g = c.got[i], r = c.reference[i];
    if (g == r || (std::isnan(g) && std::isnan(r))) continue;
    if (!(std::abs(g - r) <= atol + rtol * std::abs(r)) || std::isinf(r)) return false;
  }
  return true;
}

/// torch.testing.assert_close: its table of tolerances by dtype, bfloat16's for fp8.
bool dtype_table(const comparison& c) {
  const double rtol = c.output.fraction_bits >= 52   ? 1e-7
                      : c.output.fraction_bits >= 23 ? 1.3e-6
                      : c.output.fraction_bits >= 10 ? 1e-3
                                                     : 1.6e-2;
  return all_close(c, rtol, c.output.fraction_bits >= 52 ? 1e-7 : 1e-5);
}

bool close_to_a_hundredth(const comparison& c) { return all_close(c, 1e-2, 1e-2); }

/// 1 - 2 sum xy / sum (x^2 + y^2) below the limit.
bool global_difference(const comparison& c, double limit) {
  double both = 0, squares = 0;
  for (std::size_t i = 0; i < c.got.size(); ++i) {
    both += c.got[i] * c.reference[i];
    squares += c.got[i] * c.got[i] + c.reference[i] * c.reference[i];
  }
  return squares == 0 || 1 - 2 * both / squares < limit;
}

/// triton_kernels: errors relative to max(|reference|, its root mean square), the largest at most 2e-2 and their root
/// mean square at most 4e-3.
bool max_and_rms(const comparison& c) {
  double largest = 1e-30;
  for (const double r : c.reference) largest = std::max(largest, std::abs(r));
  double squares = 0;
  for (const double r : c.reference) squares += r / largest * (r / largest);
  const double n = static_cast<double>(std::max<std::size_t>(c.got.size(), 1)), rms = std::sqrt(squares / n);
  double worst = 0, sum = 0;
  for (std::size_t i = 0; i < c.got.size(); ++i) {
    const double r = c.reference[i] / largest, e = std::abs(c.got[i] / largest - r) / std::max(rms, std::abs(r));
    worst = std::max(worst, e);
    sum += e * e;
  }
  return !(worst > 2e-2) && !(std::sqrt(sum / n) > 4e-3);
}

/// composable_kernel: relative and absolute thresholds from the digits of the compute, output and accumulator formats
/// and the number of accumulations, the absolute one scaled by the largest value.
bool scaled_by_length(const comparison& c) {
  double largest = 0;
  for (const double r : c.reference) largest = std::max(largest, std::isfinite(r) ? std::abs(r) : 0.0);
  const double out = std::ldexp(0.5, -c.output.fraction_bits), compute = std::ldexp(0.5, -23);
  const double accumulated = compute * static_cast<double>(c.length);
  const double rtol = std::max({out, compute, accumulated});
  const double unit = largest > 0 ? std::exp2(std::floor(std::log2(largest))) : 0;
  return all_close(c, rtol, unit * rtol);
}

/// FlashAttention's tests: the largest error at most twice that of the same computation in the storage format.
bool twice_same_precision(const comparison& c) {
  if (c.same_precision.size() != c.got.size()) return dtype_table(c);
  double own = 0, other = 0;
  for (std::size_t i = 0; i < c.got.size(); ++i) {
    own = std::max(own, std::abs(c.got[i] - c.reference[i]));
    other = std::max(other, std::abs(c.same_precision[i] - c.reference[i]));
  }
  return own <= 2 * other + 1e-5;
}

constexpr method methods[] = {
    {"dtype table", "torch.testing: |got - ref| <= atol + rtol |ref| by dtype", dtype_table},
    {"allclose 1e-2", "rtol = atol = 1e-2", close_to_a_hundredth},
    {"global 1e-3", "1 - 2 sum xy / sum (x^2 + y^2) < 1e-3 (DeepGEMM, fp8)",
     [](const comparison& c) { return global_difference(c, 1e-3); }},
    {"global 1e-5", "the same < 1e-5 (DeepGEMM, bf16)", [](const comparison& c) { return global_difference(c, 1e-5); }},
    {"max and RMS", "triton_kernels: largest relative error 2e-2, RMS 4e-3", max_and_rms},
    {"K-scaled", "composable_kernel: thresholds by digits and K, atol by the largest value", scaled_by_length},
    {"twice same precision", "FlashAttention: at most twice the error of the storage format's computation",
     twice_same_precision},
};

}  // namespace

std::span<const method> peer_methods() { return methods; }

}  // namespace detection
