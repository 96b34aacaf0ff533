// parse() against MPFR, its grammar and its errors, and texts made to hurt.
#include <array>
#include <catch2/catch.hpp>
#include <charconv>

#include <assay/number/text.hpp>

#include "decimal_oracle.hpp"
#include "support/budget.hpp"

using namespace assay;
using namespace assay_test;

namespace {

constexpr int effort = test::is_sanitized ? 1 : 10;

constexpr std::array all_policies{
    conversion{rounding::ties_to_even},
    conversion{rounding::ties_to_away},
    conversion{rounding::toward_zero},
    conversion{rounding::upward},
    conversion{rounding::downward},
    conversion{rounding::to_odd},
    conversion{rounding::stochastic, overflow::ieee, subnormals::keep, 32},
    conversion{rounding::stochastic, overflow::ieee, subnormals::keep, 5},
};

std::vector<format> tested_formats() {
  std::vector<format> formats;
  for (const named_format& row : named_formats) formats.push_back(row.value);
  formats.push_back({1, 2, 0});  // infinities, and no normal number
  formats.push_back({6, 9, 31});
  formats.push_back({11, 0, 1023});
  formats.push_back({3, 20, 60, encoding::finite});
  formats.push_back({5, 10, -100, encoding::fn});
  return formats;
}

/// Parses under every policy and compares; tells of the first mismatch.
class comparison {
 public:
  explicit comparison(format f) : f_(f), oracle_(f) {}

  void check(const std::string& magnitude) {
    const text_value value(magnitude);
    std::string negated = "-";
    negated += magnitude;
    const auto random = static_cast<std::uint32_t>(generator_());
    for (const bool negative : {false, true}) {
      for (const conversion& how : all_policies) {
        const expectation expected = oracle_.round(value, negative, how, random);
        const parsed got = parse(negative ? negated : magnitude, f_, how, random);
        const bool inexact = any(got.raised & exceptions::inexact);
        if (got && got.code == expected.code && inexact == expected.inexact) continue;
        if (mismatches++ == 0) {
          const bool is_long = magnitude.size() > 120;
          first = (negative ? negated : magnitude).substr(0, 120) + (is_long ? "..." : "") + " mode " +
                  std::to_string(static_cast<int>(how.mode)) + " random " + std::to_string(random) + " gave code " +
                  std::to_string(got.code) + ", expected " + std::to_string(expected.code);
        }
      }
    }
  }

  decimal_oracle& oracle() { return oracle_; }
  std::mt19937_64& generator() { return generator_; }

  long mismatches = 0;
  std::string first;

 private:
  format f_;
  decimal_oracle oracle_;
  std::mt19937_64 generator_{7};
};

std::string random_digits(std::mt19937_64& generator, std::size_t count) {
  std::string digits;
  while (digits.size() < count) digits.push_back(static_cast<char>('0' + generator() % 10));
  return digits;
}

/// The text with one unit less in the last digit of its significand.
std::string one_less(std::string text) {
  std::size_t i = text.find_first_of('e') - 1;
  while (text[i] == '0' || text[i] == '.') {
    if (text[i] == '0') text[i] = '9';
    --i;
  }
  --text[i];
  return text;
}

}  // namespace

TEST_CASE("Random decimal texts round as MPFR's value does, in every format and mode") {
  for (const format f : tested_formats()) {
    comparison run(f);
    auto& generator = run.generator();
    for (int i = 0; i < 30 * effort; ++i) {
      // From below the smallest number to beyond the largest.
      const int lowest = f.min_ulp_exponent() - 8, highest = f.max_exponent() + 4;
      const int two = lowest + static_cast<int>(generator() % static_cast<unsigned>(highest - lowest));
      std::string text = random_digits(generator, 1 + generator() % (i % 4 == 0 ? 90 : 12));
      if (text.find_first_not_of('0') == std::string::npos) text += "1";
      const std::size_t point = generator() % (text.size() + 1);
      const int ten = static_cast<int>(0.30103 * two) - static_cast<int>(point);
      run.check(text.substr(0, point) + "." + text.substr(point) + "e" + std::to_string(ten));
    }
    CAPTURE(f.exponent_bits, f.fraction_bits, f.bias, run.first);
    CHECK(run.mismatches == 0);
  }
}

TEST_CASE("Ties are ties however many digits they have, and a far last digit breaks them") {
  for (const format f : tested_formats()) {
    comparison run(f);
    auto& generator = run.generator();
    const std::uint64_t largest = f.max_finite_code();
    for (int i = 0; i < 4 * effort; ++i) {
      // The first halves, the last ones, the border of the normal numbers, and others.
      const std::uint64_t any_code = generator() % largest;
      const std::uint64_t code = i == 0   ? 0
                                 : i == 1 ? largest - 1
                                 : i == 2 ? std::min(f.min_normal_code(), any_code)
                                          : any_code;
      const std::string tie = run.oracle().halfway_above(code, 800);
      const std::size_t exponent = tie.find('e');
      run.check(tie);
      run.check(tie.substr(0, exponent) + std::string(300, '0') + tie.substr(exponent));
      run.check(tie.substr(0, exponent) + std::string(300, '0') + "1" + tie.substr(exponent));
      run.check(one_less(tie));
    }
    CAPTURE(f.exponent_bits, f.fraction_bits, f.bias, run.first);
    CHECK(run.mismatches == 0);
  }
}

TEST_CASE("Hexadecimal texts of any length round as MPFR's value does") {
  for (const format f : tested_formats()) {
    comparison run(f);
    auto& generator = run.generator();
    for (int i = 0; i < 20 * effort; ++i) {
      const int lowest = f.min_ulp_exponent() - 8, highest = f.max_exponent() + 4;
      const int two = lowest + static_cast<int>(generator() % static_cast<unsigned>(highest - lowest));
      std::string digits;
      const std::size_t count = 1 + generator() % (i % 3 == 0 ? 60 : 8);
      while (digits.size() < count) digits.push_back("0123456789abcdefABCDEF08"[generator() % 24]);
      if (i % 4 == 1) digits += std::string(40, '0') + (i % 8 == 1 ? "1" : "");
      if (digits.find_first_not_of('0') == std::string::npos) digits += "1";
      const std::size_t point = generator() % (digits.size() + 1);
      run.check("0x" + digits.substr(0, point) + "." + digits.substr(point) + "p" +
                std::to_string(two - 4 * static_cast<int>(point)));
    }
    CAPTURE(f.exponent_bits, f.fraction_bits, f.bias, run.first);
    CHECK(run.mismatches == 0);
  }
}

TEST_CASE("Texts about the overflow threshold round as IEEE 754 says") {
  CHECK(parse("65519.9999999999999999999999999999999999999999", binary16).code == 0x7BFF);
  CHECK(parse("65520", binary16).code == 0x7C00);
  CHECK(parse("-65520", binary16).code == 0xFC00);
  CHECK(parse("65535.9", binary16, {rounding::toward_zero}).code == 0x7BFF);
  CHECK(parse("464", e4m3fn).code == 0x7E);
  CHECK(parse("464.00000000000000000000000000000000000001", e4m3fn).code == 0x7F);
  CHECK(parse("1e9", e4m3fn, {rounding::ties_to_even, overflow::saturate_finite}).code == 0x7E);
  CHECK(parse("inf", e4m3fn, {rounding::ties_to_even, overflow::saturate_finite}).code == 0x7E);
  CHECK(parse("1.7976931348623158e308", binary64).code == binary64.max_finite_code());
  CHECK(parse("1.7976931348623159e308", binary64).code == binary64.infinity_code());
  CHECK(parse("2.4703282292062327e-324", binary64).code == 0);
  CHECK(parse("2.4703282292062328e-324", binary64).code == 1);
}

TEST_CASE("parse agrees with std::from_chars on binary32 and binary64") {
  std::mt19937_64 generator(11);
  long mismatches = 0;
  std::string first;
  for (int i = 0; i < 3000 * effort; ++i) {
    const std::string text = random_digits(generator, 1 + generator() % 25) + "." +
                             random_digits(generator, generator() % 25) + "e" +
                             std::to_string(static_cast<int>(generator() % 640) - 340);
    double x = 0;
    const auto r = std::from_chars(text.data(), text.data() + text.size(), x);
    if (r.ec == std::errc{} && parse(text, binary64).code != encode(x).code && mismatches++ == 0) first = text;
    float y = 0;
    const auto s = std::from_chars(text.data(), text.data() + text.size(), y);
    if (s.ec == std::errc{} && parse(text, binary32).code != encode(y).code && mismatches++ == 0) first = text;
  }
  INFO(first);
  REQUIRE(mismatches == 0);
}

TEST_CASE("The grammar takes every usual spelling") {
  const auto value = [](std::string_view text) { return static_cast<double>(from_string<binary64>(text)); };
  CHECK(value("1.5e-3") == 1.5e-3);
  CHECK(value(".5") == 0.5);
  CHECK(value("5.") == 5);
  CHECK(value("+5.E+1") == 50);
  CHECK(value("-007") == -7);
  CHECK(value("0x1.8p3") == 12);
  CHECK(value("0X.8P+1") == 1);
  CHECK(value("0xA") == 10);
  CHECK(value("-0x10.p-4") == -1);
  CHECK(from_string<binary16>("-0").bits() == 0x8000);
  CHECK(from_string<binary16>("-0x0p5").bits() == 0x8000);
  CHECK(from_string<binary16>("0e99999999999999999999").bits() == 0);
  CHECK(from_string<binary16>("Infinity").bits() == 0x7C00);
  CHECK(from_string<binary16>("-INF").bits() == 0xFC00);
  CHECK(from_string<binary16>("nan").bits() == 0x7E00);
  CHECK(from_string<binary16>("-NaN").bits() == 0xFE00);
  CHECK(from_string<binary16>("nan(0x1F)").bits() == 0x7E1F);
  CHECK(from_string<binary16>("nan(31)").bits() == 0x7E1F);
  CHECK(from_string<binary16>("nan(0xFFFFF)").bits() == 0x7FFF);
  CHECK(from_string<binary16>("nan(ind)").bits() == 0x7E00);
  CHECK(from_string<binary16>("nan()").bits() == 0x7E00);
  CHECK(from_string<binary16>("snan(0x3)").bits() == 0x7C03);
  CHECK(from_string<binary16>("-snan").bits() == 0xFC01);
  CHECK(from_string<e4m3fn>("-nan").bits() == 0xFF);
  CHECK(from_string<e4m3fnuz>("-nan").bits() == 0x80);
  CHECK(from_string<e4m3fnuz>("-0").bits() == 0);
  CHECK(parse("snan", e4m3fn).raised == exceptions::invalid);
  CHECK(parse("nan", e2m1fn).code == e2m1fn.max_finite_code());
  CHECK(parse("-1", e8m0fnu).code == e8m0fnu.nan_code());
}

TEST_CASE("An error says where the text stops being a number") {
  struct row {
    std::string_view text;
    parse_error error;
    std::size_t position;
  };
  const std::array rows{
      row{"", parse_error::empty, 0},
      row{"-", parse_error::not_a_number, 1},
      row{".", parse_error::not_a_number, 0},
      row{"-.e5", parse_error::not_a_number, 1},
      row{"e5", parse_error::not_a_number, 0},
      row{" 1", parse_error::not_a_number, 0},
      row{"+-1", parse_error::not_a_number, 1},
      row{"1 ", parse_error::trailing_characters, 1},
      row{"1.5x", parse_error::trailing_characters, 3},
      row{"1e", parse_error::trailing_characters, 1},
      row{"1e+", parse_error::trailing_characters, 1},
      row{"1.2.3", parse_error::trailing_characters, 3},
      row{"0x", parse_error::trailing_characters, 1},
      row{"0x.p1", parse_error::trailing_characters, 1},
      row{"0x1p", parse_error::trailing_characters, 3},
      row{"infin", parse_error::trailing_characters, 3},
      row{"nan(1", parse_error::trailing_characters, 3},
      row{"nan(+1)", parse_error::trailing_characters, 3},
      row{"1'000", parse_error::trailing_characters, 1},
      row{std::string_view("1\0", 2), parse_error::trailing_characters, 1},
  };
  for (const row& r : rows) {
    CAPTURE(r.text);
    const parsed got = parse(r.text, binary32);
    CHECK(got.error == r.error);
    CHECK(got.position == r.position);
    CHECK_THROWS_AS(from_string<binary32>(r.text), text_error);
  }
  CHECK_THROWS_WITH(from_string<binary32>("1.5x"), "expected the end of the number at position 3 of '1.5x', found 'x'");
  CHECK_THROWS_WITH(from_string<binary32>("-"), "expected a number at position 1 of '-', found the end");
}

TEST_CASE("Exponents and digits without end take bounded work") {
  CHECK(parse("1e999999999999999999999999", binary64).code == binary64.infinity_code());
  CHECK(parse("1e-999999999999999999999999", binary64).code == 0);
  CHECK(parse("1e-999999999", binary64, {rounding::upward}).code == 1);
  CHECK(parse("0x1p999999999999999999999", binary64).code == binary64.infinity_code());
  CHECK(parse("-0x1p-99999999999999999999", binary64).code == binary64.sign_mask());
  const std::string zeros(1'000'000, '0');
  CHECK(parse("1" + zeros, binary64).code == binary64.infinity_code());
  CHECK(parse("1" + zeros + "e-1000000", binary64).code == encode(1.0).code);
  CHECK(parse("0." + zeros + "1e1000001", binary64).code == encode(1.0).code);
  CHECK(parse("1." + zeros + "1", binary64, {rounding::upward}).code == encode(1.0).code + 1);
  CHECK(parse("0x" + zeros + "1." + zeros + "1", binary64, {rounding::upward}).code == encode(1.0).code + 1);
  CHECK(parse("1" + std::string(1'000'000, '7') + "e-1000000", binary32).code == encode(1.7777778f).code);
  constexpr format wide{11, 52, 1 << 20, encoding::ieee};
  CHECK(parse("1e-315500", wide, {rounding::downward}).code < parse("1e-315500", wide, {rounding::upward}).code);
  CHECK(parse("5e-324", wide).code == wide.infinity_code());
}

TEST_CASE("Any bytes are parsed or refused, and a prefix is parsed alike alone") {
  std::mt19937_64 generator(5);
  constexpr std::string_view likely = "0123456789.eE+-xXpPaAfFinNsS()_ 00";
  long mismatches = 0;
  std::string first;
  for (int i = 0; i < 20000 * effort; ++i) {
    std::string text;
    for (std::size_t n = generator() % 24; n > 0; --n) {
      text.push_back(i % 10 == 0 ? static_cast<char>(generator()) : likely[generator() % likely.size()]);
    }
    const format f = named_formats[generator() % named_formats.size()].value;
    const parsed prefix = parse_prefix(text, f);
    const parsed whole = parse(text, f);
    bool sound = prefix.position <= text.size() && whole.position <= text.size() && prefix.code <= f.code_mask();
    if (prefix) {
      const parsed again = parse(text.substr(0, prefix.position), f);
      sound = sound && again && again.code == prefix.code && again.raised == prefix.raised;
      sound = sound && static_cast<bool>(whole) == (prefix.position == text.size());
    } else {
      sound = sound && !whole && whole.error == prefix.error;
    }
    if (!sound && mismatches++ == 0) first = text;
  }
  INFO(first);
  REQUIRE(mismatches == 0);
}

TEST_CASE("from_chars stops where the number does and leaves its target alone on failure") {
  const std::string_view text = "1.5,2";
  fp16_t x(0.0f);
  const auto r = from_chars(text.data(), text.data() + text.size(), x);
  CHECK(r.ec == std::errc{});
  CHECK(r.ptr == text.data() + 3);
  CHECK(static_cast<float>(x) == 1.5f);
  const auto failed = from_chars(text.data() + 3, text.data() + text.size(), x);
  CHECK(failed.ec == std::errc::invalid_argument);
  CHECK(failed.ptr == text.data() + 3);
  CHECK(static_cast<float>(x) == 1.5f);
}

// Large integers too work in constant expressions.
static_assert(parse("0.1", binary64).code == encode(0.1).code);
static_assert(parse("4.9e-324", binary64).code == 1);
static_assert(from_string<binary16>("0.333251953125").bits() == 0x3555);
