// The compositions that no capture here shows, against the published models written down in double arithmetic, where
// every intermediate value of theirs is exact.
#include <assay/accumulate/matrix_unit_dot.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "vectors.hpp"

namespace {

namespace acc = assay::accumulate;
using assay::format;

double value(std::uint64_t code, const format& f) {
  const oracle::real x = oracle::value_of(code, f);
  return mpfr_get_d(x.get(), MPFR_RNDN);
}
int exponent(std::uint64_t code, const format& f) {  // of the leading digit's place; subnormals as the smallest normal
  if (f == assay::e8m0fnu) return static_cast<int>(code) - 127;
  const auto field = static_cast<int>((code & oracle::limits(f).top) >> f.fraction_bits);
  return (field == 0 ? 1 : field) - f.bias;
}
float as_float(std::uint64_t code) { return std::bit_cast<float>(static_cast<std::uint32_t>(code)); }
std::uint64_t as_code(float x) { return std::isnan(x) ? 0x7fc00000u : std::bit_cast<std::uint32_t>(x); }

/// A double toward zero in binary32; beyond the largest it is infinity.
std::uint64_t cut_to_float(double x) {
  if (std::isnan(x)) return 0x7fffffff;
  auto f = static_cast<float>(x);
  if (std::abs(x) >= 0x1p128)
    return as_code(f > 0 ? std::numeric_limits<float>::infinity() : -std::numeric_limits<float>::infinity());
  if (std::abs(static_cast<double>(f)) > std::abs(x)) f = std::nextafter(f, 0.0f);
  return as_code(f);
}

struct problem {
  acc::matrix_unit row;
  std::vector<std::uint64_t> a, b;
  std::uint64_t c;
  std::vector<std::uint64_t> scale_a, scale_b;
};

std::uint64_t emulated(const problem& p) {
  const acc::unit unit{p.row};
  auto s = unit.start(acc::read(p.c, p.row.output()));
  for (std::size_t i = 0; i < p.a.size(); ++i) {
    const auto a = acc::read(p.a[i], p.row.input), b = acc::read(p.b[i], p.row.input);
    if (p.row.has_scales()) {
      const std::size_t block = i / static_cast<std::size_t>(p.row.scale_block);
      unit.multiply_add(s, a, b, acc::read(p.scale_a[block], p.row.scale), acc::read(p.scale_b[block], p.row.scale));
    } else {
      unit.multiply_add(s, a, b);
    }
  }
  return unit.code(s);
}

// CDNA1: c and the group's products added exactly, rounded once.
std::uint64_t exact_model(const problem& p) {
  std::uint64_t c = p.c;
  const auto group = static_cast<std::size_t>(p.row.fused.group);
  oracle::rounder into(assay::binary32);
  for (std::size_t first = 0; first < p.a.size(); first += group) {
    oracle::real sum = test::wide_value(c, assay::binary32), product = test::wide_real();
    bool all_negative = mpfr_signbit(sum.get()) != 0;
    for (std::size_t i = first; i < std::min(p.a.size(), first + group); ++i) {
      mpfr_mul(product, test::wide_value(p.a[i], p.row.input), test::wide_value(p.b[i], p.row.input), MPFR_RNDN);
      all_negative = all_negative && mpfr_signbit(product.get());
      mpfr_add(sum, sum, product, MPFR_RNDN);
    }
    if (mpfr_zero_p(sum.get())) mpfr_set_zero(sum, all_negative ? -1 : 1);
    c = into.round(sum, 0, {}).code;
  }
  return c;
}

// CDNA2: subnormal inputs are +0; every product and sum is a binary32 operation with subnormal results flushed.
float flush(float x) { return std::abs(x) < 0x1p-126f ? std::copysign(0.0f, x) : x; }

std::uint64_t flushing_model(const problem& p) {
  const format in = p.row.input;
  const auto read = [&](std::uint64_t code) {
    const auto x = static_cast<float>(value(code, in));
    return std::abs(x) < std::ldexp(1.0f, 1 - in.bias) ? 0.0f : x;
  };
  float c = as_float(p.c);
  if (std::abs(c) < 0x1p-126f) c = 0;
  const auto group = static_cast<std::size_t>(p.row.fused.group);
  for (std::size_t first = 0; first < p.a.size(); first += group) {
    float product[4] = {};
    for (std::size_t i = 0; i < group && first + i < p.a.size(); ++i)
      product[i] = flush(read(p.a[first + i]) * read(p.b[first + i]));
    float sum = flush(product[0] + product[1]);
    if (group == 4) sum = flush(sum + flush(product[2] + product[3]));
    c = flush(c + sum);
  }
  return as_code(c);
}

struct sum_at {
  double sum = 0;
  int exponent = -10000;
};

/// Products toward zero to 24 bits below the largest exponent; `from` and `step` choose among the group's.
sum_at cut_products(const problem& p, std::size_t first, std::size_t last, std::size_t from, std::size_t step) {
  sum_at s;
  for (std::size_t i = first + from; i < last; i += step) {
    if (value(p.a[i], p.row.input) * value(p.b[i], p.row.input) == 0) continue;
    s.exponent = std::max(s.exponent, exponent(p.a[i], p.row.input) + exponent(p.b[i], p.row.input));
  }
  for (std::size_t i = first + from; i < last; i += step) {
    const double product = value(p.a[i], p.row.input) * value(p.b[i], p.row.input);
    if (product != 0) s.sum += std::ldexp(std::trunc(std::ldexp(product, 24 - s.exponent)), s.exponent - 24);
  }
  return s;
}
double floor_to(double x, int last_place) { return std::ldexp(std::floor(std::ldexp(x, -last_place)), last_place); }

// CDNA3.
std::uint64_t late_model(const problem& p) {
  std::uint64_t c = p.c;
  const auto group = static_cast<std::size_t>(p.row.fused.group);
  const bool fp8 = p.row.compose == acc::composition::even_odd;
  for (std::size_t first = 0; first < p.a.size(); first += group) {
    const std::size_t last = std::min(p.a.size(), first + group);
    double special = as_float(c);
    bool is_special = !std::isfinite(special);
    if (!is_special) special = 0;
    for (std::size_t i = first; i < last; ++i) {
      double product = value(p.a[i], p.row.input) * value(p.b[i], p.row.input);
      if (std::abs(product) >= 0x1p128) product = std::copysign(std::numeric_limits<double>::infinity(), product);
      if (std::isfinite(product)) continue;
      is_special = true;
      special += product;
    }
    if (is_special) {
      c = as_code(static_cast<float>(special));
      continue;
    }
    sum_at s;
    if (fp8) {
      const sum_at even = cut_products(p, first, last, 0, 2), odd = cut_products(p, first, last, 1, 2);
      s.exponent = std::max(even.exponent, odd.exponent);
      if (s.exponent > -10000) s.sum = floor_to(even.sum, s.exponent - 24) + floor_to(odd.sum, s.exponent - 24);
    } else {
      s = cut_products(p, first, last, 0, 1);
    }
    const double addend = as_float(c);
    const int c_exponent = exponent(c, assay::binary32);
    const int top = std::max(s.exponent, c_exponent);
    double kept = floor_to(addend, top - 24);
    if (fp8 && c_exponent < top - 25) kept = 0;
    const double total = (s.sum == 0 ? 0.0 : floor_to(s.sum, top - 31)) + (addend == 0 ? 0.0 : kept);
    c = as_code(static_cast<float>(total));
  }
  return c;
}

// Block-scaled: the scales' exponents join the products'.
std::uint64_t scaled_model(const problem& p) {
  std::uint64_t c = p.c;
  for (std::size_t first = 0; first < p.a.size(); first += 32) {
    const std::size_t last = std::min(p.a.size(), first + 32);
    const std::uint64_t sa = p.scale_a[first / 32], sb = p.scale_b[first / 32];
    double special = as_float(c);
    bool is_special = !std::isfinite(special);
    if (!is_special) special = 0;
    int top = std::max(as_float(c) == 0 ? -10000 : exponent(c, assay::binary32), -126);
    for (std::size_t i = first; i < last; ++i) {
      const double product =
          value(p.a[i], p.row.input) * value(p.b[i], p.row.input) * value(sa, p.row.scale) * value(sb, p.row.scale);
      if (!std::isfinite(product)) {
        is_special = true;
        special += product;
      } else if (product != 0) {
        top = std::max(top, exponent(p.a[i], p.row.input) + exponent(p.b[i], p.row.input) + exponent(sa, p.row.scale) +
                                exponent(sb, p.row.scale));
      }
    }
    if (is_special) {
      c = cut_to_float(special);
      continue;
    }
    const auto cut = [&](double x) { return std::ldexp(std::trunc(std::ldexp(x, 25 - top)), top - 25); };
    double sum = cut(as_float(c)) + 0.0;
    for (std::size_t i = first; i < last; ++i) {
      sum += cut(value(p.a[i], p.row.input) * value(p.b[i], p.row.input) * value(sa, p.row.scale) *
                 value(sb, p.row.scale));
    }
    c = cut_to_float(sum);
  }
  return c;
}

// fp4: exact sums of 16 products times their scales, aligned by the scales' exponents, 35 bits.
std::uint64_t scaled_groups_model(const problem& p) {
  std::uint64_t c = p.c;
  const auto block = static_cast<std::size_t>(p.row.scale_block);
  const auto magnitude = [&](std::uint64_t code) { return std::abs(value(code, p.row.scale)); };
  for (std::size_t first = 0; first < p.a.size(); first += 64) {
    const std::size_t last = std::min(p.a.size(), first + 64);
    double special = as_float(c);
    bool is_special = !std::isfinite(special);
    double sums[4] = {};
    int exponents[4] = {};
    int top = std::max(as_float(c) == 0 ? -10000 : exponent(c, assay::binary32), -126);
    for (std::size_t g = 0; g < 4 && first + 16 * g < last; ++g) {
      for (std::size_t i = first + 16 * g; i < std::min(last, first + 16 * (g + 1)); ++i)
        sums[g] += value(p.a[i], p.row.input) * value(p.b[i], p.row.input);
      const std::size_t s = (first + 16 * g) / block;
      sums[g] *= magnitude(p.scale_a[s]) * magnitude(p.scale_b[s]);
      exponents[g] = exponent(p.scale_a[s], p.row.scale) + exponent(p.scale_b[s], p.row.scale);
      if (std::isnan(sums[g])) is_special = true, special += sums[g];
      if (sums[g] != 0) top = std::max(top, exponents[g]);
    }
    if (is_special) {
      c = cut_to_float(special);
      continue;
    }
    const auto cut = [&](double x) { return std::ldexp(std::trunc(std::ldexp(x, 35 - top)), top - 35); };
    double sum = cut(as_float(c)) + 0.0;
    for (const double x : sums) sum += cut(x);
    c = cut_to_float(sum);
  }
  return c;
}

}  // namespace

TEST_CASE("AMD and block-scaled rows compute what their published models do") {
  test::random_source random(31);
  for (const acc::matrix_unit& row : acc::matrix_units) {
    std::uint64_t (*model)(const problem&) = nullptr;
    switch (row.compose) {
      case acc::composition::chained:
      case acc::composition::split_pairs: continue;
      case acc::composition::exact_groups: model = exact_model; break;
      case acc::composition::rounded_pairs: model = flushing_model; break;
      case acc::composition::late_addend:
      case acc::composition::even_odd: model = late_model; break;
      case acc::composition::scaled: model = scaled_model; break;
      case acc::composition::scaled_groups: model = scaled_groups_model; break;
    }
    test::tally tally;
    for (int round = 0; round < 1500; ++round) {
      problem p{row, {}, {}, 0, {}, {}};
      const bool finite = random.below(4) != 0;
      const std::size_t n = 1 + random.below(row.compose == acc::composition::scaled_groups ? 130 : 40);
      p.a = test::hard_codes(random, row.input, n, finite);
      p.b = test::hard_codes(random, row.input, n, finite);
      p.c = test::hard_codes(random, assay::binary32, 1, finite)[0];
      if (random.below(2) == 0) p.c = (p.c & 0x80ffffff) | 0x3f000000;
      if (random.below(8) == 0) p.c &= 0x80000000;
      for (std::size_t i = 0; row.has_scales() && i <= n / 16; ++i) {
        // Scales near one another, so that doubles hold every sum.
        const std::uint64_t one = row.scale == assay::e8m0fnu ? 127 : 0x38;
        const auto scale = [&] {
          return random.below(60) == 0 ? oracle::limits(row.scale).top : one + random.below(16) - 8;
        };
        p.scale_a.push_back(scale());
        p.scale_b.push_back(scale());
      }
      const std::uint64_t got = emulated(p), expected = model(p);
      tally.expect(got == expected, [&] {
        return test::text("round ", round, " n ", n, ": ", test::hex(got), " for ", test::hex(expected));
      });
    }
    INFO(row.name);
    tally.require();
  }
}

TEST_CASE("Special values come out of NVIDIA's units as the published models say") {
  const auto run = [](const char* name, std::uint64_t a, std::uint64_t b, std::uint64_t c) {
    const auto row = *acc::find_matrix_unit(name);
    const acc::unit unit{row};
    auto s = unit.start(acc::read(c, row.output()));
    unit.multiply_add(s, acc::read(a, row.input), acc::read(b, row.input));
    return unit.code(s);
  };
  const char* fp32 = "h100.mma.fp16.fp32";
  CHECK(run(fp32, 0x7e00, 0x3c00, 0) == 0x7fffffff);           // NaN
  CHECK(run(fp32, 0x3c00, 0x3c00, 0xffc00001) == 0x7fffffff);  // a NaN addend
  CHECK(run(fp32, 0x7c00, 0, 0) == 0x7fffffff);                // infinity times zero
  CHECK(run(fp32, 0x7c00, 0x3c00, 0xff800000) == 0x7fffffff);  // infinities of both signs
  CHECK(run(fp32, 0x7c00, 0xbc00, 0x7f7fffff) == 0xff800000);
  CHECK(run(fp32, 0x7bff, 0x7bff, 0x7f7fffff) == 0x7f7fffff);  // cut: no overflow
  CHECK(run("h100.mma.bf16.fp32", 0x7f7f, 0x7f7f, 0) == 0x7f800000);
  CHECK(run("h100.mma.fp16.fp16", 0x7bff, 0x7bff, 0) == 0x7c00);
  CHECK(run("h100.mma.fp16.fp16", 0x7e00, 0x7bff, 0) == 0x7fff);
  CHECK(run("h100.mma.e4m3fn.fp16", 0x7f, 0x38, 0) == 0x7fff);
  CHECK(run("h100.wgmma.e5m2.fp32", 0x7c, 0x3c, 0) == 0x7f800000);
  CHECK(run(fp32, 0, 0, 0x80000000) == 0);  // an exact zero is +0
}
