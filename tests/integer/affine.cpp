// Affine quantisation: scale and zero point.
#include <catch2/catch.hpp>
#include <cmath>

#include <assay/number/affine.hpp>

#include "support/budget.hpp"
#include "whole_oracle.hpp"

using namespace assay;
using namespace assay_test;

namespace {

constexpr std::array policies{integer_overflow::saturate, integer_overflow::wrap};

/// A float whose quotients by usual scales often are ties or nearly so.
float tie_prone(std::mt19937_64& generator, float scale) {
  const int halves = static_cast<int>(generator() % 1200) - 600;
  float x = static_cast<float>(halves) * 0.5f * scale;
  if (generator() % 3 == 0) x = std::nextafter(x, generator() % 2 == 0 ? 1e9f : -1e9f);
  return x;
}

}  // namespace

TEST_CASE("The exact quotient is rounded once, whatever the formats, modes and policies") {
  std::mt19937_64 generator(2);
  big_float a, b;
  long mismatches = 0;
  std::string first;
  for (std::uint64_t i = 0; i < test::cases(20000); ++i) {
    const auto scale = std::bit_cast<float>(static_cast<std::uint32_t>(generator()) & 0x7FFFFFFFu);
    if (!(scale > 0) || !std::isfinite(scale)) continue;
    const bool is_wild = i % 4 == 0;
    const float plain_scale =
        is_wild ? scale : std::ldexp(scale, -std::ilogb(scale) - static_cast<int>(generator() % 12));
    const float x =
        is_wild ? std::bit_cast<float>(static_cast<std::uint32_t>(generator())) : tie_prone(generator, plain_scale);
    if (!std::isfinite(x)) continue;
    const auto zero_point = static_cast<std::int64_t>(generator() % 300) - 150;
    const integer_format f = named_integer_formats[generator() % named_integer_formats.size()].value;
    const rounding mode = deterministic_modes[i % deterministic_modes.size()];
    for (const integer_overflow policy : policies) {
      set(a, encode(x));
      set(b, encode(plain_scale));
      const bool more = mpfr_div(a, a, b, MPFR_RNDZ) != 0;
      round(a, mode, more);
      mpfr_add_si(a, a, zero_point, MPFR_RNDN);
      const std::int64_t expected = fit(a, f, policy);
      const auto got = quantise(encode(x), affine{encode(plain_scale), zero_point}, f, {mode, policy});
      if (got.value != expected && mismatches++ == 0) {
        first = std::to_string(x) + " / " + std::to_string(plain_scale) + " + " + std::to_string(zero_point) +
                " gave " + std::to_string(got.value) + ", expected " + std::to_string(expected);
      }
    }
  }
  INFO(first);
  REQUIRE(mismatches == 0);
}

TEST_CASE("The rounded and reciprocal forms are what float code computes") {
  std::mt19937_64 generator(3);
  long mismatches = 0, differences = 0;
  for (std::uint64_t i = 0; i < test::cases(100000); ++i) {
    const float scale = 0.001f + static_cast<float>(generator() % 100000) * 1e-6f;
    const float x = tie_prone(generator, scale);
    const auto clamp = [](float v) { return static_cast<std::int64_t>(v < -128 ? -128 : v > 127 ? 127 : v); };
    const std::int64_t by_division = clamp(std::nearbyint(x / scale) + 3.0f);
    const float inverse = 1.0f / scale;
    const std::int64_t by_reciprocal = clamp(std::nearbyint(x * inverse) + 3.0f);
    const auto with = [&](quotient by) { return quantise(encode(x), affine{encode(scale), 3, by}, int8).value; };
    mismatches += with(quotient::rounded) == by_division && with(quotient::reciprocal) == by_reciprocal ? 0 : 1;
    differences += by_division == with(quotient::exact) && by_division == by_reciprocal ? 0 : 1;
  }
  CHECK(mismatches == 0);
  CHECK(differences > 0);  // the forms do differ, or the test shows nothing
}

TEST_CASE("A quotient far beyond 64 bits wraps by its exact residue") {
  // 2^100 = 3 * (2^100 - 1) / 3 + 1, and (2^100 - 1) / 3 = ...0101 in binary.
  const affine thirds{encode(3.0f)};
  const integer_conversion down{rounding::toward_zero, integer_overflow::wrap};
  const integer_conversion up{rounding::upward, integer_overflow::wrap};
  CHECK(quantise(encode(0x1p100), thirds, int8, down).value == 0x55);
  CHECK(quantise(encode(0x1p100), thirds, int8, up).value == 0x56);
  CHECK(quantise(encode(-0x1p100), thirds, int8, down).value == -0x55);
  CHECK(quantise(encode(0x1p100), thirds, int8).value == 127);
}

TEST_CASE("NaN gives the code of zero, a zero scale saturates") {
  const double nan = std::nan("");
  const affine map{encode(0.5f), 10};
  CHECK(quantise(encode(nan), map, uint8).value == 10);
  CHECK(quantise(encode(nan), map, uint8).raised == exceptions::invalid);
  CHECK(quantise(encode(nan), affine{encode(0.5f), 300}, uint8).value == 255);
  CHECK(quantise(encode(1.0), affine{encode(0.0f), 10}, int8).value == 127);
  CHECK(quantise(encode(-1.0), affine{encode(0.0f), 10}, int8).value == -128);
  CHECK(quantise(encode(0.0), affine{encode(0.0f), 10}, int8).value == 10);
  CHECK(quantise(encode(0.0), affine{encode(0.0f), 10}, int8).raised == exceptions::invalid);
  CHECK(quantise(encode(-0.0), map, int8).value == 10);
  CHECK(quantise(encode(1.0), affine{encode(-0.5f), 10}, int8).value == 8);
  CHECK(quantise(encode(1e9), map, int8).raised == exceptions::invalid);
  CHECK(quantise(encode(0.3), map, int8).raised == exceptions::inexact);
  CHECK(quantise(encode(1.0), map, int8).raised == exceptions::none);
}

TEST_CASE("Dequantising multiplies once, and undoes quantising of its own results") {
  for (int q = -128; q < 128; ++q) {
    const affine map{encode(0.037f), -7};
    const double exact = static_cast<double>(q + 7) * static_cast<double>(0.037f);
    CHECK(dequantise(q, map, binary64).code == encode(exact + 0.0).code);
    CHECK(dequantise(q, map, binary32).code == encode(static_cast<float>(exact) + 0.0f).code);
    const encoded back{dequantise(q, map, binary32).code, binary32};
    CHECK(quantise(back, map, int8).value == q);
  }
  CHECK(dequantise(int64.max(), affine{encode(1.0f), int64.min()}, binary64).code == encode(0x1p64).code);
  static_assert(dequantise(5, affine{encode(0.5f), 1}, binary16).code == 0x4000);
}
