// Emulated kernels on one core, 4096 x 4096, beside the obvious float loop: binary32 throughout, and binary16 or
// bfloat16 rounded at each step.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <assay/kernel/run.hpp>
#include <assay/number/convert.hpp>

namespace {

using assay::tensor;

constexpr std::size_t rows = 4096, columns = 4096;

const std::vector<float>& numbers() {
  static const std::vector<float> x = [] {
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    std::vector<float> v(rows * columns);
    for (float& e : v) e = normal(random);
    return v;
  }();
  return x;
}

tensor as_tensor(const std::vector<float>& x, assay::format f, assay::extents shape) {
  tensor t(assay::element_type::of(f), shape);
  for (std::size_t i = 0; i < t.size(); ++i) t.set(i, assay::convert(x[i], f).code);
  return t;
}

const std::vector<std::int64_t>& targets() {
  static const std::vector<std::int64_t> t = [] {
    std::vector<std::int64_t> v(rows);
    for (std::size_t i = 0; i < rows; ++i) v[i] = static_cast<std::int64_t>(i * 37 % columns);
    return v;
  }();
  return t;
}

/// `label` asks bench/run for the ratio to a peer and names its limit: "PEER LIMIT".
void emulated(benchmark::State& state, const char* kernel, assay::format storage, const char* arithmetic,
              unsigned threads, const char* label) {
  assay::kernel_call call(kernel);
  call.set_input("x", as_tensor(numbers(), storage, {rows, columns}));
  if (std::string_view(kernel).ends_with("norm")) {
    call.set_input("weight", as_tensor(numbers(), storage, {columns}));
  }
  if (std::string_view(kernel) == "cross_entropy") {
    tensor t(assay::element_type::integer(64, true), {rows});
    for (std::size_t i = 0; i < rows; ++i) t.set(i, static_cast<std::uint64_t>(targets()[i]));
    call.set_input("target", t);
  }
  const auto with = assay::parse_arithmetic(kernel, arithmetic);
  state.SetLabel(label);
  for (auto _ : state) benchmark::DoNotOptimize(assay::run_kernel(call, with, threads));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows * columns));
}

// ---- the obvious loops ----

void plain_softmax(const float* x, float* y) {
  float m = x[0], s = 0;
  for (std::size_t i = 0; i < columns; ++i) m = std::max(m, x[i]);
  for (std::size_t i = 0; i < columns; ++i) s += y[i] = std::exp(x[i] - m);
  for (std::size_t i = 0; i < columns; ++i) y[i] /= s;
}

void plain_layer_norm(const float* x, const float* w, float* y) {
  float m = 0, v = 0;
  for (std::size_t i = 0; i < columns; ++i) m += x[i];
  m /= columns;
  for (std::size_t i = 0; i < columns; ++i) v += (x[i] - m) * (x[i] - m);
  const float r = 1 / std::sqrt(v / columns + 1e-5f);
  for (std::size_t i = 0; i < columns; ++i) y[i] = (x[i] - m) * r * w[i];
}

void plain_rms_norm(const float* x, const float* w, float* y) {
  float v = 0;
  for (std::size_t i = 0; i < columns; ++i) v += x[i] * x[i];
  const float r = 1 / std::sqrt(v / columns + 1e-6f);
  for (std::size_t i = 0; i < columns; ++i) y[i] = x[i] * r * w[i];
}

float plain_cross_entropy(const float* x, std::int64_t target) {
  float m = x[0], s = 0;
  for (std::size_t i = 0; i < columns; ++i) m = std::max(m, x[i]);
  for (std::size_t i = 0; i < columns; ++i) s += std::exp(x[i] - m);
  return std::log(s) - (x[target] - m);
}

template <class Line>
void plain(benchmark::State& state, const Line& line) {
  std::vector<float> y(rows * columns);
  const float *x = numbers().data(), *w = x;
  for (auto _ : state) {
    for (std::size_t r = 0; r < rows; ++r) line(x + r * columns, w, y.data() + r * columns, r);
    benchmark::DoNotOptimize(y.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows * columns));
}

void softmax_loop(benchmark::State& s) {
  plain(s, [](const float* x, const float*, float* y, std::size_t) { plain_softmax(x, y); });
}
void layer_norm_loop(benchmark::State& s) {
  plain(s, [](const float* x, const float* w, float* y, std::size_t) { plain_layer_norm(x, w, y); });
}
void rms_norm_loop(benchmark::State& s) {
  plain(s, [](const float* x, const float* w, float* y, std::size_t) { plain_rms_norm(x, w, y); });
}
void cross_entropy_loop(benchmark::State& s) {
  plain(s, [](const float* x, const float*, float* y, std::size_t r) { *y = plain_cross_entropy(x, targets()[r]); });
}

#define ROW(kernel, name, storage, arithmetic, threads, limit)                                                    \
  BENCHMARK_CAPTURE(emulated, kernel##name, #kernel, assay::storage, arithmetic, threads, #kernel "_loop " limit) \
      ->Unit(benchmark::kMillisecond)
#define KERNEL(kernel)                                                    \
  BENCHMARK(kernel##_loop)->Unit(benchmark::kMillisecond);                \
  ROW(kernel, _binary32, binary32, "", 1, "4");                           \
  ROW(kernel, _binary32_two_threads, binary32, "", 2, "")->UseRealTime(); \
  ROW(kernel, _binary16, binary16, "native", 1, "15");                    \
  ROW(kernel, _bfloat16, bfloat16, "native", 1, "15")
KERNEL(softmax);
KERNEL(layer_norm);
KERNEL(rms_norm);
KERNEL(cross_entropy);

}  // namespace
