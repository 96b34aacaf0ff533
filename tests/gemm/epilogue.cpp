// The epilogue against the same steps written out in float, and batches.
#include <catch2/catch.hpp>

#include <bit>
#include <cmath>
#include <limits>

#include <assay/bulk/random.hpp>

#include <assay/bulk/random.hpp>

#include "problems.hpp"

using namespace gemm_test;

namespace {

struct case_with_epilogue {
  static constexpr std::size_t m = 9, n = 300, k = 20;
  owned_matrix a{binary16, m, k}, b{binary16, k, n}, c{binary16, m, n}, d{binary32, m, n};
  std::vector<float> row = std::vector<float>(m), column = std::vector<float>(n);
  gemm_problem p;

  case_with_epilogue() {
    std::mt19937 random(11);
    a.fill(random, numbers::ordinary);
    b.fill(random, numbers::ordinary);
    c.fill(random, numbers::ordinary);
    std::normal_distribution<float> normal;
    for (float& x : row) x = normal(random);
    for (float& x : column) x = normal(random);
    p.a = a.view();
    p.b = b.view();
    p.d = d.output();
  }
  float sum(std::size_t i, std::size_t j) const {
    float s = 0;
    for (std::size_t l = 0; l < k; ++l) s = std::fma(to_float(a.get(i, l), binary16), to_float(b.get(l, j), binary16), s);
    return s;
  }
  template <class Expected>
  int differences(Expected expected) {
    gemm(p);
    int wrong = 0;
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < n; ++j) wrong += d.get(i, j) == encode(expected(i, j)).code ? 0 : 1;
    }
    return wrong;
  }
};

}  // namespace

TEST_CASE("The epilogue does its steps in float, each rounded, in the documented order") {
  case_with_epilogue x;
  float amax = -1, expected_amax = 0;
  x.p.c = x.c.view();
  x.p.c_in_epilogue = true;
  x.p.epilogue = {.alpha = 0.3f, .beta = 0.7f, .row_scale = {x.row.data(), x.row.size()},
                  .column_scale = {x.column.data(), x.column.size()}, .row_bias = {x.row.data(), x.row.size()},
                  .column_bias = {x.column.data(), x.column.size()}, .apply = activation::relu, .amax = &amax,
                  .output_scale = 0.1f};
  CHECK(x.differences([&](std::size_t i, std::size_t j) {
    const float added = 0.7f * to_float(x.c.get(i, j), binary16);
    float y = std::fma(0.3f, x.sum(i, j), added);
    y *= x.row[i];
    y *= x.column[j];
    y += x.row[i];
    y += x.column[j];
    if (y <= 0) y = 0;
    expected_amax = std::max(expected_amax, y);
    return y * 0.1f;
  }) == 0);
  CHECK(amax == expected_amax);
}

TEST_CASE("Activations are their formulas, to the last place") {
  case_with_epilogue x;
  x.p.epilogue.apply = activation::silu;
  CHECK(x.differences([&](std::size_t i, std::size_t j) {
    const double s = static_cast<double>(x.sum(i, j));
    return static_cast<float>(s / (1 + std::exp(-s)));
  }) == 0);
  x.p.epilogue.apply = activation::tanh;
  CHECK(x.differences([&](std::size_t i, std::size_t j) {
    return static_cast<float>(std::tanh(static_cast<double>(x.sum(i, j))));
  }) == 0);
}

TEST_CASE("amax is NaN when any element is, and 0 without elements") {
  case_with_epilogue x;
  float amax = -1;
  x.p.epilogue.amax = &amax;
  x.a.set(3, 3, binary16.nan_code());
  gemm(x.p);
  CHECK(std::isnan(amax));
  x.p.a.rows = x.p.d.rows = 0;
  gemm(x.p);
  CHECK(amax == 0);
}

TEST_CASE("Batches are computed one by one, with their strides") {
  std::mt19937 random(3);
  owned_matrix a(e4m3fn, 6, 5), b(e4m3fn, 5, 4), d(binary32, 6, 4);
  a.fill(random, numbers::ordinary);
  b.fill(random, numbers::ordinary);
  gemm_problem p{.a = a.view(), .b = b.view()};
  p.a.rows = p.d.rows = 2;
  p.a.batch_stride = 10;
  p.b.batch_stride = 0;  // shared
  p.d = d.output();
  p.d.rows = 2;
  p.d.batch_stride = 8;
  p.batches = 3;
  float amax[3] = {};
  p.epilogue.amax = amax;
  gemm(p);
  owned_matrix whole(binary32, 6, 4);
  gemm_problem q{.a = a.view(), .b = b.view()};
  q.d = whole.output();
  gemm(q);
  for (std::size_t i = 0; i < 6; ++i) {
    for (std::size_t j = 0; j < 4; ++j) CHECK(d.get(i, j) == whole.get(i, j));
  }
  CHECK(amax[0] != amax[1]);
}

TEST_CASE("Stochastic rounding of D takes the documented random words") {
  case_with_epilogue x;
  owned_matrix narrow(e4m3fn, x.m, x.n);
  x.p.d = narrow.output();
  x.p.to = {rounding::stochastic, overflow::ieee, subnormals::keep, 16};
  x.p.seed = 99;
  gemm(x.p);
  int wrong = 0;
  for (std::size_t i = 0; i < x.m; ++i) {
    for (std::size_t j = 0; j < x.n; ++j) {
      const std::uint64_t expected = convert(x.sum(i, j), e4m3fn, x.p.to, random_word(99, i * x.n + j)).code;
      wrong += narrow.get(i, j) == expected ? 0 : 1;
    }
  }
  CHECK(wrong == 0);
}
