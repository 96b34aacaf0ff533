// What the bulk benchmarks share: inputs, sizes, names, and the peers they are held against.
//
// A benchmark's label, "PEER LIMIT", asks bench/run for the ratio of its time to the peer's in the same run; the ratio
// should not exceed the limit. Items are elements.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include <assay/bulk/arithmetic.hpp>
#include <assay/bulk/convert.hpp>

namespace bench {

using namespace assay;

inline constexpr std::size_t in_cache = 4096;          // floats and codes: well inside a first-level cache of 32 KiB
inline constexpr std::size_t out_of_cache = 16 << 20;  // 64 MiB of floats

inline constexpr format core_formats[] = {binary16, bfloat16, e4m3fn, e5m2};

/// Values of a neural network's kind: normally distributed, of unit scale, few of them extreme.
inline std::vector<float> normal_floats(std::size_t n, std::uint64_t seed = 1) {
  std::mt19937 engine(static_cast<std::mt19937::result_type>(seed));
  std::normal_distribution<float> distribution;
  std::vector<float> x(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = i < in_cache ? distribution(engine) : x[i - in_cache];
  return x;
}

template <class Code>
std::vector<Code> normal_codes(std::size_t n, format f, std::uint64_t seed = 1) {
  std::vector<Code> codes(n);
  convert(normal_floats(n, seed), codes, f);
  return codes;
}

inline const char* mode_name(rounding mode) {
  switch (mode) {
    case rounding::ties_to_even: return "ties_to_even";
    case rounding::ties_to_away: return "ties_to_away";
    case rounding::toward_zero: return "toward_zero";
    case rounding::upward: return "upward";
    case rounding::downward: return "downward";
    case rounding::to_odd: return "to_odd";
    case rounding::stochastic: break;
  }
  return "stochastic";
}

inline std::string name(format f) { return std::string(name_of(f)); }

/// Runs `once` on n elements, over and over.
template <class Once>
void measure(benchmark::State& state, std::size_t n, const std::string& label, const Once& once) {
  once();  // pages touched, processor detected
  for (auto _ : state) {
    once();
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(n));
  state.SetLabel(label);
}

}  // namespace bench
