// From real numbers to quantised integers.
#include <catch2/catch.hpp>
#include <cmath>

#include <assay/number/quantised.hpp>

#include "support/budget.hpp"
#include "whole_oracle.hpp"

using namespace assay;
using namespace assay_test;

namespace {

/// Compares every mode and policy; counts mismatches.
class comparison {
 public:
  void check(encoded x, integer_format f) {
    set(value_, x);
    for (const rounding mode : deterministic_modes) {
      mpfr_set(whole_, value_, MPFR_RNDN);
      if (mpfr_number_p(whole_)) round(whole_, mode);
      const bool is_nan = mpfr_nan_p(static_cast<mpfr_ptr>(whole_));
      const bool out_of_range = is_nan || mpfr_cmp_si(whole_, f.min()) < 0 || mpfr_cmp_si(whole_, f.max()) > 0;
      const bool exact = !is_nan && mpfr_equal_p(whole_, value_);
      const exceptions flags = out_of_range ? exceptions::invalid : exact ? exceptions::none : exceptions::inexact;
      for (const auto policy : {integer_overflow::saturate, integer_overflow::wrap}) {
        const std::int64_t expected = is_nan ? 0 : fit(whole_, f, policy);
        const auto got = quantise(x, f, {mode, policy});
        if (got.value == expected && got.raised == flags) continue;
        if (mismatches++ > 0) continue;
        first = "code " + std::to_string(x.code) + " mode " + std::to_string(static_cast<int>(mode)) + " gave " +
                std::to_string(got.value) + ", expected " + std::to_string(expected);
      }
    }
  }

  long mismatches = 0;
  std::string first;

 private:
  big_float value_, whole_;
};

}  // namespace

TEST_CASE("Every narrow code quantises as MPFR rounds it, saturating and wrapping") {
  comparison run;
  for (const format f : {e4m3fn, e5m2, e5m2fnuz, e2m3fn, e8m0fnu})
    for (const integer_format to : {int4, uint4, int8, int8_narrow, uint8, int4_narrow, int64})
      for (std::uint64_t code = 0; code <= f.code_mask(); ++code) run.check({code, f}, to);
  for (const format f : {binary16, bfloat16})
    for (const integer_format to : {int4, int8})
      for (std::uint64_t code = 0; code <= f.code_mask(); code += 7 * test::stride) run.check({code, f}, to);
  INFO(run.first);
  REQUIRE(run.mismatches == 0);
}

TEST_CASE("Doubles quantise as MPFR rounds them, ties and limits included") {
  comparison run;
  std::mt19937_64 generator(1);
  for (const named_integer_format& row : named_integer_formats) {
    const integer_format f = row.value;
    for (std::uint64_t i = 0; i < test::cases(1500); ++i) {
      const double limit = static_cast<double>(i % 2 == 0 ? f.max() : f.min());
      const double near_limit = limit + static_cast<double>(static_cast<int>(generator() % 41) - 20) / 8;
      const double halves = static_cast<double>(static_cast<std::int64_t>(generator()) >> (generator() % 64)) / 2;
      run.check(encode(i % 3 == 0 ? near_limit : i % 3 == 1 ? halves : std::bit_cast<double>(generator())), f);
    }
  }
  INFO(run.first);
  REQUIRE(run.mismatches == 0);
}

TEST_CASE("NaN becomes zero and infinities saturate, raising invalid") {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const auto policy : {integer_overflow::saturate, integer_overflow::wrap}) {
    const auto nan = quantise(std::nan(""), int8, {rounding::ties_to_even, policy});
    CHECK(nan.value == 0);
    CHECK(nan.raised == exceptions::invalid);
    CHECK(quantise(infinity, int8, {rounding::ties_to_even, policy}).value == 127);
    CHECK(quantise(-infinity, int8_narrow, {rounding::ties_to_even, policy}).value == -127);
    CHECK(quantise(-infinity, uint8, {rounding::ties_to_even, policy}).raised == exceptions::invalid);
  }
}

TEST_CASE("Stochastic rounding goes up for exactly the share of words that the fraction is") {
  for (const double x : {2.0, 2.25, -2.25, 2.9375, 0.0625}) {
    int ups = 0;
    for (std::uint32_t word = 0; word < 16; ++word) {
      const auto r = quantise(x, int8, {rounding::stochastic, integer_overflow::saturate, subnormals::keep, 4}, word);
      ups += std::abs(static_cast<int>(r.value)) > std::floor(std::abs(x)) ? 1 : 0;
    }
    CHECK(ups == 16 * (std::abs(x) - std::floor(std::abs(x))));
  }
}

TEST_CASE("Quantised scalars convert to and from everything, and are as small as their storage") {
  STATIC_REQUIRE(sizeof(qint4_t) == 1);
  STATIC_REQUIRE(sizeof(qint8_t) == 1);
  STATIC_REQUIRE(sizeof(qint16_t) == 2);
  STATIC_REQUIRE(std::is_trivially_copyable_v<qint8_t>);
  static_assert(qint8_t(2.5).value() == 2);
  static_assert(qint8_t(3.5f).value() == 4);
  static_assert(qint8_t(2.5, {rounding::ties_to_away}).value() == 3);
  static_assert(qint8_t(1000).value() == 127);
  static_assert(qint8_t(200, {rounding::ties_to_even, integer_overflow::wrap}).value() == -56);
  static_assert(quint8_t(-1).value() == 0);
  static_assert(quint8_t(std::uint64_t{1} << 63).value() == 255);
  static_assert(qint4_t::from_bits(0xF).value() == -1);
  static_assert(qint4_t(-8).bits() == 8);
  static_assert(quantised<int8_narrow>::from_bits(0x80).value() == -127);
  static_assert(quantised<int8_narrow>(-128.0).value() == -127);
  static_assert(qint8_t(fp16_t(-3.5f)).value() == -4);
  static_assert(static_cast<fp8_e4m3_t>(qint8_t(127)).bits() == fp8_e4m3_t(128.0f).bits());
  static_assert(qint4_t(qint8_t(100)).value() == 7);
  static_assert(qint4_t(qint8_t(100), integer_overflow::wrap).value() == 4);
  static_assert(static_cast<float>(qint32_t(16777217)) == 16777216.0f);
  static_assert(static_cast<std::uint8_t>(qint8_t(-5)) == 0);
  static_assert(qint8_t(-5) < qint8_t(3));
  for (int code = 0; code < 256; ++code) {
    const auto bits = static_cast<std::uint64_t>(code);
    CHECK(qint8_t::from_bits(bits).value() == static_cast<std::int8_t>(code));
    CHECK(qint8_t::from_bits(bits).bits() == bits);
    CHECK(quint8_t::from_bits(bits).value() == code);
  }
}

TEST_CASE("Named integer formats are found by name and alias") {
  for (const named_integer_format& row : named_integer_formats) {
    CHECK(row.value.is_valid());
    CHECK(find_named_integer_format(row.name) == row.value);
    CHECK(name_of(row.value) == row.name);
    CHECK(row.summary == std::to_string(row.value.min()) + " to " + std::to_string(row.value.max()));
  }
  for (const integer_format_alias& alias : integer_format_aliases) CHECK(find_named_integer_format(alias.name));
  CHECK_FALSE(find_named_integer_format("int7"));
  CHECK_FALSE(integer_format{64, false}.is_valid());
  CHECK_FALSE(integer_format{1}.is_valid());
  CHECK_FALSE(integer_format{8, false, true}.is_valid());
}
