// What the kernels' tests share: tensors of random numbers, and distances to the truth.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include <assay/kernel/run.hpp>
#include <assay/number/convert.hpp>
#include <assay/reference/truth_of.hpp>
#include <support/random.hpp>

namespace test {

using assay::extents;
using assay::format;
using assay::tensor;

inline tensor tensor_of(format f, extents shape, const std::vector<double>& values) {
  tensor t(assay::element_type::of(f), shape);
  for (std::size_t i = 0; i < t.size(); ++i) t.set(i, assay::convert(values[i % values.size()], f).code);
  return t;
}

inline double value_at(const tensor& t, std::size_t i) { return assay::to_double(t[i], t.type().layout); }

/// Evenly between -1 and 1.
inline double uniform(random_source& random) {
  return static_cast<double>(static_cast<std::int64_t>(random())) * 0x1p-63;
}

/// About normally distributed: the sum of twelve uniform numbers.
inline double normal(random_source& random) {
  double s = 0;
  for (int i = 0; i < 12; ++i) s += uniform(random) / 2;
  return s;
}

inline tensor normal_tensor(random_source& random, format f, extents shape, double deviation = 1, double mean = 0) {
  tensor t(assay::element_type::of(f), shape);
  for (std::size_t i = 0; i < t.size(); ++i) {
    t.set(i, assay::convert(mean + deviation * normal(random), f).code);
  }
  return t;
}

/// The largest |got - truth| / |truth| of all elements, infinite where only one of them is NaN.
inline double largest_error(const tensor& got, const tensor& truth) {
  double most = got.shape() == truth.shape() ? 0 : INFINITY;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const double x = value_at(got, i), y = value_at(truth, i);
    if (x == y || (x != x && y != y)) continue;
    const double error = std::abs(x - y) / std::abs(y);
    most = error <= most ? most : error == error ? error : INFINITY;
  }
  return most;
}

/// How many codes differ.
inline std::size_t differences(const tensor& a, const tensor& b) {
  if (a.shape() != b.shape()) return std::max<std::size_t>({a.size(), b.size(), 1});
  std::size_t n = 0;
  for (std::size_t i = 0; i < a.size(); ++i) n += a[i] != b[i] ? 1u : 0u;
  return n;
}

inline tensor run(const assay::kernel_call& call, const std::string& arithmetic, unsigned threads = 1) {
  return assay::run_kernel(call, assay::parse_arithmetic(call.name(), arithmetic), threads)[0];
}

/// Every word of every choice of a kernel, alone; and none.
inline std::vector<std::string> single_variants(std::string_view kernel) {
  std::vector<std::string> all{""};
  for (const assay::attribute_info& info : assay::variants_of(kernel)) {
    assay::detail::for_each_word(info.choices, ' ', [&](std::string_view word) {
      if (!word.empty()) all.push_back(" " + std::string(info.name) + "=" + std::string(word));
    });
  }
  return all;
}

inline tensor truth(const assay::kernel_call& call, format to) {
  return assay::reference::truth_of(call, {.to = to})[0].value;
}

}  // namespace test
