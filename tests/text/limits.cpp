// limits_of, std::numeric_limits and std::hash.
#include <catch2/catch.hpp>
#include <cmath>
#include <unordered_set>

#include <assay/number/hash.hpp>
#include <assay/number/limits.hpp>

using namespace assay;

namespace {

/// Every member of numeric_limits<number<F>> against the C++ type of the same format.
template <format F, class T>
void check_same_limits() {
  using ours = std::numeric_limits<number<F>>;
  using theirs = std::numeric_limits<T>;
  STATIC_REQUIRE(ours::is_specialized);
  STATIC_REQUIRE(ours::is_signed == theirs::is_signed);
  STATIC_REQUIRE(ours::is_integer == theirs::is_integer);
  STATIC_REQUIRE(ours::is_exact == theirs::is_exact);
  STATIC_REQUIRE(ours::has_infinity == theirs::has_infinity);
  STATIC_REQUIRE(ours::has_quiet_NaN == theirs::has_quiet_NaN);
  STATIC_REQUIRE(ours::has_signaling_NaN == theirs::has_signaling_NaN);
  STATIC_REQUIRE(ours::has_denorm == theirs::has_denorm);
  STATIC_REQUIRE(ours::round_style == theirs::round_style);
  STATIC_REQUIRE(ours::is_iec559 == theirs::is_iec559);
  STATIC_REQUIRE(ours::is_bounded == theirs::is_bounded);
  STATIC_REQUIRE(ours::is_modulo == theirs::is_modulo);
  STATIC_REQUIRE(ours::digits == theirs::digits);
  STATIC_REQUIRE(ours::digits10 == theirs::digits10);
  STATIC_REQUIRE(ours::max_digits10 == theirs::max_digits10);
  STATIC_REQUIRE(ours::radix == theirs::radix);
  STATIC_REQUIRE(ours::min_exponent == theirs::min_exponent);
  STATIC_REQUIRE(ours::min_exponent10 == theirs::min_exponent10);
  STATIC_REQUIRE(ours::max_exponent == theirs::max_exponent);
  STATIC_REQUIRE(ours::max_exponent10 == theirs::max_exponent10);
  CHECK(static_cast<T>(ours::min()) == theirs::min());
  CHECK(static_cast<T>(ours::max()) == theirs::max());
  CHECK(static_cast<T>(ours::lowest()) == theirs::lowest());
  CHECK(static_cast<T>(ours::epsilon()) == theirs::epsilon());
  CHECK(static_cast<T>(ours::round_error()) == theirs::round_error());
  CHECK(static_cast<T>(ours::denorm_min()) == theirs::denorm_min());
  CHECK(static_cast<T>(ours::infinity()) == theirs::infinity());
  CHECK(std::isnan(static_cast<T>(ours::quiet_NaN())));
  CHECK(classify(ours::signaling_NaN()) == number_class::signalling_nan);
}

}  // namespace

TEST_CASE("numeric_limits of binary32 and binary64 are those of float and double") {
  check_same_limits<binary32, float>();
  check_same_limits<binary64, double>();
}

TEST_CASE("Limits of the named formats are the well-known ones") {
  const auto e4 = limits_of(e4m3fn);
  CHECK(e4.max == 448);
  CHECK(e4.lowest == -448);
  CHECK(e4.min_normal == 0x1p-6);
  CHECK(e4.min_subnormal == 0x1p-9);
  CHECK(e4.epsilon == 0.125);
  CHECK(e4.unit_roundoff == 0.0625);
  CHECK(e4.width == 8);
  CHECK(e4.finite_codes == 254);
  CHECK(e4.nan_codes == 2);
  CHECK(limits_of(e5m2).max == 57344);
  CHECK(limits_of(e5m2).min_subnormal == 0x1p-16);
  CHECK(limits_of(e5m2).nan_codes == 6);
  CHECK(limits_of(e4m3).max == 240);
  CHECK(limits_of(e4m3fnuz).nan_codes == 1);
  CHECK(limits_of(e4m3fnuz).finite_codes == 255);
  CHECK(limits_of(e2m1fn).max == 6);
  CHECK(limits_of(e2m3fn).max == 7.5);
  CHECK(limits_of(e3m2fn).max == 28);
  CHECK(limits_of(e8m0fnu).max == 0x1p127);
  CHECK(limits_of(e8m0fnu).lowest == 0x1p-127);
  CHECK(limits_of(e8m0fnu).min_normal == 0x1p-127);
  CHECK(std::isnan(limits_of(e8m0fnu).min_subnormal));
  CHECK(limits_of(binary16).max == 65504);
  CHECK(limits_of(binary16).digits10 == 3);
  CHECK(limits_of(binary16).max_digits10 == 5);
  CHECK(limits_of(bfloat16).digits10 == 2);
  CHECK(limits_of(bfloat16).max_digits10 == 4);
  CHECK(limits_of(bfloat16).min_subnormal == 0x1p-133);
  CHECK(limits_of(binary64).max == std::numeric_limits<double>::max());
  CHECK(limits_of(binary64).min_subnormal == std::numeric_limits<double>::denorm_min());
  CHECK(limits_of(binary64).nan_codes == (std::uint64_t{1} << 53) - 2);
}

TEST_CASE("Limits beyond binary64 are NaN, not a number that they are not") {
  const auto far = limits_of(format{5, 10, -5000});
  CHECK(std::isnan(far.max));
  CHECK(std::isnan(far.min_positive));
  CHECK(far.min_exponent == 5001);
  CHECK(std::isnan(limits_of(format{1, 2, 0}).min_normal));
  CHECK(limits_of(format{1, 2, 0}).max == 1.5);
}

TEST_CASE("numeric_limits of formats without infinity or NaN say so") {
  using fp8 = std::numeric_limits<fp8_e4m3_t>;
  STATIC_REQUIRE_FALSE(fp8::has_infinity);
  STATIC_REQUIRE_FALSE(fp8::is_iec559);
  STATIC_REQUIRE(fp8::has_quiet_NaN);
  STATIC_REQUIRE_FALSE(fp8::has_signaling_NaN);
  STATIC_REQUIRE(fp8::digits10 == 0);
  STATIC_REQUIRE(fp8::max_digits10 == 3);
  STATIC_REQUIRE(fp8::min_exponent10 == -1);
  STATIC_REQUIRE(fp8::max_exponent10 == 2);
  CHECK(isnan(fp8::infinity()));
  CHECK(static_cast<float>(fp8::epsilon()) == 0.125f);
  using fp4 = std::numeric_limits<number<e2m1fn>>;
  STATIC_REQUIRE_FALSE(fp4::has_quiet_NaN);
  CHECK(static_cast<float>(fp4::lowest()) == -6.0f);
  using scale = std::numeric_limits<number<e8m0fnu>>;
  STATIC_REQUIRE_FALSE(scale::is_signed);
  CHECK(scale::lowest() == scale::min());
  using far = std::numeric_limits<number<format{11, 52, 1 << 20}>>;
  STATIC_REQUIRE(far::max_exponent10 == -315037);
}

TEST_CASE("numeric_limits of quantised integers are those of their range") {
  using four = std::numeric_limits<qint4_t>;
  CHECK(four::min().value() == -8);
  CHECK(four::max().value() == 7);
  STATIC_REQUIRE(four::digits == 3);
  STATIC_REQUIRE(four::digits10 == 0);
  STATIC_REQUIRE(std::numeric_limits<qint8_t>::digits10 == std::numeric_limits<std::int8_t>::digits10);
  STATIC_REQUIRE(std::numeric_limits<quint8_t>::digits10 == std::numeric_limits<std::uint8_t>::digits10);
  STATIC_REQUIRE(std::numeric_limits<qint32_t>::digits10 == std::numeric_limits<std::int32_t>::digits10);
  CHECK(std::numeric_limits<quantised<int8_narrow>>::min().value() == -127);
}

TEST_CASE("Equal numbers hash equally, and the zeros are one") {
  CHECK(std::hash<fp16_t>{}(fp16_t(0.0f)) == std::hash<fp16_t>{}(fp16_t(-0.0f)));
  std::unordered_set<fp8_e5m2_t> distinct;
  std::size_t nans = 0;
  for (unsigned code = 0; code < 256; ++code) {
    const auto x = fp8_e5m2_t::from_bits(code);
    nans += isnan(x) ? 1u : 0u;
    if (!isnan(x)) distinct.insert(x);
  }
  CHECK(nans == 6);
  CHECK(distinct.size() == 256 - 6 - 1);
  std::unordered_set<quantised<int4>> integers{qint4_t(3), qint4_t(3), qint4_t(-3)};
  CHECK(integers.size() == 2);
}
