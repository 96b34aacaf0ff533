// Stochastic rounding by its definition: up for exactly t of the 2^n words, t the distance truncated to n bits.
#include <assay/number/convert.hpp>
#include <support/budget.hpp>
#include <support/formats.hpp>
#include <support/mpfr_operations.hpp>
#include <support/random.hpp>
#include <support/tally.hpp>

namespace {

using namespace assay;

constexpr conversion stochastic(int bits) { return {rounding::stochastic, overflow::ieee, subnormals::keep, bits}; }

/// x = (code + numerator / 2^digits) on the code line of f: between two neighbours, at a place we know exactly.
double between(const format& f, std::uint64_t code, std::uint64_t numerator, int digits) {
  const oracle::limits l(f);
  oracle::real low(128), high(128);
  oracle::value_of(code, l, low);
  oracle::value_of(code + 1, l, high);
  mpfr_sub(high, high, low, MPFR_RNDN);
  mpfr_mul_ui(high, high, numerator, MPFR_RNDN);
  mpfr_div_2si(high, high, digits, MPFR_RNDN);
  mpfr_add(low, low, high, MPFR_RNDN);
  return mpfr_get_d(low, MPFR_RNDN);
}

}  // namespace

TEST_CASE("Over all words of n bits stochastic rounding goes up exactly t times, t the truncated distance") {
  test::tally count;
  for (const format& f : {e4m3fn, e5m2, e4m3fnuz, e2m1fn, binary16, bfloat16, format{3, 0, 3}}) {
    const std::uint64_t step = f.max_finite_code() / 20 + 1;
    for (std::uint64_t code = 0; code < f.max_finite_code(); code += step) {
      for (int n = 1; n <= 10; ++n) {
        // Two digits beyond the n that count: they must be cut off, not rounded.
        const int digits = n + 2;
        const std::uint64_t places = std::uint64_t{1} << digits;
        for (std::uint64_t k = 0; k < places; k += places / 16 + (n > 4 ? 1 : 0) + (places < 16 ? 1 : 0)) {
          const double x = between(f, code, k, digits);
          std::uint64_t ups = 0, others = 0;
          for (std::uint32_t word = 0; word < std::uint32_t{1} << n; ++word) {
            // Bits above the n that count are noise.
            const std::uint64_t got = convert(x, f, stochastic(n), word | ~low_bits<std::uint32_t>(n)).code;
            ups += got == code + 1 ? 1 : 0;
            others += got != code && got != code + 1 ? 1 : 0;
            const std::uint64_t mirrored = convert(-x, f, stochastic(n), word).code;
            const std::uint64_t opposite = got == 0 && !f.has_negative_zero() ? 0 : got | f.sign_mask();
            others += mirrored != opposite ? 1 : 0;
          }
          count.expect(ups == k >> 2 && others == 0,
                       [&] { return test::text(test::describe(f), " code ", code, " + ", k, " / ", places, ": up ", ups); });
        }
      }
    }
  }
  count.require();
}

TEST_CASE("Stochastic rounding never moves a number that the format holds") {
  test::tally count;
  for (const format& f : test::named_formats_up_to(16)) {
    const oracle::limits l(f);
    for (std::uint64_t code = 0; code < l.codes(); code += f.width() > 8 ? 5 * test::stride : 1) {
      if (l.is_nan(code)) continue;
      for (const int n : {1, 7, 32}) {
        for (const std::uint32_t word : {0u, 1u, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
          count.expect_same(convert(encoded{code, f}, f, stochastic(n), word), {code, exceptions::none},
                            [&] { return test::text(test::describe(f), ' ', test::hex(code), " n = ", n); });
        }
      }
    }
  }
  count.require();
}

TEST_CASE("With 32 random bits one word decides: up from 2^32 - t on, not before") {
  test::tally count;
  test::random_source random(5);
  for (const format& f : {e4m3fn, e5m2, binary16, bfloat16, tf32, binary32}) {
    const oracle::limits l(f);
    for (int i = 0; i < 2000; ++i) {
      const std::uint64_t code = random.below(l.largest);
      const int digits = std::min(32, 52 - f.fraction_bits);  // what a double holds below the last place
      const std::uint64_t k = 1 + random.below((std::uint64_t{1} << digits) - 1);
      const double x = between(f, code, k, digits);
      const auto first = static_cast<std::uint32_t>((std::uint64_t{1} << 32) - (k << (32 - digits)));
      const auto name = [&] { return test::text(test::describe(f), " code ", test::hex(code), " + ", k, " / 2^", digits); };
      count.expect(convert(x, f, stochastic(32), first).code == code + 1, name);
      count.expect(convert(x, f, stochastic(32), first - 1).code == code, name);
    }
  }
  count.require();
}

TEST_CASE("Stochastic rounding of random doubles agrees with the oracle in every policy") {
  test::tally count;
  test::random_source random(6);
  const auto formats = test::made_formats(19, 8, 10), named = test::named_formats_up_to(32);
  for (std::uint64_t i = 0; i < test::cases(2000); ++i) {
    const format& f = i % 3 == 0 ? named[i / 3 % named.size()] : formats[random.below(formats.size())];
    oracle::rounder into(f);
    const oracle::limits source(binary64), l(f);
    oracle::conversion_outcome exact;
    for (int j = 0; j < 50; ++j) {
      // Doubles of about the format's range, some with few digits.
      const auto least = l.emin - f.fraction_bits - 4, span = static_cast<int>(l.top >> f.fraction_bits) + f.fraction_bits + 8;
      const auto field = static_cast<std::uint64_t>(least + static_cast<int>(random.below(static_cast<std::uint64_t>(span))) + 1023);
      const std::uint64_t digits = (random() >> 12) & (random() % 2 != 0 ? ~std::uint64_t{0} : std::uint64_t{0xff} << 44);
      const std::uint64_t code = random() << 63 | (field & 0x7ff) << 52 | digits;
      const conversion how{rounding::stochastic, test::overflow_policies[random.below(3)],
                           test::subnormal_policies[2 * random.below(2)], static_cast<int>(1 + random.below(32))};
      const auto word = static_cast<std::uint32_t>(random());
      exact.compute(code, source, into, false);
      count.expect_same(convert(encoded{code, binary64}, f, how, word), exact.finish(into, how, word), [&] {
        return test::text(test::describe(f), " from ", test::hex(code), ' ', test::describe(how), " word ", test::hex(word));
      });
    }
  }
  count.require();
}

TEST_CASE("A stochastic conversion needs 1 to 32 random bits to be valid") {
  STATIC_REQUIRE_FALSE(stochastic(0).is_valid());
  STATIC_REQUIRE(stochastic(1).is_valid());
  STATIC_REQUIRE(stochastic(32).is_valid());
  STATIC_REQUIRE_FALSE(stochastic(33).is_valid());
  STATIC_REQUIRE(conversion{}.is_valid());
}
