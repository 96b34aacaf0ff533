#include <catch2/catch.hpp>

#include <cmath>
#include <random>
#include <sstream>
#include <vector>

#include <assay/format/name.hpp>
#include <assay/rounding/name.hpp>

#include "integer_model.hpp"

using namespace assay;

namespace {

constexpr rounding modes[]{rounding::ties_to_even, rounding::ties_to_away, rounding::toward_zero,
                           rounding::upward,       rounding::downward,     rounding::to_odd};

struct row_of_codes {
  std::vector<std::uint64_t> a, b;
  reference::dot_row row(format fa, format fb, std::uint64_t c, format fc) const { return {a, b, fa, fb, c, fc}; }
};

/// Ways of drawing codes: any bits; exponents close together; sums that nearly cancel.
enum class data { any_code, near, cancelling };

/// A finite or special code; near: of the three binades around the middle of the exponent range.
std::uint64_t draw(std::mt19937_64& random, format f, data how) {
  if (how == data::any_code || f.exponent_bits < 3) return random() & f.code_mask();
  const std::uint64_t field = (f.exponent_field_max() >> 1) + random() % 3;
  return field << f.fraction_bits | (random() & (f.fraction_mask() | f.sign_mask()));
}

row_of_codes draw_row(std::mt19937_64& random, std::size_t k, format fa, format fb, data how) {
  row_of_codes r;
  for (std::size_t i = 0; i < k; ++i) {
    if (how == data::cancelling && i % 2 == 1) {
      // The last product again, negated; sometimes with its last place changed.
      r.a.push_back(r.a.back() ^ fa.sign_mask() ^ (random() % 4 == 0 ? 1 : 0));
      r.b.push_back(r.b.back());
    } else {
      r.a.push_back(draw(random, fa, how));
      r.b.push_back(draw(random, fb, how));
    }
  }
  return r;
}

/// The first disagreement between the truth and the model, in words.
std::string disagreement(const reference::dot_row& row, format out, rounding mode) {
  const auto expected = model::sum_of(row, mode);
  const auto truth = reference::dot(row, out, {mode});
  std::ostringstream text;
  text << format_name(row.a_format) << " x " << format_name(row.b_format) << " + " << format_name(row.c_format)
       << " to " << format_name(out) << " " << name_of_value(mode) << ", " << row.a.size() << " products, c 0x"
       << std::hex << row.c << ": ";
  if (truth.kind != expected.kind) return text.str() + "another class";
  if (truth.kind == value_class::nan)
    return truth.code == (out.has_nan() ? out.nan_code() : out.max_finite_code()) ? "" : text.str() + "another NaN";
  if (truth.negative != expected.negative) return text.str() + "another sign";
  if (truth.kind != value_class::finite) return "";
  const std::uint64_t code = model::round_to(expected, out, mode);
  text << "got 0x" << truth.code << ", expected 0x" << code;
  return truth.code == code ? "" : text.str();
}

}  // namespace

TEST_CASE("The truth is the exact sum, rounded once: any formats, any mode, against big integers") {
  const format formats[]{binary16,
                         bfloat16,
                         e4m3fn,
                         e5m2,
                         binary32,
                         tf32,
                         e4m3,
                         e3m4,
                         e4m3fnuz,
                         e3m2fn,
                         e2m1fn,
                         e8m0fnu,
                         format{6, 9, 31},
                         format{1, 2, 0},
                         format{5, 3, 40, encoding::fn}};
  const format outputs[]{binary16, bfloat16, e4m3fn,           e5m2,           binary32, binary64,
                         tf32,     e4m3fnuz, format{6, 9, 31}, format{4, 0, 7}};
  std::mt19937_64 random(1);
  std::size_t mismatches = 0;
  std::string first;
  for (int round = 0; round < 6000; ++round) {
    const format fa = formats[random() % std::size(formats)], fb = formats[random() % std::size(formats)];
    const format fc = formats[random() % std::size(formats)], out = outputs[random() % std::size(outputs)];
    const auto how = static_cast<data>(random() % 3);
    const auto r = draw_row(random, random() % 20, fa, fb, how);
    const auto row = r.row(fa, fb, random() % 4 == 0 ? 0 : draw(random, fc, how), fc);
    const std::string wrong = disagreement(row, out, modes[random() % std::size(modes)]);
    if (!wrong.empty() && mismatches++ == 0) first = wrong;
  }
  INFO(first);
  REQUIRE(mismatches == 0);
}

TEST_CASE("Every value of an 8-bit product lands where the integers say, in every mode") {
  std::size_t mismatches = 0;
  std::string first;
  for (std::uint64_t a = 0; a < 256; ++a) {
    for (std::uint64_t b = a % 7; b < 256; b += 7) {
      const std::vector<std::uint64_t> x{a}, y{b};
      for (const rounding mode : {modes[(a + b) % std::size(modes)], rounding::ties_to_even}) {
        const std::string wrong = disagreement({x, y, e5m2, e4m3fn, a ^ b, e5m2}, e4m3fn, mode);
        if (!wrong.empty() && mismatches++ == 0) first = wrong;
      }
    }
  }
  INFO(first);
  REQUIRE(mismatches == 0);
}

TEST_CASE("Binary64 terms from the smallest to the largest leave no bit behind") {
  // 2^1023 * 2^1023 + 2^-1074 * 2^-1074 - 2^1023 * 2^1023.
  const std::uint64_t huge = 0x7fe0000000000000, tiny = 1, minus_huge = huge | binary64.sign_mask();
  const std::vector<std::uint64_t> a{huge, tiny, minus_huge}, b{huge, tiny, huge};
  const auto truth = reference::dot({a, b, binary64, binary64, 0, binary64}, binary64, {rounding::upward});
  CHECK(truth.code == 1);
  CHECK(truth.kind == value_class::finite);
  CHECK(!truth.negative);
  // With 2^-1074 added the exact value lies just above it.
  CHECK(reference::dot({a, b, binary64, binary64, 1, binary64}, binary64, {rounding::ties_to_even}).code == 1);
  CHECK(reference::dot({a, b, binary64, binary64, 1, binary64}, binary64, {rounding::upward}).code == 2);
}

TEST_CASE("Infinities, NaNs and zeros follow the documented rules") {
  const std::uint64_t one = 0x3c00, infinity = 0x7c00, minus = 0x8000, nan = 0x7e00;
  const auto truth = [](std::vector<std::uint64_t> a, std::vector<std::uint64_t> b, std::uint64_t c,
                        conversion how = {}) {
    return reference::dot({a, b, binary16, binary16, c, binary16}, binary16, how).code;
  };
  CHECK(truth({one}, {nan}, 0) == binary16.nan_code());
  CHECK(truth({one | minus}, {one}, nan | minus) == binary16.nan_code());
  CHECK(truth({0}, {infinity}, one) == binary16.nan_code());
  CHECK(truth({infinity}, {one}, infinity | minus) == binary16.nan_code());
  CHECK(truth({infinity, one}, {one | minus, infinity}, 0) == binary16.nan_code());
  CHECK(truth({infinity}, {one | minus}, one) == (infinity | minus));
  CHECK(truth({infinity}, {one}, one, {.on_overflow = overflow::saturate_finite}) == binary16.max_finite_code());
  CHECK(truth({}, {}, minus) == minus);
  CHECK(truth({0}, {minus}, minus) == minus);
  CHECK(truth({minus}, {minus}, minus) == 0);
  CHECK(truth({minus}, {minus}, minus, {rounding::downward}) == minus);
  CHECK(truth({0}, {0}, 0, {rounding::downward}) == 0);
  CHECK(truth({one}, {one}, one | minus) == 0);
  CHECK(truth({one}, {one}, one | minus, {rounding::downward}) == minus);
}

TEST_CASE("Overflow and subnormal policies are the output's") {
  const auto truth = [](double c, format out, conversion how) {
    return reference::dot({{}, {}, binary32, binary32, std::bit_cast<std::uint64_t>(c), binary64}, out, how).code;
  };
  CHECK(truth(464, e4m3fn, {}) == 0x7e);  // the tie above 448 goes to the even 448
  CHECK(truth(464.0000001, e4m3fn, {}) == 0x7f);
  CHECK(truth(1e9, e4m3fn, {.on_overflow = overflow::saturate_finite}) == 0x7e);
  CHECK(truth(-1e9, e4m3fn, {.on_overflow = overflow::saturate_finite}) == 0xfe);
  CHECK(truth(65519.99, binary16, {}) == 0x7bff);
  CHECK(truth(65520, binary16, {}) == 0x7c00);
  CHECK(truth(65520, binary16, {.on_overflow = overflow::to_nan}) == 0x7e00);
  CHECK(truth(1e9, binary16, {rounding::toward_zero}) == 0x7bff);
  CHECK(truth(-1e9, binary16, {rounding::upward}) == 0xfbff);
  CHECK(truth(-1e9, binary16, {rounding::downward}) == 0xfc00);
  CHECK(truth(7, e2m1fn, {}) == 7);
  CHECK(truth(-3, e8m0fnu, {}) == 0xff);
  CHECK(truth(0, e8m0fnu, {}) == 0);
  CHECK(truth(3, e8m0fnu, {}) == 127 + 2);
  CHECK(truth(0x1.8p-15, binary16, {.on_subnormal = subnormals::flush_outputs}) == 0);
  CHECK(truth(-0x1.8p-15, binary16, {.on_subnormal = subnormals::flush_outputs}) == 0x8000);
  CHECK_THROWS_AS(truth(1, binary16, {rounding::stochastic}), std::invalid_argument);
}

TEST_CASE("Rows of different lengths are refused") {
  const std::vector<std::uint64_t> two{0, 0}, three{0, 0, 0};
  CHECK_THROWS_WITH(reference::dot({two, three, binary16, binary16, 0, binary16}, binary16),
                    Catch::Matchers::Contains("2 by 3 elements"));
}

TEST_CASE("Scale, magnitude and error are what the integers say, rounded to the safe side") {
  std::mt19937_64 random(2);
  for (int round = 0; round < 500; ++round) {
    const auto r =
        draw_row(random, 1 + random() % 12, binary16, binary16, round % 2 == 0 ? data::near : data::cancelling);
    const auto row = r.row(binary16, binary16, draw(random, binary32, data::near), binary32);
    const std::uint64_t got =
        random() % 2 == 0 ? draw(random, binary32, data::near) : reference::dot(row, binary32).code ^ (random() % 8);
    const auto truth = reference::dot(row, binary32, {}, got);
    const auto sum = model::sum_of(row, rounding::ties_to_even);
    if (truth.kind == value_class::nan || truth.kind == value_class::infinity) continue;
    // Everything in units of 2^-200, exactly.
    constexpr int unit = -200;
    const auto in_units = [](double ulps, int ulp) {
      int exponent = 0;
      const double fraction = std::frexp(ulps, &exponent);
      return model::integer(static_cast<std::int64_t>(std::ldexp(fraction, 53)))
             << static_cast<unsigned>(exponent - 53 + ulp - unit);
    };
    const auto exact = [&](const model::integer& x) {
      return model::integer(x << static_cast<unsigned>(sum.unit - unit));
    };
    const auto close = [](const model::integer& x, const model::integer& y) {
      return abs(x - y) * (model::integer(1) << 51) <= abs(y);
    };
    const model::integer scale = in_units(truth.scale, truth.ulp_exponent),
                         magnitude = in_units(truth.magnitude, truth.ulp_exponent);
    CHECK(scale >= exact(sum.magnitudes));
    CHECK(close(scale, exact(sum.magnitudes)));
    CHECK(magnitude >= exact(abs(sum.total)));
    CHECK(close(magnitude, exact(abs(sum.total))));
    const auto value = decode(got, binary32);
    if (!value.is_finite()) continue;
    model::integer error = model::scaled(value, unit);
    if (value.negative) error = -error;
    error -= exact(sum.total);
    const model::integer reported = in_units(truth.error, truth.ulp_exponent);
    CHECK(abs(reported) <= abs(error));
    CHECK(close(reported, error));
    CHECK((truth.error == 0) == (error == 0));
  }
}
