// Inputs that sit where conversions go wrong, a run over every instruction set, and a count of mismatches.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <hwy/targets.h>
#include <catch2/catch.hpp>

#include <assay/bulk/arithmetic.hpp>
#include <assay/bulk/convert.hpp>
#include <support/budget.hpp>

namespace bulk_test {

using namespace assay;

/// Named formats and some of a user's own: one-digit and two-digit ones, odd biases, both ends of binary32's range and
/// beyond it, NaN-less ones, and ones of more than 16 bits.
inline const std::vector<format>& all_formats() {
  static const std::vector<format> formats = [] {
    std::vector<format> list;
    for (const named_format& row : named_formats) list.push_back(row.value);
    for (const format f : {format{5, 0, 15},
                           format{4, 0, 7, encoding::fn},
                           format{1, 2, 0},
                           format{1, 6, 1, encoding::fn},
                           format{2, 5, 1},
                           format{3, 3, -4, encoding::fnuz},
                           format{5, 2, 40, encoding::finite},
                           format{5, 10, 15, encoding::fn},
                           format{5, 10, 0},
                           format{6, 9, 31},
                           format{8, 7, 126},
                           format{8, 7, 127, encoding::fn},
                           format{8, 7, 140},
                           format{8, 3, 127, encoding::fnuz},
                           format{7, 8, 127},
                           format{8, 0, 127},
                           format{8, 15, 127},
                           format{8, 21, 127},
                           format{8, 22, 127},
                           format{5, 22, 15},
                           format{8, 11, 127},
                           format{11, 4, 1023},
                           format{9, 6, 255},
                           format{4, 3, 120},
                           format{1, 2, -100, encoding::fn},
                           format{4, 11, 7}}) {
      list.push_back(f);
    }
    return list;
  }();
  return formats;
}

inline std::vector<conversion> all_conversions() {
  std::vector<conversion> list;
  for (const rounding mode : {rounding::ties_to_even, rounding::ties_to_away, rounding::toward_zero, rounding::upward,
                              rounding::downward, rounding::to_odd, rounding::stochastic})
    for (const overflow on_overflow : {overflow::ieee, overflow::saturate_finite, overflow::to_nan})
      for (const subnormals on_subnormal :
           {subnormals::keep, subnormals::flush_inputs, subnormals::flush_outputs, subnormals::flush_both})
        list.push_back({mode, on_overflow, on_subnormal, mode == rounding::stochastic ? 7 : 0});
  for (const int n : {1, 13, 24, 31, 32}) list.push_back({rounding::stochastic, overflow::ieee, subnormals::keep, n});
  std::uint64_t i = 0;
  std::erase_if(list, [&](const conversion&) { return !test::taken(i++); });
  return list;
}

inline std::string describe(format f, conversion how) {
  return "E" + std::to_string(f.exponent_bits) + "M" + std::to_string(f.fraction_bits) + " bias " +
         std::to_string(f.bias) + " encoding " + std::to_string(static_cast<int>(f.nonfinite)) + ", mode " +
         std::to_string(static_cast<int>(how.mode)) + " overflow " + std::to_string(static_cast<int>(how.on_overflow)) +
         " subnormals " + std::to_string(static_cast<int>(how.on_subnormal)) + " random bits " +
         std::to_string(how.random_bits);
}

template <class Float>
void push_with_neighbours(std::vector<Float>& list, double x) {
  const auto nearest = static_cast<Float>(x);
  constexpr Float infinity = std::numeric_limits<Float>::infinity();
  for (const Float y : {nearest, std::nextafter(nearest, infinity), std::nextafter(nearest, -infinity)}) {
    list.push_back(y);
    list.push_back(-y);
  }
}

template <class Float>
Float random_bits(std::mt19937_64& engine) {
  if constexpr (sizeof(Float) == 4)
    return std::bit_cast<float>(static_cast<std::uint32_t>(engine()));
  else
    return std::bit_cast<double>(engine());
}

/// Code values, midpoints and what is next to them; NaNs with payloads, infinities, subnormals; random bits.
template <class Float>
std::vector<Float> biased_inputs(format f, std::size_t random_count, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::vector<Float> list;
  using limits = std::numeric_limits<Float>;
  for (const Float x : {Float{0}, limits::infinity(), limits::denorm_min(), limits::min(), limits::max()})
    push_with_neighbours(list, static_cast<double>(x));
  const std::uint64_t count = std::min<std::uint64_t>(f.max_finite_code(), 300);
  for (std::uint64_t i = 0; i <= count; ++i) {
    // All codes of a small format; of a larger one the ends, and others at random.
    std::uint64_t code = i;
    if (f.max_finite_code() > count && i > 100)
      code = i < 200 ? f.max_finite_code() + i - 199 : engine() % f.max_finite_code();
    const double low = to_double(code, f);
    const double high = to_double(std::min(code + 1, f.max_finite_code()), f);
    push_with_neighbours<Float>(list, low);
    push_with_neighbours<Float>(list, low / 2 + high / 2);
    if (code == f.max_finite_code()) {
      push_with_neighbours<Float>(list, low + (low - to_double(code - 1, f)) / 2);
      push_with_neighbours<Float>(list, low * 2);
    }
  }
  for (std::size_t i = 0; i < random_count; ++i) {
    list.push_back(random_bits<Float>(engine));
    // A random fraction in the format's neighbourhood.
    const double scale = to_double(engine() % (f.max_finite_code() + 1), f);
    list.push_back(static_cast<Float>(scale * (static_cast<double>(static_cast<std::int64_t>(engine())) * 0x1p-62)));
  }
  for (int bit = 0; bit < 8 * static_cast<int>(sizeof(Float)) - 12; ++bit) {  // NaNs, signalling ones among them
    using bits = std::conditional_t<sizeof(Float) == 4, std::uint32_t, std::uint64_t>;
    const bits payload = static_cast<bits>(bits{1} << bit);
    list.push_back(std::bit_cast<Float>(static_cast<bits>(std::bit_cast<bits>(limits::infinity()) | payload)));
    list.push_back(std::bit_cast<Float>(static_cast<bits>(std::bit_cast<bits>(-limits::infinity()) | payload)));
  }
  return list;
}

/// Runs the body once per instruction set that this machine has, and once with none.
template <class Body>
void on_every_target(const Body& body) {
  const std::int64_t supported = hwy::SupportedTargets();
  for (std::int64_t bit = 0; bit < 63; ++bit) {
    const std::int64_t target = std::int64_t{1} << bit;
    if ((supported & target) == 0) continue;
    hwy::SetSupportedTargetsForTest(target);
    INFO("instruction set " << hwy::TargetName(target));
    body();
  }
  hwy::SetSupportedTargetsForTest(0);
}

struct mismatches {
  std::size_t count = 0;
  std::string first;

  void expect(bool equal, const auto& describe_it) {
    if (!equal && count++ == 0) first = describe_it();
  }
  void require_none() const {
    INFO(first);
    REQUIRE(count == 0);
  }
};

/// Calls use(a vector of the storage type of f).
template <class Use>
void with_storage(format f, const Use& use) {
  switch (storage_bytes(f)) {
    case 1: return use(std::uint8_t{});
    case 2: return use(std::uint16_t{});
    case 4: return use(std::uint32_t{});
    default: return use(std::uint64_t{});
  }
}

}  // namespace bulk_test
