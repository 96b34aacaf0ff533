// Batches of dot products to be judged, and kernels to compute them that share no code with the judge's emulation.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <assay/accumulate/grammar.hpp>
#include <assay/judge/judge.hpp>
#include <assay/number/convert.hpp>

namespace test {

/// Ordinary numbers, numbers of all exponents, sums that nearly cancel, numbers near the end of the range.
enum class data { ordinary, any_exponent, cancelling, large, small };

/// One dot product: c + sum of a_i b_i.
struct dot_row {
  std::span<const std::uint64_t> a, b;
  assay::format a_format, b_format;
  std::uint64_t c = 0;
  assay::format c_format;
};

/// The code that a kernel stores for one row.
using dot_kernel = std::function<std::uint64_t(const dot_row&)>;

inline dot_kernel kernel_of(const assay::accumulator& with, const assay::summation_order& in, assay::format output,
                            assay::conversion store = {}) {
  return [=](const dot_row& row) {
    return dot(with, in, assay::code_vector(row.a, row.a_format), assay::code_vector(row.b, row.b_format),
               assay::encoded{row.c, row.c_format}, output, store)
        .code;
  };
}

struct batch {
  assay::tensor a, b, c, got;

  batch(assay::format fa, assay::format fb, assay::format fc, assay::format out, std::size_t rows, std::size_t k)
      : a(assay::element_type::of(fa), {rows, k}),
        b(assay::element_type::of(fb), {rows, k}),
        c(assay::element_type::of(fc), {rows}),
        got(assay::element_type::of(out), {rows}) {}

  assay::kernel_call call() const {
    assay::kernel_call call("dot");
    call.set_input("a", a);
    call.set_input("b", b);
    call.set_input("c", c);
    return call;
  }
  assay::verdict judged(std::string_view claim, const assay::judge_options& options = {}) const {
    return assay::judge(call(), std::span(&got, 1), assay::parse_claim("dot", claim), options);
  }

  void compute(const dot_kernel& kernel) {
    std::vector<std::uint64_t> x(a.shape()[1]), y(x.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      a.view().copy_line(i, x);
      b.view().copy_line(i, y);
      got.set(i, kernel({x, y, a.type().layout, b.type().layout, c[i], c.type().layout}));
    }
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
