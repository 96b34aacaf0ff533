// The truth of scaled sums of integers that are rounded to whole numbers, a fixed-point format with an ulp of 1,
// against exact rational arithmetic that shares nothing with it: what requantisation rests on.
#include <catch2/catch.hpp>

#include <bit>
#include <cmath>
#include <random>

#include <boost/multiprecision/cpp_int.hpp>

#include <assay/number/convert.hpp>
#include <assay/reference/gemm.hpp>

using namespace assay;

namespace {

using integer = boost::multiprecision::cpp_int;

constexpr format whole{1, 20, -19, encoding::finite};

/// The integer that n / 2^shift is rounded to.
integer to_whole(const integer& n, unsigned shift, rounding mode) {
  const integer unit = integer(1) << shift, size = abs(n);
  integer down = size / unit;
  const integer rest = size - down * unit, twice = 2 * rest;
  const bool negative = n < 0;
  bool up = false;
  switch (mode) {
    case rounding::ties_to_even: up = twice > unit || (twice == unit && down % 2 == 1); break;
    case rounding::ties_to_away: up = twice >= unit; break;
    case rounding::upward: up = !negative && rest != 0; break;
    case rounding::downward: up = negative && rest != 0; break;
    default: break;
  }
  if (up) ++down;
  return negative ? -down : down;
}

std::uint32_t code(double x) { return std::bit_cast<std::uint32_t>(static_cast<float>(x)); }

}  // namespace

TEST_CASE("Scaled sums of integers are rounded to whole numbers as rational arithmetic does, ties and all") {
  std::mt19937_64 random(21);
  std::size_t ties = 0;
  for (int n = 0; n < 200; ++n) {
    const std::size_t rows = 1 + random() % 6, columns = 1 + random() % 12, length = random() % 40;
    const bool by_column = random() % 2 == 0, powers = random() % 2 == 0;
    const auto mode = static_cast<rounding>(random() % 5);
    tensor a(element_type::of(binary32), {rows, length}), b(element_type::of(binary32), {length, columns});
    tensor scale(element_type::of(binary32), by_column ? extents{1, columns} : extents{});
    const auto draw = [&] { return static_cast<int>(random() % 511) - 255; };
    for (std::size_t i = 0; i < a.size(); ++i) a.set(i, code(draw()));
    for (std::size_t i = 0; i < b.size(); ++i) b.set(i, code(draw()));
    for (std::size_t i = 0; i < scale.size(); ++i) {
      const double s =
          std::ldexp(powers ? 1 : 1 + static_cast<double>(random() >> 41) * 0x1p-23, -static_cast<int>(random() % 14));
      scale.set(i, code(random() % 8 == 0 ? -s : s));
    }
    const reference::request want{.to = whole, .how = {mode, overflow::saturate_finite}};
    const reference::truth t = reference::gemm({.a = a.view(), .b = b.view(), .b_scale = scale.view()}, {}, want);
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < columns; ++j) {
        integer sum = 0;
        for (std::size_t k = 0; k < length; ++k) {
          sum += static_cast<int>(to_double(a[i * length + k], binary32)) *
                 static_cast<int>(to_double(b[k * columns + j], binary32));
        }
        // A scale of binary32 that is not below 2^-13 is a multiple of 2^-37.
        constexpr unsigned shift = 37;
        const double s = to_double(scale[by_column ? j : 0], binary32);
        const integer scaled = sum * static_cast<std::int64_t>(std::ldexp(s, shift));
        integer due = to_whole(scaled, shift, mode);
        if (abs(due) >= 1 << 21) due = due < 0 ? -((1 << 21) - 1) : (1 << 21) - 1;
        const std::uint64_t got = t.value[i * columns + j];
        const auto magnitude = static_cast<std::int64_t>(got & whole.magnitude_mask());
        INFO("case " << n << ", element " << i << ", " << j);
        CHECK(integer((got & whole.sign_mask()) != 0 ? -magnitude : magnitude) == due);
        ties += scaled % (integer(1) << shift) != 0 && scaled % (integer(1) << (shift - 1)) == 0 ? 1u : 0u;
      }
    }
  }
  CHECK(ties > 100);
}
