// What the GEMM benchmarks share: square problems, and OpenBLAS on the same shape as the peer. Items are multiply-adds.
//
// A label, "PEER LIMIT", asks bench/run for the ratio of a row's time to the peer's in the same run.
#pragma once

#include <string>
#include <vector>

#include <assay/accumulate/grammar.hpp>
#include <assay/bulk/gemm.hpp>

#include "bulk_support.hpp"
#include "openblas.hpp"

namespace bench {

inline constexpr std::size_t gemm_size = 1024;

/// C = A B in OpenBLAS, row-major, on as many threads as asked for. The element type chooses sgemm or dgemm.
template <class Real>
void register_openblas(const char* row, int threads = 1) {
  auto* const registered = benchmark::RegisterBenchmark(row, [threads](benchmark::State& state) {
    const auto x = normal_floats(gemm_size * gemm_size, 1), y = normal_floats(gemm_size * gemm_size, 2);
    const std::vector<Real> a(x.begin(), x.end()), b(y.begin(), y.end());
    std::vector<Real> c(gemm_size * gemm_size);
    use_openblas_threads(threads);
    measure(state, gemm_size * gemm_size * gemm_size, "",
            [&] { openblas_gemm(gemm_size, a.data(), b.data(), c.data()); });
    use_openblas_threads(1);
  });
  registered->Unit(benchmark::kMillisecond);
  if (threads > 1) registered->UseRealTime();  // the name then ends in /real_time
}

/// One square product of ours, and what its memory holds.
struct square_gemm {
  element type;  ///< of A and B
  std::string accumulator;
  std::string order = "sequential";
  format d = binary32;
  std::size_t threads = 1;
  std::size_t size = gemm_size;
  bool has_start = false;  ///< sums start from a binary32 C
};

/// Codes of normally distributed numbers, or of integers that use their whole range.
inline std::vector<std::uint8_t> matrix_bytes(const element& type, std::size_t count, std::uint64_t seed) {
  if (const auto* f = std::get_if<format>(&type)) {
    const auto bytes_of = [](const auto& codes) {
      const auto* first = reinterpret_cast<const std::uint8_t*>(codes.data());
      return std::vector<std::uint8_t>(first, first + codes.size() * sizeof codes[0]);
    };
    switch (storage_bytes(*f)) {
      case 1: return bytes_of(normal_codes<std::uint8_t>(count, *f, seed));
      case 2: return bytes_of(normal_codes<std::uint16_t>(count, *f, seed));
      default: return bytes_of(normal_codes<std::uint32_t>(count, *f, seed));
    }
  }
  std::mt19937 engine(static_cast<std::mt19937::result_type>(seed));
  std::vector<std::uint8_t> bytes(count);
  for (std::uint8_t& b : bytes) b = static_cast<std::uint8_t>(engine());
  return bytes;
}

inline void register_gemm(const std::string& row, const square_gemm& what, const std::string& label) {
  auto* const registered = benchmark::RegisterBenchmark(row.c_str(), [=](benchmark::State& state) {
    const std::size_t n = what.size;
    const auto a = matrix_bytes(what.type, n * n, 1), b = matrix_bytes(what.type, n * n, 2);
    std::vector<std::uint32_t> d(n * n);
    gemm_problem p;
    p.a = {.codes = a.data(), .type = what.type, .rows = n, .columns = n};
    p.b = {.codes = b.data(), .type = what.type, .rows = n, .columns = n};
    const auto c = what.has_start ? normal_floats(n * n, 3) : std::vector<float>();
    if (what.has_start) p.c = {.codes = c.data(), .type = binary32, .rows = n, .columns = n};
    p.d = {.codes = d.data(), .type = what.d, .rows = n, .columns = n};
    p.with = parse_accumulator(what.accumulator);
    p.order = parse_order(what.order);
    p.threads = what.threads;
    measure(state, n * n * n, label, [&] { gemm(p); });
  });
  registered->Unit(benchmark::kMillisecond);
  if (what.threads > 1) registered->UseRealTime();
}

/// What every GEMM benchmark ends with.
inline int run(int argc, char** argv) {
  use_openblas_threads(1);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace bench
