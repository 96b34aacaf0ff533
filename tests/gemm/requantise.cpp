// Requantisation: the scalar definitions against 128-bit integers and values worked by hand, then whole GEMMs.
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

#include "integer_model.hpp"

using namespace gemm_test;
using Catch::Contains;

namespace {

constexpr std::int32_t lowest = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t highest = std::numeric_limits<std::int32_t>::max();

enum class ties { upward, away };

/// The integer nearest numerator / 2^exponent, found by trying its neighbours.
wide nearest(wide numerator, int exponent, ties how) {
  const wide unit = wide{1} << exponent, near = numerator / unit;
  wide best = near - 2;
  const auto distance = [&](wide x) { return x * unit > numerator ? x * unit - numerator : numerator - x * unit; };
  for (wide x = near - 1; x <= near + 1; ++x) {
    const bool tie = distance(x) == distance(best);
    const bool preferred = how == ties::upward ? x > best : (x < 0 ? -x : x) > (best < 0 ? -best : best);
    if (distance(x) < distance(best) || (tie && preferred)) best = x;
  }
  return best;
}

wide low_32_bits(wide x) { return fitted(x, 32, false); }

wide twice_rounded(std::int32_t x, std::int32_t multiplier, int shift) {
  const wide shifted = low_32_bits(wide{x} * (wide{1} << std::max(shift, 0)));
  const wide product = fitted(nearest(shifted * multiplier, 31, ties::upward), 32, true);
  return nearest(product, std::max(-shift, 0), ties::away);
}

wide once_rounded(std::int32_t x, std::int32_t multiplier, int shift) {
  return fitted(nearest(wide{x} * multiplier, 31 - shift, ties::upward), 32, true);
}

}  // namespace

TEST_CASE("The fixed-point multiplications have the bits of their definitions") {
  std::mt19937 random(1);
  const auto some = [&](int kind) -> std::int32_t {
    const auto bits = static_cast<std::int32_t>(random());
    if (kind == 0) return bits;
    if (kind == 1) return static_cast<std::int32_t>(random() % 65) - 32;
    if (kind == 2) return static_cast<std::int32_t>((std::uint32_t{1} << (random() % 32)) + random() % 3 - 1);
    return random() % 2 == 0 ? lowest : highest;
  };
  int wrong = 0;
  std::string first;
  const auto expect = [&](const char* what, wide got, wide due, std::int32_t x, std::int32_t y, int shift) {
    if (got == due || wrong++ != 0) return;
    first = std::string(what) + " of " + std::to_string(x) + ", " + std::to_string(y) + ", " + std::to_string(shift) +
            ": got " + std::to_string(static_cast<std::int64_t>(got)) + ", expected " +
            std::to_string(static_cast<std::int64_t>(due));
  };
  for (int i = 0; i < 60000; ++i) {
    const std::int32_t x = some(i % 4), y = some(i / 4 % 4);
    const int shift = static_cast<int>(random() % 62) - 31, exponent = static_cast<int>(random() % 32);
    expect("doubling multiply", saturating_rounding_doubling_high_multiply(x, y),
           fitted(nearest(wide{x} * y, 31, ties::upward), 32, true), x, y, 0);
    expect("divide", rounding_divide_by_power_of_two(x, exponent), nearest(x, exponent, ties::away), x, 0, exponent);
    expect("double rounding", multiply_double_rounding(x, {y, shift}), twice_rounded(x, y, shift), x, y, shift);
    expect("single rounding", multiply_single_rounding(x, {y, shift}), once_rounded(x, y, shift), x, y, shift);
  }
  INFO(first);
  CHECK(wrong == 0);
}

TEST_CASE("Requantisation gives the values worked by hand") {
  // The only product that leaves 32 bits: (-1) * (-1) = 1.
  static_assert(saturating_rounding_doubling_high_multiply(lowest, lowest) == highest);
  static_assert(saturating_rounding_doubling_high_multiply(lowest, highest) == -highest);
  // 3 / 2 and -3 / 2 as products by one half: ties go up.
  static_assert(saturating_rounding_doubling_high_multiply(3, 1 << 30) == 2);
  static_assert(saturating_rounding_doubling_high_multiply(-3, 1 << 30) == -1);
  // As quotients by two: away from zero.
  static_assert(rounding_divide_by_power_of_two(3, 1) == 2 && rounding_divide_by_power_of_two(-3, 1) == -2);
  static_assert(rounding_divide_by_power_of_two(-1, 1) == -1 && rounding_divide_by_power_of_two(-1, 2) == 0);
  static_assert(rounding_divide_by_power_of_two(lowest, 31) == -1 && rounding_divide_by_power_of_two(highest, 31) == 1);
  // 5 / 4 * 2^-1 = 0.625, which is 1 in one rounding. Twice: 5 / 4 rounds to 1, and 1 / 2 to 1.
  static_assert(multiply_single_rounding(5, {1 << 30, -2}) == 1 && multiply_double_rounding(5, {1 << 30, -2}) == 1);
  // 3 / 8 = 0.375 is 0; but 3 / 2 rounds to 2, and 2 / 4 to 1.
  static_assert(multiply_single_rounding(3, {1 << 30, -2}) == 0 && multiply_double_rounding(3, {1 << 30, -2}) == 1);
  // -3 / 2: one rounding takes the tie up, and so does the first of two.
  static_assert(multiply_single_rounding(-3, {1 << 30, 0}) == -1 && multiply_double_rounding(-3, {1 << 30, 0}) == -1);
  // -6 / 4 = -1.5: after an exact first rounding the second takes it away from zero.
  static_assert(multiply_single_rounding(-6, {1 << 30, -1}) == -1 && multiply_double_rounding(-6, {1 << 30, -1}) == -2);
  // Positive shifts: 100 * 2^4 / 2. Beyond 32 bits one saturates, the other has lost the high bits before.
  static_assert(multiply_single_rounding(100, {1 << 30, 4}) == 800 &&
                multiply_double_rounding(100, {1 << 30, 4}) == 800);
  static_assert(multiply_single_rounding(1 << 30, {1 << 30, 2}) == highest);
  static_assert(multiply_double_rounding(1 << 30, {1 << 30, 2}) == 0);
  // 2^24 + 1 is no float: it rounds to 2^24 first.
  static_assert(multiply_by_scale((1 << 24) + 1, 1.0f) == 1 << 24);
  static_assert(multiply_by_scale(5, 0.5f) == 2 && multiply_by_scale(7, 0.5f) == 4 &&
                multiply_by_scale(-5, 0.5f) == -2);
  static_assert(multiply_by_scale(5, 0.5f, rounding::ties_to_away) == 3);
  static_assert(multiply_by_scale(5, 0.5f, rounding::toward_zero) == 2);
  CHECK(multiply_by_scale(highest, 0x1p127f) == std::numeric_limits<std::int64_t>::max());
  // The zero point is added to the rounded number, then the clamp.
  static_assert(requantised_range{3}.place(124, int8) == 127 && requantised_range{3}.place(125, int8) == 127);
  static_assert(requantised_range{-10, 0, 6}.place(12, int8) == 2 && requantised_range{-10, 0, 6}.place(99, int8) == 6);
  static_assert(requantised_range{highest}.place(std::numeric_limits<std::int64_t>::min(), uint4) == 0);
  static_assert(requantised_range{}.place(-9, int4) == -8 && requantised_range{}.place(16, uint4) == 15);
}

TEST_CASE("Ways of rounding differ, so that a test tells them apart") {
  int single = 0, scale = 0;
  for (std::int32_t x = -5000; x < 5000; ++x) {
    const fixed_point_multiplier by = fixed_point(0.0123);
    const std::int32_t twice = multiply_double_rounding(x, by);
    single += twice != multiply_single_rounding(x, by) ? 1 : 0;
    scale += multiply_by_scale(x * 4 + 2, 0.25f) != multiply_single_rounding(x * 4 + 2, fixed_point(0.25)) ? 1 : 0;
  }
  CHECK(single > 0);
  CHECK(scale > 0);
}

TEST_CASE("A factor's fixed-point multiplier is the nearest, scaled to 31 bits") {
  std::mt19937_64 random(4);
  int wrong = 0;
  double first = 0;
  for (int i = 0; i < 20000; ++i) {
    const double factor = std::ldexp(static_cast<double>(random() >> 11 | 1), static_cast<int>(random() % 61) - 84);
    int exponent = 0;
    const double fraction = std::frexp(factor, &exponent);
    std::int64_t due = std::llround(std::ldexp(fraction, 31));
    if (due == std::int64_t{1} << 31) due /= 2, ++exponent;
    const fixed_point_multiplier got = fixed_point(factor);
    const fixed_point_multiplier expected = exponent < -31
                                                ? fixed_point_multiplier{0, 0}
                                                : fixed_point_multiplier{static_cast<std::int32_t>(due), exponent};
    if (exponent <= 30 && !(got == expected) && wrong++ == 0) first = factor;
  }
  INFO(first);
  CHECK(wrong == 0);
  CHECK(fixed_point(0.0) == fixed_point_multiplier{0, 0});
  CHECK(fixed_point(1.0) == fixed_point_multiplier{1 << 30, 1});
  CHECK(fixed_point(1 - 0x1p-40) == fixed_point_multiplier{1 << 30, 1});
  CHECK(fixed_point(0x1p-32) == fixed_point_multiplier{1 << 30, -31});
  CHECK(fixed_point(0x1.fffffffp-33) == fixed_point_multiplier{0, 0});
  CHECK(fixed_point(0x1p40) == fixed_point_multiplier{highest, 30});
  CHECK(fixed_point(5e-324) == fixed_point_multiplier{0, 0});
}

namespace {

struct requantised_case : integer_case {
  std::vector<float> scales;
  std::vector<std::int32_t> multipliers, shifts;

  void make_with(std::size_t factors) {
    make(10);
    std::mt19937 random(seed + 77);
    for (std::size_t j = 0; j < factors; ++j) {
      // Half of the factors are powers of two, which make ties.
      const double factor = std::ldexp(random() % 2 == 0 ? 1.0 : 1.0 + static_cast<double>(random() % 1000) / 1024,
                                       -static_cast<int>(random() % 12) - 2);
      scales.push_back(static_cast<float>(factor));
      const fixed_point_multiplier fixed = fixed_point(factor);
      multipliers.push_back(fixed.multiplier);
      shifts.push_back(fixed.shift);
    }
    p.requantise.scales = {scales.data(), scales.size()};
    p.requantise.multipliers = {multipliers.data(), multipliers.size()};
    p.requantise.shifts = {shifts.data(), shifts.size()};
  }
  template <class T>
  static T pick(const std::vector<T>& v, std::size_t j) {
    return v.size() == 1 ? v[0] : v[j];
  }
};

}  // namespace

TEST_CASE("A requantised GEMM is the definition applied to the sums of plain loops") {
  int wrong = 0;
  std::string first, here;
  std::uint32_t seed = 1;
  const auto count = [&](int bad) {
    if (bad != 0 && wrong == 0) first = here;
    wrong += bad;
  };
  for (const integer_format to : {int8, uint8, int16, int4, uint4, int32, int8_narrow}) {
    for (const std::size_t factors : {1u, 45u}) {
      for (const bool clamps : {false, true}) {
        requantised_case x;
        x.zeros_a = x.zeros_b = 1;
        x.biases = x.n;
        x.seed = seed++;
        x.rules = all_integer_rules[seed % 2];
        x.make_with(factors);
        const std::int32_t zero = static_cast<std::int32_t>(seed % 7) - (to.is_signed ? 3 : 0);
        x.p.requantise.range.zero_point = zero;
        if (clamps) x.p.requantise.range = {zero, zero, 5};
        const wide low = std::max<wide>(to.min(), clamps ? zero : lowest),
                   high = std::min<wide>(to.max(), clamps ? 5 : highest);
        const auto placed = [&](wide rounded) { return code_of(std::clamp(rounded + zero, low, high), to); };

        struct direction {
          rounding mode;
          double (*whole)(double);
        };
        const auto nearest_even = [](double y) { return std::nearbyint(y); };
        for (const direction d :
             {direction{rounding::ties_to_even, nearest_even}, direction{rounding::upward, std::ceil},
              direction{rounding::downward, std::floor}, direction{rounding::toward_zero, std::trunc},
              direction{rounding::ties_to_away, std::round}}) {
          x.p.requantise.by = requantiser::float_scale;
          x.p.requantise.mode = d.mode;
          count(integer_mismatches(x, to, here, [&](wide sum, std::size_t j) {
            const float product = static_cast<float>(static_cast<std::int32_t>(sum)) * x.pick(x.scales, j);
            return placed(static_cast<wide>(d.whole(static_cast<double>(product))));
          }));
        }
        x.p.requantise.by = requantiser::double_rounding;
        count(integer_mismatches(x, to, here, [&](wide sum, std::size_t j) {
          return placed(twice_rounded(static_cast<std::int32_t>(sum), x.pick(x.multipliers, j), x.pick(x.shifts, j)));
        }));
        x.p.requantise.by = requantiser::single_rounding;
        count(integer_mismatches(x, to, here, [&](wide sum, std::size_t j) {
          return placed(once_rounded(static_cast<std::int32_t>(sum), x.pick(x.multipliers, j), x.pick(x.shifts, j)));
        }));
      }
    }
  }
  INFO(first);
  CHECK(wrong == 0);
}

TEST_CASE("Large scales and far zero points requantise to the ends of the format") {
  for (const float scale : {3.0e38f, -3.0e38f, 0.0f, 1e-30f}) {
    for (const std::int32_t zero : {0, 127, highest, lowest}) {
      integer_case x;
      x.make();
      x.p.requantise.by = requantiser::float_scale;
      x.p.requantise.scales = {&scale, 1};
      x.p.requantise.range.zero_point = zero;
      std::string first;
      const int wrong = integer_mismatches(x, int8, first, [&](wide sum, std::size_t) {
        const double y =
            std::nearbyint(static_cast<double>(static_cast<float>(static_cast<std::int32_t>(sum)) * scale)) + zero;
        return code_of(static_cast<wide>(std::clamp(y, -128.0, 127.0)), int8);
      });
      INFO(first);
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("Requantisation that cannot be is refused with a clear sentence") {
  requantised_case x;
  x.make_with(1);
  owned_matrix d(int8, x.m, x.n), real(binary32, x.m, x.n);
  x.p.d = d.output();
  x.p.requantise.by = requantiser::float_scale;
  const gemm_problem sound = x.p;
  const auto error_of = [](const gemm_problem& p) -> std::string {
    try {
      gemm(p);
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
    return "none";
  };
  CHECK(error_of(sound) == "none");
  gemm_problem p = sound;
  p.d = real.output();
  CHECK_THAT(error_of(p), Contains("requantised into binary32; expected an integer format of up to 32 bits"));
  p = sound;
  p.with = parse_accumulator("integer:64:wrap");
  CHECK_THAT(error_of(p), Contains("requantised sums have 64 bits; expected an accumulator of up to 32"));
  p = sound;
  p.requantise.scales = {};
  CHECK_THAT(error_of(p), Contains("has no scales; expected 1 or 45"));
  p = sound;
  p.requantise.scales.size = 2;
  CHECK_THAT(error_of(p), Contains("2 requantisation scales; expected 1 or 45"));
  p = sound;
  const float infinite = std::numeric_limits<float>::infinity();
  p.requantise.scales = {&infinite, 1};
  CHECK_THAT(error_of(p), Contains("scale number 0 is not finite"));
  p = sound;
  p.requantise.mode = rounding::stochastic;
  CHECK_THAT(error_of(p), Contains("rounds stochastically"));
  p = sound;
  p.requantise.range = {0, 5, 4};
  CHECK_THAT(error_of(p), Contains("clamped to 5 to 4"));
  p.requantise.range = {0, 128, 200};
  CHECK_THAT(error_of(p), Contains("has numbers of int8, -128 to 127"));
  p = sound;
  p.requantise.by = requantiser::single_rounding;
  CHECK(error_of(p) == "none");
  const std::int32_t shift = 31;
  p.requantise.shifts = {&shift, 1};
  CHECK_THAT(error_of(p), Contains("shift number 0 is 31; expected -31 to 30"));
  p.requantise.shifts = {};
  CHECK_THAT(error_of(p), Contains("has no shifts"));
}
