// Batches of dot products to be judged, and kernels to compute them.
#pragma once

#include <random>
#include <vector>

#include <assay/judge/dot.hpp>
#include <assay/tensor/tensor.hpp>

namespace test {

/// Ordinary numbers, numbers of all exponents, sums that nearly cancel, numbers near the end of the range.
enum class data { ordinary, any_exponent, cancelling, large, small };

struct batch {
  assay::tensor a, b, c, got;

  batch(assay::format fa, assay::format fb, assay::format fc, assay::format out, std::size_t rows, std::size_t k)
      : a(assay::element_type::of(fa), {rows, k}),
        b(assay::element_type::of(fb), {rows, k}),
        c(assay::element_type::of(fc), {rows}),
        got(assay::element_type::of(out), {rows}) {}

  assay::dot_problem problem() const { return {a.view(), b.view(), c.view(), got.view()}; }
  assay::reference::dot_row row(std::size_t i, std::vector<std::uint64_t>& x, std::vector<std::uint64_t>& y) const {
    x.resize(a.shape()[1]);
    y.resize(a.shape()[1]);
    a.view().copy_line(i, x);
    b.view().copy_line(i, y);
    return {x, y, a.type().layout, b.type().layout, c[i], c.type().layout};
  }
  void compute(const assay::dot_model& kernel) {
    std::vector<std::uint64_t> x, y;
    for (std::size_t i = 0; i < got.size(); ++i) got.set(i, kernel(row(i, x, y)));
  }
  void fill(std::mt19937_64& random, data how) {
    for (assay::tensor* t : {&a, &b, &c}) {
      for (std::size_t i = 0; i < t->size(); ++i) t->set(i, draw(random, t->type().layout, how));
    }
    if (how != data::cancelling) return;
    for (std::size_t i = 1; i < a.size(); i += 2) {
      a.set(i, a[i - 1] ^ a.type().layout.sign_mask());
      b.set(i, b[i - 1] ^ (random() % 2));
    }
  }

 private:
  static std::uint64_t draw(std::mt19937_64& random, assay::format f, data how) {
    const std::uint64_t top = f.max_finite_code() >> f.fraction_bits, middle = top / 2;
    std::uint64_t field = middle > 2 ? middle - 2 + random() % 4 : random() % (top + 1);
    if (how == data::any_exponent) field = random() % (top + 1);
    if (how == data::large) field = top - random() % 2;
    if (how == data::small) field = random() % 3;
    const std::uint64_t code = field << f.fraction_bits | (random() & (f.fraction_mask() | f.sign_mask()));
    return (code & f.magnitude_mask()) > f.max_finite_code() ? f.max_finite_code() : code;
  }
};

}  // namespace test
