// A softmax kernel and the test that judges it.
#define CATCH_CONFIG_MAIN
#include <algorithm>
#include <cmath>
#include <random>

#include <assay/assay.hpp>
#include <assay/judge/judge.hpp>
#include <catch2/catch.hpp>

using assay::bf16_t;

/// The kernel: rows of n numbers, computed in float, stored as bfloat16. `sum_type` is what it keeps its sum in.
template <class sum_type>
std::vector<bf16_t> my_softmax(const std::vector<bf16_t>& x, std::size_t n) {
  std::vector<bf16_t> y(x.size());
  for (std::size_t row = 0; row < x.size(); row += n) {
    float top = -INFINITY;
    for (std::size_t i = 0; i < n; ++i) top = std::max(top, static_cast<float>(x[row + i]));
    sum_type sum(0.0f);
    for (std::size_t i = 0; i < n; ++i) sum = sum + sum_type(std::exp(static_cast<float>(x[row + i]) - top));
    for (std::size_t i = 0; i < n; ++i) {
      y[row + i] = bf16_t(std::exp(static_cast<float>(x[row + i]) - top) / static_cast<float>(sum));
    }
  }
  return y;
}

std::vector<bf16_t> random_inputs(std::size_t count) {
  std::mt19937 engine(1);
  std::normal_distribution<float> normal(0, 3);
  std::vector<bf16_t> x(count);
  for (bf16_t& v : x) v = bf16_t(normal(engine));
  return x;
}

TEST_CASE("my softmax computes in fp32") {
  const std::size_t rows = 64, n = 512;
  const auto x = random_inputs(rows * n), y = my_softmax<float>(x, n);
  const auto verdict = assay::judged("softmax")
                           .input("x", x.data(), assay::bfloat16, {rows, n})
                           .result(y.data(), assay::bfloat16, {rows, n})
                           .claiming("fp32-accumulate to=bfloat16")
                           .judge();
  INFO(assay::summary(verdict));
  REQUIRE(verdict.pass);
}

TEST_CASE("a softmax that keeps its sum in bfloat16 is found out, and told why") {
  const std::size_t rows = 64, n = 512;
  const auto x = random_inputs(rows * n), y = my_softmax<bf16_t>(x, n);
  const auto verdict = assay::judged("softmax")
                           .input("x", x.data(), assay::bfloat16, {rows, n})
                           .result(y.data(), assay::bfloat16, {rows, n})
                           .claiming("fp32-accumulate to=bfloat16")
                           .judge();
  INFO(assay::summary(verdict));
  REQUIRE_FALSE(verdict.pass);
  REQUIRE(verdict.diagnosis.front().name == "bf16_accumulator");
}
