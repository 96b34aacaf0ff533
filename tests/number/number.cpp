// number<F> as a type: layout, construction, conversion, signs, and the typed functions against those on codes.
#include <bit>
#include <cmath>
#include <cstring>
#include <type_traits>

#include <assay/number/number.hpp>
#include <support/budget.hpp>
#include <support/formats.hpp>
#include <support/mpfr_oracle.hpp>
#include <support/random.hpp>
#include <support/tally.hpp>

namespace {

using namespace assay;

template <format F>
void typed_functions_are_those_on_codes(test::tally& count) {
  using n = number<F>;
  const auto policies = test::all_policies();
  const oracle::limits l(F);
  test::random_source random(F.code_mask());
  for (std::uint64_t i = 0; i < test::cases(4000); ++i) {
    const auto a = n::from_bits(test::biased_code(random, l)), b = n::from_bits(test::biased_code(random, l)),
               c = n::from_bits(test::biased_code(random, l));
    const conversion& how = policies[random.below(policies.size())];
    const auto same = [&](const char* name, auto call, rounded coded) {
      exceptions raised = exceptions::none;
      const n typed = call(&raised);
      count.expect_same({typed.bits(), raised}, coded, [&] {
        return test::text(name, ' ', test::describe(F), ' ', test::hex(a.bits()), ' ', test::hex(b.bits()), ' ', test::describe(how));
      });
    };
    const auto x = a.code(), y = b.code(), z = c.code();
    same("add", [&](exceptions* r) { return add(a, b, how, 0, r); }, add(x, y, F, how));
    same("subtract", [&](exceptions* r) { return subtract(a, b, how, 0, r); }, subtract(x, y, F, how));
    same("multiply", [&](exceptions* r) { return multiply(a, b, how, 0, r); }, multiply(x, y, F, how));
    same("divide", [&](exceptions* r) { return divide(a, b, how, 0, r); }, divide(x, y, F, how));
    same("remainder", [&](exceptions* r) { return remainder(a, b, how, 0, r); }, remainder(x, y, F, how));
    same("fma", [&](exceptions* r) { return fma(a, b, c, how, 0, r); }, fma(x, y, z, F, how));
    same("sqrt", [&](exceptions* r) { return sqrt(a, how, 0, r); }, sqrt(x, F, how));
    same("scalbn", [&](exceptions* r) { return scalbn(a, 3, how, 0, r); }, scalbn(x, 3, F, how));
    same("minimum", [&](exceptions* r) { return minimum(a, b, how, r); }, minimum(x, y, F, how));
    same("maximum_number", [&](exceptions* r) { return maximum_number(a, b, how, r); }, maximum_number(x, y, F, how));
    n sum = a;
    sum += b;
    n difference = a;
    difference -= b;
    n product = a;
    product *= b;
    n quotient = a;
    quotient /= b;
    count.expect(sum.bits() == (a + b).bits() && difference.bits() == (a - b).bits() &&
                     product.bits() == (a * b).bits() && quotient.bits() == (a / b).bits(),
                 [&] { return test::text("compound ", test::hex(a.bits()), ' ', test::hex(b.bits())); });
    exceptions raised = exceptions::none;
    const auto narrowed = convert<e4m3fn>(a, how, 0, &raised);
    count.expect_same({narrowed.bits(), raised}, convert(x, e4m3fn, how), [] { return std::string("convert"); });
  }
}

/// Conversions by construction and by cast, over every code.
template <format F>
void native_values_survive(test::tally& count) {
  using n = number<F>;
  const oracle::limits l(F);
  oracle::real value(64);
  for (std::uint64_t code = 0; code < l.codes(); ++code) {
    const n x = n::from_bits(code);
    const auto name = [&] { return test::text(test::describe(F), ' ', test::hex(code)); };
    oracle::value_of(code, l, value);
    const double expected = mpfr_get_d(value, MPFR_RNDN);
    const auto as_double = static_cast<double>(x);
    const auto as_float = static_cast<float>(x);
    if (mpfr_nan_p(value.get())) {
      count.expect(std::isnan(as_double) && std::isnan(as_float) && isnan(n(as_float)) && isnan(n(as_double)), name);
      continue;
    }
    count.expect(std::bit_cast<std::uint64_t>(as_double) == std::bit_cast<std::uint64_t>(expected), name);
    count.expect(std::bit_cast<std::uint32_t>(as_float) == std::bit_cast<std::uint32_t>(static_cast<float>(expected)), name);
    count.expect(n(as_double).bits() == code && n(as_float).bits() == code, name);
    count.expect(to_integer<int>(x) == static_cast<int>(x), name);
  }
}

}  // namespace

TEST_CASE("Typed functions give what the functions on codes give") {
  test::tally count;
  typed_functions_are_those_on_codes<e4m3fn>(count);
  typed_functions_are_those_on_codes<e5m2>(count);
  typed_functions_are_those_on_codes<e4m3fnuz>(count);
  typed_functions_are_those_on_codes<binary16>(count);
  typed_functions_are_those_on_codes<bfloat16>(count);
  typed_functions_are_those_on_codes<binary32>(count);
  typed_functions_are_those_on_codes<format{7, 30, 63}>(count);
  count.require();
}

TEST_CASE("Numbers of up to 16 bits pass through float and double unchanged") {
  test::tally count;
  native_values_survive<binary16>(count);
  native_values_survive<bfloat16>(count);
  native_values_survive<e4m3fn>(count);
  native_values_survive<e5m2>(count);
  native_values_survive<e4m3fnuz>(count);
  native_values_survive<e3m4>(count);
  native_values_survive<e2m1fn>(count);
  count.require();
}

TEST_CASE("A number is exactly its code's storage") {
  STATIC_REQUIRE(sizeof(number<e4m3fn>) == 1);
  STATIC_REQUIRE(sizeof(number<e2m1fn>) == 1);
  STATIC_REQUIRE(sizeof(number<binary16>) == 2);
  STATIC_REQUIRE(sizeof(number<tf32>) == 4);
  STATIC_REQUIRE(sizeof(number<binary64>) == 8);
  STATIC_REQUIRE(std::is_trivially_copyable_v<number<binary16>>);
  STATIC_REQUIRE(std::is_trivially_default_constructible_v<number<binary16>>);
  STATIC_REQUIRE(std::is_standard_layout_v<number<binary16>>);
  const std::uint16_t raw[2] = {0x3c00, 0xc000};
  number<binary16> numbers[2];
  std::memcpy(numbers, raw, sizeof raw);
  CHECK(static_cast<float>(numbers[0]) == 1);
  CHECK(static_cast<float>(numbers[1]) == -2);
  CHECK(number<e2m1fn>::from_bits(0xfff).bits() == 0xf);
}

TEST_CASE("Nothing converts to or from a number by accident") {
  STATIC_REQUIRE_FALSE(std::is_convertible_v<float, fp16_t>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<fp16_t, float>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<fp16_t, bf16_t>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<fp16_t, bool>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<fp16_t, char>);
  STATIC_REQUIRE(std::is_constructible_v<fp16_t, int>);
  STATIC_REQUIRE(std::is_constructible_v<fp16_t, fp8_e4m3_t>);
}

TEST_CASE("Negation, abs and copysign touch the sign bit and nothing else") {
  const auto check = [](auto zero) {
    using n = decltype(zero);
    constexpr format f = n::layout;
    const oracle::limits l(f);
    for (std::uint64_t code = 0; code < l.codes(); ++code) {
      const n x = n::from_bits(code);
      const bool signless = !l.has_negative_zero && code % l.sign == 0;  // fnuz: zero and the NaN
      const bool negative = !signless && (code & l.sign) != 0;
      if (signbit(x) != negative) return false;
      if ((-x).bits() != (signless ? code : code ^ l.sign)) return false;
      if (abs(x).bits() != (signless ? code : code & ~l.sign)) return false;
      if (copysign(x, n(-1.0f)).bits() != (signless ? code : code | l.sign)) return false;
      if ((+x).bits() != code) return false;
    }
    return true;
  };
  CHECK(check(number<e4m3fn>::from_bits(0)));
  CHECK(check(number<e5m2>::from_bits(0)));
  CHECK(check(number<e4m3fnuz>::from_bits(0)));
  CHECK(check(number<e2m1fn>::from_bits(0)));
  CHECK(check(number<binary16>::from_bits(0)));
}

TEST_CASE("Exceptions accumulate in the caller's set and nowhere else") {
  exceptions raised = exceptions::none;
  const fp16_t one(1), zero(0), large(60000.0f), tiny = fp16_t::from_bits(1);
  CHECK(isinf(divide(one, zero, {}, 0, &raised)));
  CHECK(raised == exceptions::divide_by_zero);
  CHECK(isinf(multiply(large, large, {}, 0, &raised)));
  CHECK(raised == (exceptions::divide_by_zero | exceptions::overflow | exceptions::inexact));
  raised = exceptions::none;
  CHECK(multiply(tiny, tiny, {}, 0, &raised) == zero);
  CHECK(raised == (exceptions::underflow | exceptions::inexact));
  raised = exceptions::none;
  CHECK(isnan(subtract(fp16_t(INFINITY), fp16_t(INFINITY), {}, 0, &raised)));
  CHECK(raised == exceptions::invalid);
  raised = exceptions::none;
  CHECK(add(one, one, {}, 0, &raised) == fp16_t(2));
  CHECK(raised == exceptions::none);
}
