// The certified truth of matrix products, against plain MPFR at 256 bits and against a binary64 product of OpenBLAS of
// the same shape: ns a multiply-add.
#include <mpfr.h>

#include <assay/reference/gemm.hpp>

#include "gemm_support.hpp"

namespace bench {

namespace {

constexpr std::size_t size = 512;

/// What the truth would cost without a thought: one MPFR multiplication and addition for each term.
void register_mpfr() {
  benchmark::RegisterBenchmark("mpfr_256", [](benchmark::State& state) {
    constexpr std::size_t n = 512;
    const auto x = normal_floats(2 * n);
    mpfr_t sum, product, a[n], b[n];
    mpfr_init2(sum, 256);
    mpfr_init2(product, 256);
    for (std::size_t i = 0; i < n; ++i) {
      mpfr_init2(a[i], 256);
      mpfr_init2(b[i], 256);
      mpfr_set_flt(a[i], x[i], MPFR_RNDN);
      mpfr_set_flt(b[i], x[n + i], MPFR_RNDN);
    }
    measure(state, n, "", [&] {
      mpfr_set_zero(sum, 1);
      for (std::size_t i = 0; i < n; ++i) {
        mpfr_mul(product, a[i], b[i], MPFR_RNDN);
        mpfr_add(sum, sum, product, MPFR_RNDN);
      }
    });
    mpfr_clears(sum, product, nullptr);
    for (std::size_t i = 0; i < n; ++i) mpfr_clears(a[i], b[i], nullptr);
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
  return run(argc, argv);
}
