// Operators of the scalar types: latency in a dependent chain, and throughput of a plain loop over arrays in cache.
// Run time per item is per operation.
#include <benchmark/benchmark.h>

#include <random>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include <assay/number/number.hpp>

namespace {

using namespace assay;

constexpr std::size_t count = 2000;

/// Numbers from 1 to 2 and their reciprocals by turns, with alternating signs two by two: sums and products of long
/// chains stay near where they began, as they do in the kernels that these operations are for.
template <class Number>
std::vector<Number> steady_values(unsigned seed) {
  std::mt19937 random{seed};
  std::vector<Number> values;
  float magnitude = 1;
  for (std::size_t i = 0; i < count; ++i) {
    magnitude = i % 2 == 0 ? 1 + static_cast<float>(random() % 1000) / 1000 : 1 / magnitude;
    values.push_back(Number(i % 4 < 2 ? magnitude : -magnitude));
  }
  return values;
}

struct plus {
  template <class T>
  T operator()(T a, T b, T) const {
    return a + b;
  }
};
struct minus {
  template <class T>
  T operator()(T a, T b, T) const {
    return a - b;
  }
};
struct times {
  template <class T>
  T operator()(T a, T b, T) const {
    return a * b;
  }
};
struct over {
  template <class T>
  T operator()(T a, T b, T) const {
    return a / b;
  }
};
struct root {
  template <class T>
  T operator()(T a, T, T) const {
    return sqrt(abs(a));
  }
};
struct fused {
  template <class T>
  T operator()(T a, T b, T c) const {
    return fma(b, c, a);
  }
};
struct less {
  template <class T>
  T operator()(T a, T b, T) const {
    return a < b ? b : a;
  }
};

// The loops, as a user writes them: out of line, so that what Google Benchmark needs to know does not disturb them.

template <class Operation, class Number>
[[gnu::noinline]] Number run_chain(Number a, const Number* x, const Number* y) {
  for (std::size_t i = 0; i < count; ++i) a = Operation{}(a, x[i], y[i]);
  return a;
}

template <class Operation, class Number>
[[gnu::noinline]] void run_array(const Number* a, const Number* b, const Number* c, Number* out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = Operation{}(a[i], b[i], c[i]);
}

template <class From, class To>
[[gnu::noinline]] void run_conversion(const From* in, To* out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<To>(in[i]);
}

template <class Operation, class Number>
void chain(benchmark::State& state) {
  const auto x = steady_values<Number>(1), y = steady_values<Number>(2);
  for (auto _ : state) {
    Number result = run_chain<Operation>(x[0], x.data(), y.data());
    benchmark::DoNotOptimize(result);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(count) * state.iterations());
}

template <class Operation, class Number>
void array(benchmark::State& state) {
  const auto x = steady_values<Number>(1), y = steady_values<Number>(2), z = steady_values<Number>(3);
  std::vector<Number> result(count);
  for (auto _ : state) {
    run_array<Operation>(x.data(), y.data(), z.data(), result.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(count) * state.iterations());
}

template <class From, class To>
void array_convert(benchmark::State& state) {
  const auto x = steady_values<From>(1);
  std::vector<To> result(count);
  for (auto _ : state) {
    run_conversion(x.data(), result.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(count) * state.iterations());
}

/// What the project asks for, in ns an operation; nothing where it asks for nothing.
std::string limit_of(const std::string& name) {
  static const std::pair<const char*, const char*> limits[] = {
      {"chain/.*/(add|multiply)", "ns 2.5"},
      {"chain/.*/fma", "ns 5"},
      {"array/bfloat16/add", "ns 0.5"},
      {"array/binary16/add", "ns 1.5"},
  };
  for (const auto& [pattern, limit] : limits) {
    if (std::regex_match(name, std::regex(pattern))) return limit;
  }
  return {};
}

template <class Run>
void add(const std::string& name, Run run) {
  benchmark::RegisterBenchmark(("scalar/" + name).c_str(), [=](benchmark::State& state) {
    run(state);
    state.SetLabel(limit_of(name));
  });
}

template <class Operation, class Number>
void add_operation(const std::string& format, const char* operation) {
  add("chain/" + format + "/" + operation, chain<Operation, Number>);
  add("array/" + format + "/" + operation, array<Operation, Number>);
}

template <format F>
void add_format() {
  using type = number<F>;
  const std::string name(name_of(F));
  add_operation<plus, type>(name, "add");
  add_operation<minus, type>(name, "subtract");
  add_operation<times, type>(name, "multiply");
  add_operation<over, type>(name, "divide");
  add_operation<root, type>(name, "sqrt");
  add_operation<fused, type>(name, "fma");
  add_operation<less, type>(name, "compare");
  add("array/" + name + "/to_float", array_convert<type, float>);
  add("array/" + name + "/from_float", array_convert<float, type>);
}

const bool registered = [] {
  add_format<binary16>();
  add_format<bfloat16>();
  add_format<e4m3fn>();
  add_format<e5m2>();
  return true;
}();

}  // namespace
