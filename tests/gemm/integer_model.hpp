// Integer GEMM as plain loops over wide integers, written from the formulas.
#pragma once

#include <algorithm>

#include "problems.hpp"

namespace gemm_test {

using wide = int128;

/// An accumulator as a loop: `bits` wide, saturating or not, fed with sums of `group` products that saturate to
/// `group_bits`.
struct integer_rules {
  const char* name;
  int bits;
  bool saturate;
  int group = 1, group_bits = 0;
};
inline constexpr integer_rules all_integer_rules[] = {
    {"integer:32", 32, false},      {"integer:32:saturate", 32, true},
    {"integer:16", 16, false},      {"integer:16:saturate", 16, true},
    {"integer:64:wrap", 64, false}, {"integer:20:saturate,group=3", 20, true, 3},
    {"dp4a", 32, false, 4},         {"dp4a_saturating", 32, true, 4},
    {"pmaddubsw", 32, false, 2, 16}};

inline wide fitted(wide x, int bits, bool saturate) {
  const wide high = (wide{1} << (bits - 1)) - 1, low = -high - 1;
  if (saturate) return std::clamp(x, low, high);
  const wide modulus = wide{1} << bits;
  x %= modulus;
  if (x > high) x -= modulus;
  if (x < low) x += modulus;
  return x;
}

/// start + the products' sum in their order, as a kernel with these rules computes it.
inline wide run_of(const integer_rules& r, wide start, const std::vector<wide>& products) {
  wide sum = fitted(start, r.bits, r.saturate);
  for (std::size_t k = 0; k < products.size(); k += static_cast<std::size_t>(r.group)) {
    wide group = 0;
    const std::size_t last = std::min(products.size(), k + static_cast<std::size_t>(r.group));
    for (std::size_t i = k; i < last; ++i) group += products[i];
    if (r.group_bits != 0) group = fitted(group, r.group_bits, true);
    sum = fitted(sum + group, r.bits, r.saturate);
  }
  return sum;
}

inline wide number_of(std::uint64_t code, const element& type) {
  const auto f = std::get<integer_format>(type);
  return f.is_signed && code >> (f.bits - 1) != 0 ? static_cast<wide>(code) - (wide{1} << f.bits)
                                                  : static_cast<wide>(code);
}

/// A random problem over integers, and its sums by plain loops.
struct integer_case {
  element a_type = int8, b_type = int8;
  std::size_t m = 19, n = 45, k = 37;
  std::size_t zeros_a = 0, zeros_b = 0, biases = 0;  ///< how many
  bool has_c = false;
  std::uint32_t seed = 1;
  integer_rules rules = all_integer_rules[0];

  std::vector<std::int32_t> zero_a = {}, zero_b = {}, bias = {};
  std::vector<wide> sums = {};  ///< row after row
  owned_matrix a{int8, 0, 0}, b{int8, 0, 0}, c{int32, 0, 0};
  gemm_problem p = {};

  /// Must not move afterwards: the problem points into it.
  void make(int bias_bits = 12) {
    std::mt19937 random(seed);
    const auto layout = [&] { return random() % 2 == 0 ? matrix_layout::row_major : matrix_layout::column_major; };
    p.transpose_a = random() % 2 == 0;
    p.transpose_b = random() % 2 == 0;
    a = owned_matrix(a_type, p.transpose_a ? k : m, p.transpose_a ? m : k, layout(), random() % 3);
    b = owned_matrix(b_type, p.transpose_b ? n : k, p.transpose_b ? k : n, layout(), random() % 3);
    c = owned_matrix(int32, m, n, layout(), random() % 3);
    a.fill(random, numbers::whole);
    b.fill(random, numbers::whole);
    c.fill(random, numbers::whole);
    const auto zeros = [&](std::size_t count, const element& type) {
      std::vector<std::int32_t> all(count);
      for (auto& x : all)
        x = static_cast<std::int32_t>(number_of(random() & std::get<integer_format>(type).code_mask(), type));
      return all;
    };
    zero_a = zeros(zeros_a, a_type);
    zero_b = zeros(zeros_b, b_type);
    bias = zeros(biases, integer_format{bias_bits});
    p.a = a.view();
    p.b = b.view();
    if (has_c) p.c = c.view();
    p.zero_a = {zero_a.data(), zeros_a};
    p.zero_b = {zero_b.data(), zeros_b};
    p.integer_bias = {bias.data(), biases};
    for (integer_vector* v : {&p.zero_a, &p.zero_b, &p.integer_bias}) {
      if (v->size == 0) v->values = nullptr;
    }
    p.with = parse_accumulator(rules.name);
    add_up();
  }

 private:
  static wide pick(const std::vector<std::int32_t>& v, std::size_t i) {
    return v.empty() ? 0 : v[v.size() == 1 ? 0 : i];
  }
  void add_up() {
    sums.clear();
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        std::vector<wide> products(k);
        for (std::size_t l = 0; l < k; ++l) {
          const std::uint64_t x = p.transpose_a ? a.get(l, i) : a.get(i, l),
                              y = p.transpose_b ? b.get(j, l) : b.get(l, j);
          products[l] = (number_of(x, a_type) - pick(zero_a, i)) * (number_of(y, b_type) - pick(zero_b, j));
        }
        sums.push_back(run_of(rules, has_c ? number_of(c.get(i, j), int32) : pick(bias, j), products));
      }
    }
  }
};

/// Runs the problem into D of that type; elements that are not expected(sum, column), and the first of them in words.
template <class Expected>
int integer_mismatches(integer_case& x, const element& d_type, std::string& first, const Expected& expected) {
  owned_matrix d(d_type, x.m, x.n, x.seed % 2 == 0 ? matrix_layout::row_major : matrix_layout::column_major,
                 x.seed % 3);
  x.p.d = d.output();
  gemm(x.p);
  int wrong = 0;
  for (std::size_t i = 0; i < x.m; ++i) {
    for (std::size_t j = 0; j < x.n; ++j) {
      const std::uint64_t due = expected(x.sums[i * x.n + j], j), got = d.get(i, j);
      if (got == due || wrong++ != 0) continue;
      first = std::string(x.rules.name) + " seed " + std::to_string(x.seed) + " element " + std::to_string(i) + ", " +
              std::to_string(j) + ": got code " + std::to_string(got) + ", expected " + std::to_string(due);
    }
  }
  return wrong;
}

/// The code of an integer in a format that holds it.
inline std::uint64_t code_of(wide x, integer_format f) { return static_cast<std::uint64_t>(x) & f.code_mask(); }

}  // namespace gemm_test
