#include "product_terms.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <assay/number/convert.hpp>

namespace assay::cli {
namespace {

/// The factors of one side of an element's products, scales included.
struct factors {
  std::vector<double> values;
  std::size_t line = 0;  ///< which row or column
};

double value(const tensor& x, std::size_t i) { return to_double(x[i], x.type().layout); }

/// As kernels cut an extent into as many blocks as there are scales.
std::size_t part_of(std::size_t i, std::size_t extent, std::size_t parts) { return i / ((extent + parts - 1) / parts); }

std::size_t rows_of(const extents& s) { return s.rank() < 2 ? 1 : s[s.rank() - 2]; }
std::size_t columns_of(const extents& s) { return s.rank() < 1 ? 1 : s[s.rank() - 1]; }

/// The line's elements of op(a) (`left`) or op(b): along k.
factors side(const kernel_call& call, bool left, std::size_t batch, std::size_t line) {
  const tensor& x = call.input(left ? "a" : "b");
  const extents& s = x.shape();
  const std::size_t rows = rows_of(s), columns = columns_of(s), first = s.rank() == 3 ? batch * rows * columns : 0;
  const bool transposed = call.flag(left ? "transpose_a" : "transpose_b");
  const bool along_columns = left != transposed;  // whether k runs along a row in memory
  const std::size_t k = along_columns ? columns : rows, lines = along_columns ? rows : columns;
  factors f{std::vector<double>(k), line};
  for (std::size_t l = 0; l < k; ++l) {
    f.values[l] = value(x, first + (along_columns ? line * columns + l : l * columns + line));
  }
  const char* name = left ? "a_scale" : "b_scale";
  if (!call.has_input(name)) return f;
  const tensor& scale = call.input(name);
  const std::size_t down = rows_of(scale.shape()), across = columns_of(scale.shape());
  const std::size_t start = scale.shape().rank() == 3 ? batch * down * across : 0;
  for (std::size_t l = 0; l < k; ++l) {
    const std::size_t i = left ? part_of(line, lines, down) : part_of(l, k, down);
    const std::size_t j = left ? part_of(l, k, across) : part_of(line, lines, across);
    f.values[l] *= value(scale, start + i * across + j);
  }
  return f;
}

std::string range_of(const std::vector<double>& all) {
  const auto [low, high] = std::minmax_element(all.begin(), all.end());
  return fmt::format("{:.5g} to {:.5g}", *low, *high);
}

std::vector<std::string> in_words(const factors& a, const factors& b, const std::string& row,
                                  const std::string& column) {
  const std::size_t k = a.values.size();
  if (k == 0 || b.values.size() != k) return {};
  double sum = 0, magnitudes = 0, largest = 0;
  std::size_t where = 0;
  for (std::size_t l = 0; l < k; ++l) {
    const double product = a.values[l] * b.values[l];
    if (!std::isfinite(product)) return {};
    sum += product, magnitudes += std::abs(product);
    if (std::abs(product) > std::abs(largest)) largest = product, where = l;
  }
  std::string condition;
  if (sum != 0 && magnitudes >= std::abs(sum)) {
    const double times = magnitudes / std::abs(sum);
    condition = times < 1.05 ? ": hardly any cancels" : fmt::format(": {:.3g} times the sum, which cancels", times);
  }
  return {fmt::format("{} of a: {}, {} of b: {}", row, range_of(a.values), column, range_of(b.values)),
          fmt::format("sum of {} products {:.6g}, of their magnitudes {:.6g}{}", k, sum, magnitudes, condition),
          fmt::format("largest product {:.6g} at k = {}", largest, where)};
}

}  // namespace

std::vector<std::string> product_terms(const kernel_call& call, std::size_t n) {
  if (call.name() != "gemm" && call.name() != "dot") return {};
  const tensor& a = call.input("a");
  if (a.size() == 0) return {};
  if (call.name() == "dot") {
    const std::size_t k = columns_of(a.shape());
    const tensor& b = call.input("b");
    factors left{std::vector<double>(k), n}, right = left;
    for (std::size_t l = 0; l < k; ++l) left.values[l] = value(a, n * k + l), right.values[l] = value(b, n * k + l);
    return in_words(left, right, fmt::format("row {}", n), fmt::format("row {}", n));
  }
  const extents &sa = a.shape(), &sb = call.input("b").shape();
  const std::size_t rows = call.flag("transpose_a") ? columns_of(sa) : rows_of(sa);
  const std::size_t columns = call.flag("transpose_b") ? rows_of(sb) : columns_of(sb);
  const std::size_t batch = n / (rows * columns), i = n / columns % rows, j = n % columns;
  return in_words(side(call, true, batch, i), side(call, false, batch, j), fmt::format("row {}", i),
                  fmt::format("column {}", j));
}

}  // namespace assay::cli
