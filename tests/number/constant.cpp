// Everything in constant expressions: the compiler itself rounds, and refuses undefined behaviour while it does.
#include <catch2/catch.hpp>

#include <assay/assay.hpp>

namespace {

using namespace assay;

constexpr fp16_t half(double x) { return fp16_t(x); }

static_assert(half(1) + half(1) == half(2));
static_assert((half(2048) + half(1)).bits() == half(2048).bits());
static_assert((half(2050) + half(1)).bits() == half(2052).bits());
static_assert(isinf(half(65504) + half(16)));
static_assert((half(65504) + half(15.99)).bits() == 0x7bff);
static_assert((half(1) / half(3)).bits() == 0x3555);
static_assert(isnan(half(0) / half(0)));
static_assert(sqrt(half(2)).bits() == 0x3da8);
static_assert(fma(half(1.0009765625), half(0.9990234375), half(-1)).bits() == 0x8010);
static_assert(remainder(half(5), half(3)).bits() == half(-1).bits());
static_assert(fma<binary32>(fp8_e4m3_t(448), fp8_e5m2_t(57344), number<binary32>(1)).bits() == 0x4bc40000);
static_assert(next_up(half(1)).bits() == 0x3c01 && next_down(half(0)).bits() == 0x8001);
static_assert(ulp(half(1)).bits() == 0x1400);
static_assert(scalbn(half(1), -24).bits() == 1);
static_assert(classify(half(-0.0)) == number_class::negative_zero);
static_assert((half(0.0) <=> half(-0.0)) == 0);
static_assert(static_cast<int>(half(-2.5)) == -2);
static_assert(to_integer<std::uint8_t>(half(300)) == 255);
static_assert(fp8_e4m3_t(1000.0f, {rounding::ties_to_even, overflow::saturate_finite}).bits() == 0x7e);
static_assert(isnan(fp8_e4m3_t(1000.0f)));
static_assert(fp8_e4m3_t(1.0625, {rounding::stochastic, overflow::ieee, subnormals::keep, 1}, 1).bits() == 0x39);
static_assert(fp8_e4m3_t(1.0625, {rounding::stochastic, overflow::ieee, subnormals::keep, 1}, 0).bits() == 0x38);
static_assert(minimum(half(-0.0), half(0.0)).bits() == 0x8000);
static_assert(maximum_number(half(1), fp16_t::from_bits(0x7e00)) == half(1));
static_assert(add({0x3ff0000000000000, binary64}, {0x3ca0000000000001, binary64}, binary64).code == 0x3ff0000000000001);
static_assert(divide({1, binary64}, {0x3ff8000000000000, binary64}, binary64).code == 1);
static_assert(sqrt({0x4000000000000000, binary64}, binary64).code == 0x3ff6a09e667f3bcd);

}  // namespace

TEST_CASE("The core computes in constant expressions") { SUCCEED("the compiler has checked the assertions above"); }
