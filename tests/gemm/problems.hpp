// Random GEMM problems with hard numbers, and the comparison of gemm() with dot(), element by element.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <assay/accumulate/grammar.hpp>
#include <assay/bulk/gemm.hpp>
#include <assay/number/convert.hpp>

namespace gemm_test {

using namespace assay;

enum class numbers {
  ordinary,   ///< normally distributed, one exponent or few
  wide,       ///< exponents spread over 40 binades
  cancelling, ///< large numbers of both signs that leave small sums
  tiny,       ///< subnormals and the numbers just above
  huge,       ///< near the overflow
  whole,      ///< small integers: many ties and exact zeros
  any_bits,   ///< every code alike: NaNs, infinities, both zeros
};
inline constexpr numbers all_numbers[] = {numbers::ordinary, numbers::wide, numbers::cancelling, numbers::tiny,
                                          numbers::huge,     numbers::whole, numbers::any_bits};

inline std::uint64_t random_code(std::mt19937& random, format f, numbers kind) {
  std::normal_distribution<double> normal;
  const conversion finite{rounding::ties_to_even, overflow::saturate_finite};
  const auto rounded_code = [&](double x) { return convert(x, f, finite).code; };
  switch (kind) {
    case numbers::ordinary: return rounded_code(normal(random));
    case numbers::wide: return rounded_code(std::ldexp(normal(random), static_cast<int>(random() % 41) - 20));
    case numbers::cancelling:
      return rounded_code((random() % 2 == 0 ? 1.0 : -1.0) * (1 + std::ldexp(static_cast<double>(random() % 16), -5)));
    case numbers::tiny: {
      const std::uint64_t magnitude = random() % (2 * f.min_normal_code() + 1);
      return magnitude | (random() % 2 == 0 ? f.sign_mask() : 0);
    }
    case numbers::huge: {
      const std::uint64_t below = random() % (f.min_normal_code() * 2 + 1);
      return (f.max_finite_code() - below) | (random() % 2 == 0 ? f.sign_mask() : 0);
    }
    case numbers::whole: return rounded_code(static_cast<double>(random() % 9) - 4);
    case numbers::any_bits: break;
  }
  return (std::uint64_t{random()} << 32 | random()) & f.code_mask();
}

/// A matrix with memory of its own.
struct owned_matrix {
  element type;
  std::size_t rows, columns, leading;
  matrix_layout layout = matrix_layout::row_major;
  std::vector<std::uint64_t> memory;  // as bytes

  owned_matrix(element of, std::size_t r, std::size_t c, matrix_layout l = matrix_layout::row_major, std::size_t extra = 0)
      : type(of), rows(r), columns(c), leading((l == matrix_layout::row_major ? c : r) + extra), layout(l) {
    memory.resize(leading * (l == matrix_layout::row_major ? r : c) + 1);
  }
  std::size_t bytes() const {
    if (const auto* f = std::get_if<format>(&type)) return static_cast<std::size_t>(storage_bytes(*f));
    const int bits = std::get<integer_format>(type).bits;
    return bits <= 8 ? 1 : bits <= 16 ? 2 : bits <= 32 ? 4 : 8;
  }
  std::size_t at(std::size_t i, std::size_t j) const {
    return layout == matrix_layout::row_major ? i * leading + j : j * leading + i;
  }
  void set(std::size_t i, std::size_t j, std::uint64_t code) {
    std::memcpy(reinterpret_cast<char*>(memory.data()) + at(i, j) * bytes(), &code, bytes());  // little-endian
  }
  std::uint64_t get(std::size_t i, std::size_t j) const {
    std::uint64_t code = 0;
    std::memcpy(&code, reinterpret_cast<const char*>(memory.data()) + at(i, j) * bytes(), bytes());
    return code;
  }
  void fill(std::mt19937& random, numbers kind) {
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < columns; ++j) {
        const auto* f = std::get_if<format>(&type);
        set(i, j, f != nullptr ? random_code(random, *f, kind)
                               : random() & std::get<integer_format>(type).code_mask());
      }
    }
  }
  matrix view() const { return {memory.data(), type, rows, columns, layout, leading, 0}; }
  output_matrix output() { return {memory.data(), type, rows, columns, layout, leading, 0}; }
  code_vector line(std::size_t i, bool row) const {
    code_vector v;
    v.bytes = static_cast<int>(bytes());
    v.type = type;
    v.size = row ? columns : rows;
    const bool along = row == (layout == matrix_layout::row_major);
    v.stride = along ? 1 : static_cast<std::ptrdiff_t>(leading);
    v.data = reinterpret_cast<const char*>(memory.data()) + (along ? i * leading : i) * bytes();
    return v;
  }
};

struct trial {
  std::string accumulator, order = "sequential";
  element a = binary16, b = binary16;
  format c = binary32;
  bool has_c = false;
  format d = binary32;
  std::size_t m = 19, n = 37, k = 45;
  conversion to = {};
  std::size_t threads = 1;
};

/// Elements of gemm() whose code is not dot()'s; `first` describes one.
inline int mismatches(const trial& t, numbers kind, std::uint32_t seed, std::string& first) {
  std::mt19937 random(seed);
  const auto layout = [&] { return random() % 2 == 0 ? matrix_layout::row_major : matrix_layout::column_major; };
  const bool transpose_a = random() % 2 == 0, transpose_b = random() % 2 == 0;
  owned_matrix a(t.a, transpose_a ? t.k : t.m, transpose_a ? t.m : t.k, layout(), random() % 3);
  owned_matrix b(t.b, transpose_b ? t.n : t.k, transpose_b ? t.k : t.n, layout(), random() % 3);
  owned_matrix c(t.c, t.m, t.n, layout(), random() % 3), d(t.d, t.m, t.n, layout(), random() % 3);
  a.fill(random, kind);
  b.fill(random, kind);
  c.fill(random, kind);
  gemm_problem p{.a = a.view(), .b = b.view(), .transpose_a = transpose_a, .transpose_b = transpose_b};
  if (t.has_c) p.c = c.view();
  p.d = d.output();
  p.with = parse_accumulator(t.accumulator);
  p.order = parse_order(t.order);
  p.to = t.to;
  p.threads = t.threads;
  gemm(p);
  int wrong = 0;
  for (std::size_t i = 0; i < t.m; ++i) {
    for (std::size_t j = 0; j < t.n; ++j) {
      const encoded addend = t.has_c ? encoded{c.get(i, j), t.c} : encoded{0, binary32};
      const std::uint64_t expected =
          dot(p.with, p.order, a.line(i, !transpose_a), b.line(j, transpose_b), addend, t.d, t.to).code;
      const std::uint64_t got = d.get(i, j);
      if (got == expected) continue;
      if (wrong++ == 0) {
        first = t.accumulator + " " + t.order + " numbers " + std::to_string(static_cast<int>(kind)) + " seed " +
                std::to_string(seed) + " element " + std::to_string(i) + ", " + std::to_string(j) + ": got " +
                std::to_string(got) + ", expected " + std::to_string(expected);
      }
    }
  }
  return wrong;
}

}  // namespace gemm_test
