// Printing: round trips of every code, the shortest text among all, and agreement with the C and C++ libraries.
#include <catch2/catch.hpp>
#include <charconv>
#include <cstdio>

#include <assay/number/text.hpp>

#include "decimal_oracle.hpp"
#include "support/budget.hpp"

using namespace assay;
using namespace assay_test;

namespace {

using test::stride;

/// A decimal of so many digits about a value, rounded down or up.
std::string decimal_near(mpfr_srcptr x, int digits, bool up) {
  char text[64];
  mpfr_snprintf(text, sizeof text, up ? "%.*RUe" : "%.*RDe", digits - 1, x);
  return text;
}

int digit_count(std::string_view text) {
  text = text.substr(0, text.find('e'));
  std::string digits;
  for (const char c : text)
    if (c >= '0' && c <= '9') digits.push_back(c);
  digits.erase(0, digits.find_first_not_of('0'));
  digits.erase(digits.find_last_not_of('0') + 1);
  return static_cast<int>(digits.size());
}

template <class Visit>
void for_each_narrow_format(Visit visit) {
  for (const named_format& row : named_formats)
    if (row.value.width() <= 16) visit(row.value);
  visit(format{1, 2, 0});
  visit(format{6, 5, 31});
  visit(format{7, 0, 63});
  visit(format{4, 6, -300, encoding::finite});
}

}  // namespace

TEST_CASE("Every code of up to 16 bits prints to a text that parses back to it") {
  for_each_narrow_format([](format f) {
    long mismatches = 0;
    std::string first;
    const auto check = [&](std::uint64_t code, std::string_view text) {
      const parsed back = parse(text, f);
      if ((!back || back.code != code) && mismatches++ == 0) first = std::string(text);
    };
    for (std::uint64_t code = 0; code <= f.code_mask(); code += f.width() > 8 ? stride : 1) {
      check(code, to_text(encoded{code, f}));
      check(code, to_hex_text(encoded{code, f}));
      if (f.width() <= 8 || code % 9 == 0) check(code, to_exact_string(encoded{code, f}));
    }
    CAPTURE(f.exponent_bits, f.fraction_bits, f.bias, first);
    CHECK(mismatches == 0);
  });
}

TEST_CASE("Wide formats and those of any bias round trip too") {
  std::mt19937_64 generator(4);
  for (const format f : {binary32, binary64, tf32, format{11, 52, 1 << 20}, format{11, 40, -(1 << 20)},
                         format{8, 20, 5000, encoding::fn}, format{11, 0, 3000}}) {
    long mismatches = 0;
    std::string first;
    for (std::uint64_t i = 0; i < test::cases(5000); ++i) {
      const std::uint64_t code = i < 3 ? i : generator() & f.code_mask();
      for (const short_text& text : {to_text(encoded{code, f}), to_hex_text(encoded{code, f})}) {
        const parsed back = parse(text, f);
        if ((!back || back.code != code) && mismatches++ == 0) first = std::string(text.view());
      }
    }
    CAPTURE(f.exponent_bits, f.fraction_bits, f.bias, first);
    CHECK(mismatches == 0);
  }
}

TEST_CASE("No decimal with fewer digits names the code, and none with as many is nearer") {
  for_each_narrow_format([](format f) {
    decimal_oracle oracle(f);
    big_float value, difference, best;
    long mismatches = 0;
    std::string first;
    for (std::uint64_t code = f.has_zero() ? 1 : 0; code <= f.max_finite_code();
         code += f.width() > 8 ? 3 * stride : 1) {
      const std::string text = to_string(encoded{code, f});
      const auto v = decode(code, f);
      mpfr_set_ui_2exp(value, v.significand, v.exponent, MPFR_RNDN);
      const auto names_code = [&](const std::string& decimal) {
        // At the ends of the range the printer pretends that the format goes on.
        if (code == f.max_finite_code() || (!f.has_zero() && code == 0)) return false;
        return oracle.round(text_value(decimal), false, {}).code == code;
      };
      const auto distance_to = [&](mpfr_ptr out, const std::string& decimal) {
        mpfr_strtofr(out, decimal.c_str(), nullptr, 10, MPFR_RNDN);
        mpfr_sub(out, out, value, MPFR_RNDN);
        mpfr_abs(out, out, MPFR_RNDN);
      };
      bool good = parse(text, f).code == code;
      // Trailing zeros before the point do not count as digits of the decimal.
      const int n = text.find('e') == std::string::npos && mpfr_integer_p(value) ? 0 : digit_count(text);
      for (const bool up : {false, true}) {
        if (n > 1) good = good && !names_code(decimal_near(value, n - 1, up));
        if (n < 1 || !names_code(decimal_near(value, n, up))) continue;
        distance_to(best, text);
        distance_to(difference, decimal_near(value, n, up));
        good = good && mpfr_cmp(best, difference) <= 0;
      }
      if (!good && mismatches++ == 0) first = text;
    }
    CAPTURE(f.exponent_bits, f.fraction_bits, f.bias, first);
    CHECK(mismatches == 0);
  });
}

TEST_CASE("binary32 and binary64 print as std::to_chars, %f and %e print them") {
  std::mt19937_64 generator(3);
  long mismatches = 0;
  std::string first;
  char text[700];
  const auto compare = [&](std::string_view got, std::string_view expected) {
    if (got != expected && mismatches++ == 0) first = std::string(got) + " instead of " + std::string(expected);
  };
  const auto check = [&](auto x) {
    const auto r = std::to_chars(text, text + sizeof text, x);
    compare(to_text(encode(x)), {text, static_cast<std::size_t>(r.ptr - text)});
  };
  for (std::uint64_t i = 0; i < test::cases(40000); ++i) {
    const std::uint64_t bits = generator();
    double x = std::bit_cast<double>(bits);
    if (i % 3 == 0) x = static_cast<double>(static_cast<std::int64_t>(bits) >> (bits % 63)) / (i % 2 == 0 ? 1 : 1024);
    if (x != x) continue;
    check(x);
    if (const auto y = std::bit_cast<float>(static_cast<std::uint32_t>(bits)); y == y) check(y);
    if (i % 4 != 0) continue;
    const int precision = static_cast<int>(generator() % 30);
    std::snprintf(text, sizeof text, "%.*f", precision, x);
    compare(to_fixed_string(encode(x), precision), text);
    std::snprintf(text, sizeof text, "%.*e", precision, x);
    compare(to_scientific_string(encode(x), precision), text);
  }
  for (const double x :
       {0.0, -0.0, 0.5, 1.5, 2.5, 0.05, 0.25, 9.5, 99.5, 9.995, 999.5, 1e22, 1e23, 5e-324, 1e15, 1e16}) {
    check(x);
    check(static_cast<float>(x));
    for (int precision = 0; precision < 5; ++precision) {
      std::snprintf(text, sizeof text, "%.*f", precision, x);
      compare(to_fixed_string(encode(x), precision), text);
      std::snprintf(text, sizeof text, "%.*e", precision, x);
      compare(to_scientific_string(encode(x), precision), text);
    }
  }
  INFO(first);
  REQUIRE(mismatches == 0);
}

TEST_CASE("The exact text has every digit that MPFR finds") {
  std::mt19937_64 generator(9);
  for (int i = 0; i < 300; ++i) {
    const double x = std::abs(std::bit_cast<double>(generator()));
    if (!(x < std::numeric_limits<double>::infinity()) || x == 0) continue;
    big_float exact(5000), read(5000);
    mpfr_set_d(exact, x, MPFR_RNDN);
    const int inexact = mpfr_strtofr(read, to_exact_string(encode(x)).c_str(), nullptr, 10, MPFR_RNDN);
    // A power of two of 1,074 places is exact in decimal, and comes back exactly.
    CHECK(inexact == 0);
    CHECK(mpfr_equal_p(read, exact) != 0);
  }
}

TEST_CASE("Numbers print as a reader expects them") {
  CHECK(to_string(fp8_e4m3_t(448)) == "448");
  CHECK(to_string(fp8_e5m2_t(57344)) == "57344");
  CHECK(to_string(fp16_t(-0.0f)) == "-0");
  CHECK(to_string(fp16_t(0.1f)) == "0.1");
  CHECK(to_string(fp16_t(65504)) == "65504");
  CHECK(to_string(fp16_t::from_bits(0x7C00)) == "inf");
  CHECK(to_string(fp16_t::from_bits(0xFC00)) == "-inf");
  CHECK(to_string(fp16_t::from_bits(0x7E00)) == "nan");
  CHECK(to_string(fp16_t::from_bits(0xFE01)) == "-nan(0x1)");
  CHECK(to_string(fp16_t::from_bits(0x7C01)) == "snan(0x1)");
  CHECK(to_string(fp8_e4m3_t::from_bits(0xFF)) == "-nan");
  CHECK(to_string(number<e4m3fnuz>::from_bits(0x80)) == "nan");
  CHECK(to_string(number<e8m0fnu>::from_bits(0)) == "6e-39");
  CHECK(to_string(number<e2m1fn>(6.0f)) == "6");
  CHECK(to_exact_string(fp8_e4m3_t::from_bits(1)) == "0.001953125");
  CHECK(to_exact_string(fp16_t::from_bits(1)) == "5.9604644775390625e-08");
  CHECK(to_exact_string(bf16_t(1e38f)) == "99692099683868690467785529521025843200");
  CHECK(to_hex_string(fp16_t(12.0f)) == "0x1.8p+3");
  CHECK(to_hex_string(fp16_t::from_bits(1)) == "0x1p-24");
  CHECK(to_hex_string(fp16_t(-0.0f)) == "-0x0p+0");
  CHECK(to_fixed_string(fp16_t(0.1f), 3) == "0.100");
  CHECK(to_fixed_string(fp16_t(-2.5f), 0) == "-2");
  CHECK(to_fixed_string(fp16_t(0.0f), 2) == "0.00");
  CHECK(to_scientific_string(fp16_t(0.0f), 2) == "0.00e+00");
  CHECK_THROWS_AS(to_fixed_string(fp16_t(1.0f), -1), std::invalid_argument);
  static_assert(to_text(encode(1e300)).view() == "1e+300");
  static_assert(to_hex_text(fp16_t(0.5f)).view() == "0x1p-1");
}

TEST_CASE("to_chars fills the buffer it is given, or says that it is too small") {
  char buffer[6];
  const auto r = to_chars(buffer, buffer + 5, fp16_t(65504));
  CHECK(r.ec == std::errc{});
  CHECK(std::string_view(buffer, 5) == "65504");
  CHECK(to_chars(buffer, buffer + 4, fp16_t(65504)).ec == std::errc::value_too_large);
}
