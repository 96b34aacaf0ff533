// Integer products whose sums do not fit where they are kept on their way.
#include <algorithm>
#include <cmath>

#include <assay/number/convert.hpp>

#include "tables.hpp"

namespace assay::detail {
namespace {

/// Whether a plain matrix product of whole numbers in the range of 8-bit integers.
bool is_product_of_bytes(const kernel_call& call) {
  if (call.name() != "gemm" || call.flag("transpose_a") || call.flag("transpose_b")) return false;
  for (const auto& [name, x] : call.inputs()) {
    if ((name != "a" && name != "b") || x.shape().rank() != 2) return false;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double v = to_double(x[i], x.type().layout);
      if (!(v >= -128 && v <= 255) || v != std::floor(v)) return false;
    }
  }
  return true;
}

/// Sums of `group` products pass through integers of `bits` bits on their way: saturated, or wrapped around.
hypothesis integer_sums(std::string name, std::string words, std::size_t group, int bits, bool saturate) {
  hypothesis h{std::move(name), std::move(words)};
  h.change_results = [=](const emulation& e, tensor& results) {
    if (!is_product_of_bytes(e.call)) return false;
    const tensor &a = e.call.input("a"), &b = e.call.input("b");
    const std::size_t n = b.shape()[1], length = b.shape()[0];
    const double limit = std::ldexp(1.0, bits - 1);
    const auto kept = [&](double x) {
      if (saturate) return std::clamp(x, -limit, limit - 1);
      return x - 2 * limit * std::floor((x + limit) / (2 * limit));
    };
    for (std::size_t i = 0; i < results.size(); ++i) {
      double total = 0;
      for (std::size_t first = 0; first < length; first += group) {
        double sum = 0;
        for (std::size_t k = first; k < std::min(first + group, length); ++k) {
          sum += to_double(a[i / n * length + k], a.type().layout) * to_double(b[k * n + i % n], b.type().layout);
        }
        total += kept(sum);
      }
      results.set(i, convert(total, results.type().layout, e.with.to_how).code);
    }
    return true;
  };
  return h;
}

}  // namespace

void add_integers(hypotheses& all) {
  all.push_back(
      integer_sums("pair_sums_saturate", "sums of two 8-bit products saturate in 16 bits (pmaddubsw)", 2, 16, true));
  all.push_back(integer_sums("int16_products_wrap", "sums of two 8-bit products wrap around in 16 bits", 2, 16, false));
}

}  // namespace assay::detail
