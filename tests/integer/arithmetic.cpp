// Sums and products of quantised integers against plain wide arithmetic.
#include <catch2/catch.hpp>
#include <string>

#include <assay/number/quantised.hpp>

using namespace assay;

namespace {

/// The definition, by counting in steps of the modulus.
long expected(long exact, integer_format f, integer_overflow policy) {
  const long low = f.min(), high = f.max(), modulus = 1L << f.bits;
  if (exact >= low && exact <= high) return exact;
  if (policy == integer_overflow::saturate) return exact < low ? low : high;
  long residue = exact % modulus;
  if (residue < (f.is_signed ? -modulus / 2 : 0)) residue += modulus;
  if (residue > high) residue -= modulus;
  return residue < low ? low : residue;
}

}  // namespace

TEST_CASE("All pairs of 8-bit and 4-bit integers add, subtract and multiply as wide integers do") {
  long mismatches = 0;
  std::string first;
  for (const integer_format f : {int8, uint8, int8_narrow, int4, uint4, int4_narrow}) {
    for (const integer_overflow policy : {integer_overflow::saturate, integer_overflow::wrap}) {
      for (long a = f.min(); a <= f.max(); ++a) {
        for (long b = f.min(); b <= f.max(); ++b) {
          const auto check = [&](rounded_integer<std::int64_t> got, long exact) {
            const bool over = exact < f.min() || exact > f.max();
            const bool good = got.value == expected(exact, f, policy) &&
                              got.raised == (over ? exceptions::overflow : exceptions::none);
            if (!good && mismatches++ == 0) {
              first = std::to_string(a) + " and " + std::to_string(b) + " gave " + std::to_string(got.value);
            }
          };
          check(add(a, b, f, policy), a + b);
          check(subtract(a, b, f, policy), a - b);
          check(multiply(a, b, f, policy), a * b);
        }
      }
    }
  }
  INFO(first);
  REQUIRE(mismatches == 0);
}

TEST_CASE("Operators saturate, and the named functions take either policy") {
  long mismatches = 0;
  for (int a = -128; a < 128; ++a) {
    for (int b = -128; b < 128; ++b) {
      const qint8_t x(a), y(b);
      const auto clamp = [](int v) { return v < -128 ? -128 : v > 127 ? 127 : v; };
      exceptions raised = exceptions::none;
      const bool good = (x + y).value() == clamp(a + b) && (x - y).value() == clamp(a - b) &&
                        (x * y).value() == clamp(a * b) && (-x).value() == clamp(-a) &&
                        add(x, y, integer_overflow::wrap, &raised).value() == static_cast<std::int8_t>(a + b) &&
                        any(raised & exceptions::overflow) == (clamp(a + b) != a + b);
      mismatches += good ? 0 : 1;
    }
  }
  REQUIRE(mismatches == 0);
}

TEST_CASE("Widening products are exact, for all pairs of bytes of any signs") {
  STATIC_REQUIRE(product_format(int8, int8) == int16);
  STATIC_REQUIRE(product_format(uint8, uint8) == uint16);
  STATIC_REQUIRE(product_format(uint8, int8) == int16);
  STATIC_REQUIRE(product_format(int4, int4) == int8);
  STATIC_REQUIRE_FALSE(product_format(uint32, uint32).is_valid());
  long mismatches = 0;
  for (unsigned a = 0; a < 256; ++a) {
    for (unsigned b = 0; b < 256; ++b) {
      const auto sa = qint8_t::from_bits(a), sb = qint8_t::from_bits(b);
      const auto ua = quint8_t::from_bits(a), ub = quint8_t::from_bits(b);
      const bool good = multiply_widening(sa, sb).value() == int{sa.value()} * sb.value() &&
                        multiply_widening(ua, ub).value() == unsigned{ua.value()} * ub.value() &&
                        multiply_widening(ua, sb).value() == int{ua.value()} * sb.value() &&
                        multiply<int32>(sa, ub).value() == int{sa.value()} * ub.value();
      mismatches += good ? 0 : 1;
    }
  }
  REQUIRE(mismatches == 0);
}

TEST_CASE("The limits of 64 bits saturate and wrap without overflow of their own") {
  const std::int64_t most = int64.max(), least = int64.min();
  CHECK(add(most, 1, int64).value == most);
  CHECK(add(most, 1, int64, integer_overflow::wrap).value == least);
  CHECK(subtract(least, 1, int64).value == least);
  CHECK(multiply(least, least, int64).value == most);
  CHECK(multiply(least, least, int64, integer_overflow::wrap).value == 0);
  CHECK(multiply_add(least, least, least, int64).value == most);
  CHECK(multiply(most, most, int32, integer_overflow::wrap).value == 1);
}

TEST_CASE("A dot product of bytes accumulates in 32 bits with either policy") {
  qint32_t saturating(2147483000), wrapping(2147483000);
  exceptions raised = exceptions::none;
  saturating = multiply_add(qint8_t(127), qint8_t(127), saturating, integer_overflow::saturate, &raised);
  wrapping = multiply_add(qint8_t(127), qint8_t(127), wrapping, integer_overflow::wrap);
  CHECK(saturating.value() == 2147483647);
  CHECK(wrapping.value() == static_cast<std::int32_t>(2147483000u + 16129u));
  CHECK(raised == exceptions::overflow);
}
