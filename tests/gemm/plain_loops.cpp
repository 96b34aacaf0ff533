// Fast paths against loops that any reader can check: the processor's own float arithmetic, and integers.
#include <catch2/catch.hpp>

#include <cmath>

#include "problems.hpp"

using namespace gemm_test;

namespace {

constexpr std::size_t m = 30, n = 50, k = 70;

struct floats {
  std::vector<float> a = std::vector<float>(m * k), b = std::vector<float>(k * n), d = std::vector<float>(m * n);
  gemm_problem problem;

  explicit floats(numbers kind) {
    std::mt19937 random(5);
    for (float& x : a) x = to_float(random_code(random, binary32, kind), binary32);
    for (float& x : b) x = to_float(random_code(random, binary32, kind), binary32);
    problem.a = {.codes = a.data(), .type = binary32, .rows = m, .columns = k};
    problem.b = {.codes = b.data(), .type = binary32, .rows = k, .columns = n};
    problem.d = {.codes = d.data(), .type = binary32, .rows = m, .columns = n};
  }
  template <class Sum>
  int differences(Sum sum) {
    gemm(problem);
    int wrong = 0;
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        const float expected = sum(i, j), got = d[i * n + j];
        const bool same = expected != expected ? got != got : encode(expected).code == encode(got).code;
        wrong += same ? 0 : 1;
      }
    }
    return wrong;
  }
};

}  // namespace

TEST_CASE("A fused binary32 GEMM is a loop of std::fma") {
  for (const numbers kind : all_numbers) {
    floats x(kind);
    CHECK(x.differences([&](std::size_t i, std::size_t j) {
      float s = 0;
      for (std::size_t l = 0; l < k; ++l) s = std::fma(x.a[i * k + l], x.b[l * n + j], s);
      return s;
    }) == 0);
  }
}

TEST_CASE("A binary32 GEMM of rounded products is a loop of products and sums") {
  for (const numbers kind : all_numbers) {
    floats x(kind);
    x.problem.with = parse_accumulator("floating:binary32:rounded");
    CHECK(x.differences([&](std::size_t i, std::size_t j) {
      float s = 0;
      for (std::size_t l = 0; l < k; ++l) {
        const float product = x.a[i * k + l] * x.b[l * n + j];
        s = s + product;
      }
      return s;
    }) == 0);
  }
}

TEST_CASE("Blocked and split orders are loops of partial sums") {
  floats x(numbers::wide);
  const auto part = [&](std::size_t i, std::size_t j, std::size_t first, std::size_t last) {
    float s = 0;
    for (std::size_t l = first; l < last; ++l) s = std::fma(x.a[i * k + l], x.b[l * n + j], s);
    return s;
  };
  x.problem.order = parse_order("blocked:16");
  CHECK(x.differences([&](std::size_t i, std::size_t j) {
    float s = 0;
    for (std::size_t l = 0; l < k; l += 16) s += part(i, j, l, std::min(k, l + 16));
    return s;
  }) == 0);
  x.problem.order = parse_order("split_k:4");
  CHECK(x.differences([&](std::size_t i, std::size_t j) {
    return part(i, j, 0, 18) + part(i, j, 18, 36) + part(i, j, 36, 54) + part(i, j, 54, 70);
  }) == 0);
}
