// The certified truth of matrix products, against plain MPFR at 256 bits and against a binary64 product of OpenBLAS of
// the same shape: ns a multiply-add.
#include <mpfr.h>

#include <assay/reference/attention.hpp>
#include <assay/reference/gemm.hpp>

#include "gemm_support.hpp"

namespace bench {

namespace {

constexpr std::size_t size = 512;

/// What the truth would cost without a thought: the plain triple loop over two matrices of MPFR numbers; a few elements
/// of its result, each of its own row and column.
void register_mpfr() {
  benchmark::RegisterBenchmark("mpfr_256", [](benchmark::State& state) {
    constexpr std::size_t elements = 16;
    const auto x = normal_floats(2 * size * size);
    mpfr_t sum, product;
    mpfr_inits2(256, sum, product, nullptr);
    std::vector<__mpfr_struct> numbers(x.size());  // a, then b
    for (std::size_t i = 0; i < x.size(); ++i) {
      mpfr_init2(&numbers[i], 256);
      mpfr_set_flt(&numbers[i], x[i], MPFR_RNDN);
    }
    std::size_t next = 0;
    measure(state, elements * size, "", [&] {
      for (std::size_t n = 0; n < elements; ++n, next = (next + 37) % size) {
        const __mpfr_struct *row = &numbers[next * size], *column = &numbers[size * size + next];
        mpfr_set_zero(sum, 1);
        for (std::size_t k = 0; k < size; ++k) {
          mpfr_mul(product, row + k, column + k * size, MPFR_RNDN);
          mpfr_add(sum, sum, product, MPFR_RNDN);
        }
      }
    });
    mpfr_clears(sum, product, nullptr);
    for (__mpfr_struct& n : numbers) mpfr_clear(&n);
  });
}

void register_dgemm() {
  benchmark::RegisterBenchmark("dgemm", [](benchmark::State& state) {
    const auto x = normal_floats(size * size, 1), y = normal_floats(size * size, 2);
    const std::vector<double> a(x.begin(), x.end()), b(y.begin(), y.end());
    std::vector<double> c(size * size);
    measure(state, size * size * size, "", [&] { openblas_gemm(size, a.data(), b.data(), c.data()); });
  })->Unit(benchmark::kMillisecond);
}

tensor normal_matrix(format f, std::uint64_t seed) {
  tensor t(element_type::of(f), {size, size});
  const auto bytes = matrix_bytes(f, size * size, seed);
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::uint8_t*>(t.bytes().data()));
  return t;
}

void register_truth(const std::string& row, format from, const std::string& label,
                    const reference::gemm_options& options = {}, const reference::request& want = {}) {
  benchmark::RegisterBenchmark(row.c_str(), [=](benchmark::State& state) {
    const tensor a = normal_matrix(from, 1), b = normal_matrix(from, 2);
    measure(state, size * size * size, label, [&] {
      benchmark::DoNotOptimize(reference::gemm({a.view(), b.view()}, options, want));
    });
  })->Unit(benchmark::kMillisecond);
}

/// Eight heads of 256 queries and keys, 64 wide: the items are multiply-adds of both products.
void register_attention(const std::string& row, format f, const reference::attention_options& options) {
  benchmark::RegisterBenchmark(row.c_str(), [=](benchmark::State& state) {
    constexpr std::size_t heads = 8, length = 256, width = 64;
    const auto draw = [&](std::uint64_t seed) {
      tensor t(element_type::of(f), {heads, length, width});
      const auto bytes = matrix_bytes(f, t.size(), seed);
      std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::uint8_t*>(t.bytes().data()));
      return t;
    };
    const tensor q = draw(1), k = draw(2), v = draw(3);
    measure(state, 2 * heads * length * length * width, "mpfr_256", [&] {
      benchmark::DoNotOptimize(reference::attention(q.view(), k.view(), v.view(), {}, options, {.to = f}));
    });
  })->Unit(benchmark::kMillisecond);
}

}  // namespace

}  // namespace bench

int main(int argc, char** argv) {
  using namespace bench;
  register_mpfr();
  register_dgemm();
  for (const format f : {e4m3fn, e5m2, binary16, bfloat16}) {
    // At least a thousand times faster than MPFR from e4m3fn, 400 times from the others.
    register_truth(name(f), f, f == e4m3fn ? "mpfr_256 0.001" : "mpfr_256 0.0025");
    register_truth(name(f) + "/by_dgemm", f, "dgemm 4");
    register_truth(name(f) + "/with_scales", f, "dgemm 4", {}, {.scales = true});
  }
  register_truth("bfloat16/gelu", bfloat16, "dgemm", {.then = reference::activation::gelu});
  register_truth("bfloat16/to_bfloat16", bfloat16, "dgemm", {}, {.to = bfloat16});
  register_attention("attention/bfloat16", bfloat16, {});
  register_attention("attention/bfloat16/causal", bfloat16, {.causal = reference::causality::top_left});
  return run(argc, argv);
}
