// The fused addition against its definition, worked out with MPFR numbers.
#include <assay/accumulate/aligned.hpp>

#include <algorithm>

#include "vectors.hpp"

namespace {

namespace acc = assay::accumulate;
using assay::format;
using assay::rounding;

/// The exponent that alignment goes by, from the code's exponent field.
int nominal_exponent(std::uint64_t code, const format& f) {
  const auto field = static_cast<int>((code & oracle::limits(f).top) >> f.fraction_bits);
  return (field == 0 ? 1 : field) - f.bias;
}

struct part {
  oracle::real value;
  int exponent;
};

std::uint64_t encoded(const acc::aligned& unit, const oracle::real& sum) {
  if (mpfr_nan_p(sum.get())) {
    const oracle::limits out(unit.out);
    return unit.nan == acc::nan_code::all_ones ? out.top : out.nan();
  }
  oracle::rounder kept(unit.kept), out(unit.out);
  assay::rounded r = kept.round(sum, 0, unit.output);
  const bool overflowed = any(r.raised & assay::exceptions::overflow);
  if (unit.overflow_to_infinity && overflowed && kept.in().has_infinity) {
    r.code = (kept.in().largest + 1) | (mpfr_signbit(sum.get()) ? kept.in().sign : 0);
  }
  oracle::conversion_outcome o;
  o.compute(r.code, kept.in(), out, false);
  return o.finish(out, {}).code;
}

std::uint64_t model(const acc::aligned& unit, std::vector<part> parts) {
  oracle::real sum = test::wide_real();
  mpfr_set_zero(sum, 1);
  const bool special =
      std::any_of(parts.begin(), parts.end(), [](const part& p) { return !mpfr_number_p(p.value.get()); });
  const auto takes_part = [&](const part& p) {
    return special ? !mpfr_number_p(p.value.get()) : !mpfr_zero_p(p.value.get());
  };
  int top = unit.exponent_floor;
  for (const part& p : parts)
    if (takes_part(p)) top = std::max(top, p.exponent);
  for (part& p : parts) {
    if (!takes_part(p)) continue;
    if (!special) test::cut(p.value, top - unit.fraction_bits, unit.alignment);
    if (mpfr_zero_p(p.value.get())) continue;
    mpfr_add(sum, sum, p.value, MPFR_RNDN);
  }
  return encoded(unit, sum);
}

part product(std::uint64_t a, const format& fa, std::uint64_t b, const format& fb) {
  part p{test::wide_value(a, fa), nominal_exponent(a, fa) + nominal_exponent(b, fb)};
  mpfr_mul(p.value, p.value, test::wide_value(b, fb), MPFR_RNDN);
  return p;
}

acc::aligned random_unit(test::random_source& random) {
  acc::aligned u;
  const format outs[] = {assay::binary32, assay::binary16, assay::bfloat16, assay::binary64, assay::e4m3fn};
  u.out = u.kept = outs[random.below(5)];
  if (u.out == assay::binary32 && random.below(2) == 0) u.kept = {8, 13, 127};
  u.group = static_cast<int>(1 + random.below(16));
  u.fraction_bits = static_cast<int>(random.below(4) == 0 ? random.below(97) : 10 + random.below(20));
  u.output = {static_cast<rounding>(random.below(6)), static_cast<assay::overflow>(random.below(3))};
  if (random.below(2) == 0) u.alignment = static_cast<rounding>(random.below(6));
  if (random.below(3) == 0) u.exponent_floor = static_cast<int>(random.below(40)) - 30;
  u.overflow_to_infinity = u.output.on_overflow == assay::overflow::ieee && random.below(2) == 0;
  if (u.out != assay::e4m3fn && random.below(2) == 0) u.nan = acc::nan_code::all_ones;
  return u;
}

}  // namespace

TEST_CASE("A fused addition aligns, cuts, adds exactly and rounds once") {
  test::random_source random(21);
  test::tally tally;
  const format inputs[] = {assay::binary16, assay::bfloat16, assay::e4m3fn,  assay::e5m2,
                           assay::tf32,     assay::binary32, assay::binary64};
  for (int round = 0; round < 6000; ++round) {
    const acc::aligned u = random_unit(random);
    REQUIRE(u.is_valid());
    const format fa = inputs[random.below(7)], fb = random.below(2) == 0 ? fa : inputs[random.below(7)];
    const auto n = static_cast<std::size_t>(u.group);
    const bool finite = random.below(4) != 0;
    const auto a = test::hard_codes(random, fa, n, finite), b = test::hard_codes(random, fb, n, finite);
    const std::uint64_t c = test::hard_codes(random, u.out, 1, finite)[0];
    std::vector<part> parts{{test::wide_value(c, u.out), nominal_exponent(c, u.out)}};
    auto s = u.start(acc::read(c, u.out));
    for (std::size_t i = 0; i < n; ++i) {
      parts.push_back(product(a[i], fa, b[i], fb));
      u.multiply_add(s, acc::read(a[i], fa), acc::read(b[i], fb));
    }
    const std::uint64_t got = u.result(s, u.out).code;
    const std::uint64_t expected = model(u, parts);
    tally.expect(got == expected, [&] {
      return test::text("group ", u.group, " fraction ", u.fraction_bits, " mode ", static_cast<int>(u.output.mode),
                        ": ", test::hex(got), " for ", test::hex(expected));
    });
  }
  tally.require();
}

TEST_CASE("Groups are chained, and a last one may be smaller") {
  test::random_source random(22);
  test::tally tally;
  for (int round = 0; round < 500; ++round) {
    acc::aligned u;
    u.group = 4;
    const bool after = random.below(2) == 0;
    u.addend = after ? acc::addend::after : acc::addend::inside;
    const std::size_t n = 1 + random.below(11);
    const auto a = test::hard_codes(random, assay::bfloat16, n, true),
               b = test::hard_codes(random, assay::bfloat16, n, true);
    std::uint64_t c = test::hard_codes(random, assay::binary32, 1, true)[0];
    auto s = u.start(acc::read(c, assay::binary32));
    for (std::size_t i = 0; i < n; ++i)
      u.multiply_add(s, acc::read(a[i], assay::bfloat16), acc::read(b[i], assay::bfloat16));
    const std::uint64_t got = u.result(s, assay::binary32).code;
    for (std::size_t first = 0; first < n; first += 4) {
      std::vector<part> parts;
      if (!after) parts.push_back({test::wide_value(c, assay::binary32), nominal_exponent(c, assay::binary32)});
      for (std::size_t i = first; i < std::min(n, first + 4); ++i)
        parts.push_back(product(a[i], assay::bfloat16, b[i], assay::bfloat16));
      const std::uint64_t sum = model(u, parts);
      if (!after) {
        c = sum;
        continue;
      }
      oracle::operand x, y;
      oracle::outcome o;
      oracle::rounder into(assay::binary32);
      x.read(c, into.in());
      y.read(sum, into.in());
      o.compute(oracle::operation::add, x, y, y);
      o.place(into);
      c = o.finish(into, {}).code;
    }
    tally.expect(got == c, [&] { return test::text(test::hex(got), " for ", test::hex(c)); });
  }
  tally.require();
}

TEST_CASE("A product keeps its operands' exponents unnormalised") {
  // 1.5 * 1.5 = 2.25 counts with exponent 0, not 1: with one fraction bit it is cut to 2.0, and with none to 2.
  acc::aligned u;
  u.group = 1;
  u.fraction_bits = 1;
  const auto x = acc::read(0x3e00, assay::binary16);
  auto s = u.start();
  u.multiply_add(s, x, x);
  CHECK(u.result(s, assay::binary32).code == 0x40000000);
  u.fraction_bits = 2;
  s = u.start();
  u.multiply_add(s, x, x);
  CHECK(u.result(s, assay::binary32).code == 0x40100000);
}

TEST_CASE("A fused addition is a constant expression") {
  constexpr auto sum = [] {
    acc::aligned u;
    u.group = 2;
    auto s = u.start(acc::read(0x3f800000, assay::binary32));
    for (int i = 0; i < 4; ++i)
      u.multiply_add(s, acc::read(0x3c00, assay::binary16), acc::read(0x4000, assay::binary16));
    return u.result(s, assay::binary32).code;
  }();
  static_assert(sum == 0x41100000);  // 9
  CHECK(sum == 0x41100000);
}
