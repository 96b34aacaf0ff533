// Constant expressions take the integer path: what they give is what a program computes.
#include <array>

#include "agreement.hpp"

using namespace assay;

namespace {

template <format F>
struct results {
  std::uint64_t a, b, sum, difference, product, quotient, fused, root, from_float, to_float;

  bool operator==(const results&) const = default;
};

template <format F>
constexpr results<F> compute(std::uint64_t a, std::uint64_t b) {
  const auto x = number<F>::from_bits(a), y = number<F>::from_bits(b);
  return {a,
          b,
          (x + y).bits(),
          (x - y).bits(),
          (x * y).bits(),
          (x / y).bits(),
          fma(x, y, x).bits(),
          sqrt(x).bits(),
          number<F>(std::bit_cast<float>(0x3f801234U)).bits(),
          std::bit_cast<std::uint32_t>(static_cast<float>(y))};
}

template <format F>
constexpr std::array samples{
    compute<F>(0, F.sign_mask()),
    compute<F>(F.min_normal_code(), 1),
    compute<F>(F.max_finite_code(), F.max_finite_code()),
    compute<F>(F.max_finite_code() + 1, F.min_normal_code() + 1),
    compute<F>(F.max_finite_code() / 2 + 1, F.max_finite_code() / 2 | F.sign_mask()),
    compute<F>(F.nan_code(), 3),
};

}  // namespace

TEMPLATE_TEST_CASE_SIG("A constant expression gives the bits of run time", "", ((format F), F), binary16, bfloat16,
                       e4m3fn, e5m2, e4m3fnuz, e2m1fn, binary32) {
  for (const auto& constant : samples<F>) {
    volatile std::uint64_t a = constant.a, b = constant.b;
    const auto now = compute<F>(a, b);
    INFO("operands " << constant.a << " and " << constant.b);
    REQUIRE(now == constant);
  }
}
