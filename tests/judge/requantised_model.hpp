// Random requantised products and kernels that compute them, right and wrong, in plain C++ arithmetic: long double
// holds every sum of these times a scale of binary32 exactly, 40 digits times 24.
#pragma once

#include <cfloat>
#include <cmath>
#include <functional>
#include <random>

#include <assay/judge/requantised.hpp>

namespace test {

static_assert(LDBL_MANT_DIG >= 64);

inline assay::element_type stored_type(assay::integer_format f) {
  return assay::element_type::integer(f.bits <= 8 ? 8 : 16, f.is_signed);
}

struct requantised_case {
  assay::requantised_product p;
  std::size_t batch = 0, m = 1, n = 1, k = 1;  ///< a batch of 0: none

  std::size_t size() const { return std::max<std::size_t>(batch, 1) * m * n; }
  assay::extents shape() const { return batch == 0 ? assay::extents{m, n} : assay::extents{batch, m, n}; }

  static assay::integer_tensor draw(std::mt19937_64& random, assay::integer_format f, assay::extents shape) {
    assay::integer_tensor x{assay::tensor(stored_type(f), shape), f};
    for (std::size_t i = 0; i < x.codes.size(); ++i) x.codes.set(i, random() & f.code_mask());
    return x;
  }
  requantised_case(std::mt19937_64& random, assay::integer_format a, assay::integer_format b, assay::integer_format to,
                   std::size_t rows, std::size_t columns, std::size_t length, std::size_t batches = 0)
      : batch(batches), m(rows), n(columns), k(length) {
    const auto with_batch = [&](std::size_t r, std::size_t c) {
      return batch == 0 ? assay::extents{r, c} : assay::extents{batch, r, c};
    };
    p.transpose_a = random() % 2 == 0, p.transpose_b = random() % 2 == 0;
    p.a = draw(random, a, p.transpose_a ? with_batch(k, m) : with_batch(m, k));
    p.b = draw(random, b, p.transpose_b ? with_batch(n, k) : with_batch(k, n));
    p.to = to;
    p.range.zero_point = 0;
    p.scales = {spread_scale()};
  }
  /// A scale at which most results lie within the type, and some beyond it.
  float spread_scale() const {
    const double each = std::ldexp(1.0, p.a.type.bits + p.b.type.bits) / 10;
    return static_cast<float>(std::ldexp(1.0, p.to.bits) / 2.5 / (each * std::sqrt(static_cast<double>(k))));
  }

  std::int64_t a_at(std::size_t e, std::size_t l) const {
    const std::size_t first = batch == 0 ? 0 : e / (m * n) * m * k, i = e / n % m;
    return p.a[first + (p.transpose_a ? l * m + i : i * k + l)];
  }
  std::int64_t b_at(std::size_t e, std::size_t l) const {
    const std::size_t first = batch == 0 ? 0 : e / (m * n) * n * k, j = e % n;
    return p.b[first + (p.transpose_b ? j * k + l : l * n + j)];
  }
  static std::int64_t of(const std::vector<std::int32_t>& all, std::size_t line) {
    return all.empty() ? 0 : all[all.size() == 1 ? 0 : line];
  }
  float scale(std::size_t e) const { return p.scales[p.scales.size() == 1 ? 0 : e % n]; }
  std::int64_t bias(std::size_t e) const { return p.bias.empty() ? 0 : p.bias[e % n]; }
  std::int64_t products(std::size_t e) const {
    std::int64_t sum = 0;
    for (std::size_t l = 0; l < k; ++l) {
      sum += (a_at(e, l) - of(p.zero_a, e / n % m)) * (b_at(e, l) - of(p.zero_b, e % n));
    }
    return sum;
  }
  std::int64_t sum(std::size_t e) const { return products(e) + bias(e); }
  long double real(std::size_t e) const {
    return static_cast<long double>(scale(e)) * static_cast<long double>(sum(e));
  }

  template <class Real>
  Real rounded(Real x) const {
    switch (p.mode) {
      case assay::rounding::ties_to_away: return std::round(x);
      case assay::rounding::toward_zero: return std::trunc(x);
      case assay::rounding::upward: return std::ceil(x);
      case assay::rounding::downward: return std::floor(x);
      default: return std::nearbyint(x);
    }
  }
  template <class Real>
  std::int64_t placed(Real x) const {
    const auto zero = static_cast<Real>(p.range.zero_point);
    const Real y = p.zero_point_inside ? rounded(x + zero) : rounded(x) + zero;
    return static_cast<std::int64_t>(std::clamp<Real>(y, -1e15f, 1e15f));
  }
  std::int64_t clamped(std::int64_t q) const {
    return std::clamp(q, std::max<std::int64_t>(p.to.min(), p.range.lowest),
                      std::min<std::int64_t>(p.to.max(), p.range.highest));
  }

  /// The integers that a kernel stores, element by element; what does not fit wraps around.
  assay::tensor results(const std::function<std::int64_t(std::size_t)>& kernel) const {
    assay::tensor y(stored_type(p.to), shape());
    for (std::size_t e = 0; e < y.size(); ++e) y.set(e, static_cast<std::uint64_t>(kernel(e)) & p.to.code_mask());
    return y;
  }
  assay::tensor exact() const {
    return results([&](std::size_t e) { return clamped(placed(real(e))); });
  }
  /// Converted to binary32, multiplied there, rounded.
  assay::tensor in_binary32() const {
    return results([&](std::size_t e) { return clamped(placed(static_cast<float>(sum(e)) * scale(e))); });
  }
};

}  // namespace test
