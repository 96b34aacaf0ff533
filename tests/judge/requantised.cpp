// Requantised results: honest kernels pass, one wrong integer fails, what is wrong is named.
#include <catch2/catch.hpp>

#include "requantised_model.hpp"

using namespace assay;
using Catch::Matchers::Contains;
using test::requantised_case;
using test::stored_type;

namespace {

constexpr integer_format types[]{int8, uint8, int4, uint4, int16};

/// Anything that requantisation has, at random; scales of powers of two have ties everywhere.
requantised_case any_case(std::mt19937_64& random) {
  const auto type = [&](std::size_t most) { return types[random() % most]; };
  const auto below = [&](std::size_t n) { return 1 + random() % n; };
  const std::size_t batch = random() % 4 == 0 ? below(3) : 0;
  requantised_case c(random, type(4), type(4), type(5), below(9), below(20), below(70), batch);
  requantised_product& p = c.p;
  const auto zero_of = [&](integer_format f) {
    const auto count = static_cast<std::uint64_t>(f.max() - f.min()) + 1;
    return static_cast<std::int32_t>(f.min() + static_cast<std::int64_t>(random() % count));
  };
  if (random() % 2 == 0) p.zero_a.assign(random() % 2 == 0 ? 1 : c.m, zero_of(p.a.type));
  if (random() % 2 == 0) p.zero_b.assign(random() % 2 == 0 ? 1 : c.n, zero_of(p.b.type));
  for (std::int32_t& zero : p.zero_b) zero = zero_of(p.b.type);
  for (std::int32_t& zero : p.zero_a) zero = zero_of(p.a.type);
  if (random() % 2 == 0) {
    for (std::size_t j = 0; j < c.n; ++j) p.bias.push_back(static_cast<std::int32_t>(random() % 20001) - 10000);
  }
  if (random() % 2 == 0) p.range.zero_point = zero_of(p.to);
  const float scale = c.spread_scale();
  p.scales.assign(random() % 2 == 0 ? 1 : c.n, scale);
  const bool powers = random() % 2 == 0;
  for (float& s : p.scales) {
    s *= 0.5f + static_cast<float>(random() % 1000) / 500;
    if (powers) s = std::exp2(std::round(std::log2(s)));
    if (random() % 16 == 0) s = -s;
  }
  constexpr rounding modes[]{rounding::ties_to_even, rounding::ties_to_even, rounding::ties_to_away,
                             rounding::toward_zero,  rounding::downward,     rounding::upward};
  p.mode = modes[random() % 6];
  p.zero_point_inside = random() % 4 == 0;
  if (random() % 4 == 0) p.range.lowest = p.range.zero_point;  // a ReLU
  return c;
}

std::int64_t least_of(const requantised_case& c) { return c.clamped(INT32_MIN); }
std::int64_t most_of(const requantised_case& c) { return c.clamped(INT32_MAX); }

/// 24 x 32 results of K = 48, a scale for each column, nothing else.
requantised_case plain_case(integer_format to, std::uint64_t seed = 5) {
  std::mt19937_64 random(seed);
  requantised_case c(random, int8, int8, to, 24, 32, 48);
  const float scale = c.p.scales[0];
  c.p.scales.clear();
  for (std::size_t j = 0; j < c.n; ++j) c.p.scales.push_back(scale * (0.6f + 0.05f * static_cast<float>(j)));
  return c;
}

void check_named(const requantised_case& c, const tensor& wrong, const std::string& name) {
  INFO(name);
  for (const requantised_by claimed : {requantised_by::exact, requantised_by::float_scale}) {
    requantised_product p = c.p;
    p.claimed = claimed;
    const verdict v = judge(p, wrong);
    CHECK(!v.pass);
    REQUIRE(!v.diagnosis.empty());
    CHECK(v.diagnosis[0].name == name);
    CHECK(v.diagnosis[0].bit_for_bit);
    // Emulated in binary32, an integer of int16 beside a tie may be another.
    CHECK(100 * v.diagnosis[0].failing_explained >= 99 * v.diagnosis[0].failing);
    CHECK(100 * v.diagnosis[0].others_explained >= 99 * v.diagnosis[0].others);
  }
}

}  // namespace

TEST_CASE("Correctly rounded and clamped integers pass, whatever the types, zero points, scales and rounding") {
  std::mt19937_64 random(11);
  for (int n = 0; n < 300; ++n) {
    requantised_case c = any_case(random);
    const tensor y = c.exact();
    for (const requantised_by claimed : {requantised_by::exact, requantised_by::float_scale}) {
      c.p.claimed = claimed;
      const verdict v = judge(c.p, y);
      INFO("case " << n << ": " << summary(v));
      CHECK(v.pass);
      CHECK(v.correctly_rounded == y.size());
    }
  }
}

TEST_CASE("A multiplication in binary32 passes as what it is, and never differs from the truth by more than 1",
          "[slow]") {
  std::mt19937_64 random(12);
  std::size_t near_ties = 0;
  for (int n = 0; n < 300; ++n) {
    requantised_case c = any_case(random);
    // Large sums, which binary32 rounds: only int16 results come near ties often enough to be seen here.
    if (n % 2 == 0) c = requantised_case(random, int16, int8, int16, 16, 24, 300);
    const verdict v = judge(c.p, c.in_binary32());
    INFO("case " << n << ": " << summary(v));
    CHECK(v.pass);
    CHECK(v.largest_share <= 1);
    near_ties += v.judged - v.correctly_rounded;
  }
  CHECK(near_ties > 5);
}

TEST_CASE("One integer that is off by 1 fails, and is shown with what is due") {
  std::mt19937_64 random(13);
  for (int n = 0; n < 100; ++n) {
    requantised_case c = any_case(random);
    tensor y = c.exact();
    const std::size_t at = random() % y.size();
    const std::int64_t due = c.clamped(c.placed(c.real(at))), other = due == most_of(c) ? due - 1 : due + 1;
    if (least_of(c) == most_of(c)) continue;
    y.set(at, static_cast<std::uint64_t>(other) & c.p.to.code_mask());
    c.p.claimed = requantised_by::exact;
    judge_options how;
    how.diagnose = false;
    const verdict v = judge(c.p, y, how);
    INFO("case " << n << ": " << summary(v));
    CHECK(!v.pass);
    REQUIRE(v.worst.size() == 1);
    const element_report& e = v.worst[0];
    CHECK(e.index == at);
    CHECK(e.what == finding::other_bits);
    CHECK(e.got_value == static_cast<double>(other));
    CHECK(e.got == (static_cast<std::uint64_t>(other) & c.p.to.code_mask()));
    CHECK(e.truth == (static_cast<std::uint64_t>(due) & c.p.to.code_mask()));
    CHECK(v.integers == c.p.to);
  }
}

TEST_CASE("Beside a tie binary32 may give either integer, the exact claim one, and neither another") {
  // 3 * 0.8333333 lies 8.9e-8 below the tie of 2.5, which the product of binary32 rounds to.
  requantised_product p;
  p.a = {tensor(stored_type(int8), {1, 1}), int8}, p.b = p.a;
  p.a.codes.set(0, 3), p.b.codes.set(0, 1);
  p.scales = {0.8333333f};
  p.mode = rounding::ties_to_away;
  const auto passes = [&](requantised_by claimed, std::uint64_t code) {
    p.claimed = claimed;
    tensor y(stored_type(int8), {1, 1});
    y.set(0, code);
    return judge(p, y).pass;
  };
  REQUIRE(static_cast<double>(p.scales[0]) * 3 < 2.5);
  REQUIRE(p.scales[0] * 3 == 2.5f);
  CHECK(passes(requantised_by::float_scale, 2));
  CHECK(passes(requantised_by::float_scale, 3));
  CHECK(passes(requantised_by::exact, 2));
  CHECK(!passes(requantised_by::exact, 3));
  for (const std::uint64_t other : {0u, 1u, 4u, 253u}) {
    CHECK(!passes(requantised_by::float_scale, other));
    CHECK(!passes(requantised_by::exact, other));
  }
}

TEST_CASE("Wrong roundings of requantised results are named") {
  requantised_case c = plain_case(int16);
  for (float& s : c.p.scales) s = std::exp2(std::round(std::log2(s)));  // ties
  check_named(c, c.results([&](std::size_t e) { return c.clamped(std::llrint(std::trunc(c.real(e)))); }), "truncated");
  check_named(c, c.results([&](std::size_t e) { return c.clamped(std::llrint(std::floor(c.real(e)))); }), "floored");
  check_named(c, c.results([&](std::size_t e) { return c.clamped(std::llround(c.real(e))); }), "ties_away");
  check_named(c, c.results([&](std::size_t e) { return c.clamped(std::llrint(std::floor(c.real(e) + 0.5L))); }),
              "ties_upward");
  c.p.mode = rounding::ties_to_away;
  check_named(c, c.results([&](std::size_t e) { return c.clamped(std::llrint(c.real(e))); }), "ties_to_even");
  c.p.mode = rounding::ties_to_even;
  c.p.range.zero_point = 3;
  check_named(c, c.results([&](std::size_t e) { return c.clamped(std::llrint(c.real(e) + 3)); }),
              "zero_point_before_rounding");
  c.p.zero_point_inside = true;
  check_named(c, c.results([&](std::size_t e) { return c.clamped(std::llrint(c.real(e)) + 3); }),
              "zero_point_behind_rounding");
  requantised_case u = plain_case(int8);
  u.p.range.zero_point = 30;
  check_named(u, u.results([&](std::size_t i) { return u.clamped(std::llrint(std::trunc(u.real(i) + 30))); }),
              "truncated_behind_zero_point");
}

TEST_CASE("Missing and wrong saturation are named", "[slow]") {
  for (const integer_format to : {int8, uint8, int4, int16}) {
    requantised_case c = plain_case(to);
    if (!to.is_signed) c.p.range.zero_point = 100;
    const integer_format other{to.bits, !to.is_signed};
    const auto due = [&](std::size_t e) { return c.placed(c.real(e)); };
    check_named(c, c.results(due), "wraps");
    check_named(c, c.results([&](std::size_t e) { return std::clamp(due(e), other.min(), other.max()); }),
                to.is_signed ? "saturates_as_unsigned" : "saturates_as_signed");
    check_named(c, c.results([&](std::size_t e) {
      return std::clamp(due(e), std::max(to.min(), other.min()), std::min(to.max(), other.max()));
    }),
                "saturates_in_both");
    if (to.is_signed) {
      check_named(c, c.results([&](std::size_t e) { return std::clamp(due(e), -to.max(), to.max()); }),
                  "saturates_symmetrically");
    }
    const tensor unclamped = c.exact();
    c.p.range.highest = static_cast<std::int32_t>(to.max() / 2);
    check_named(c, unclamped, "clamp_missing");
  }
}

TEST_CASE("Wrong zero points of requantised results and of factors are named") {
  requantised_case c = plain_case(uint8);
  c.p.range.zero_point = 120;
  const auto scaled = [&](std::size_t e) { return std::llrint(c.real(e)); };
  check_named(c, c.results([&](std::size_t e) { return c.clamped(scaled(e)); }), "zero_point_missing");
  check_named(c, c.results([&](std::size_t e) { return c.clamped(scaled(e) - 120); }), "zero_point_subtracted");
  check_named(c, c.results([&](std::size_t e) { return c.clamped(scaled(e)) + 120; }), "zero_point_behind_clamp");
  for (const bool left : {true, false}) {
    for (const bool many : {false, true}) {
      requantised_case z = plain_case(int8);
      auto& zeros = left ? z.p.zero_a : z.p.zero_b;
      const std::size_t lines = !many ? 1 : left ? z.m : z.n;
      for (std::size_t i = 0; i < lines; ++i) zeros.push_back(17 - static_cast<std::int32_t>(i));
      requantised_case wrong = z;
      (left ? wrong.p.zero_a : wrong.p.zero_b).clear();
      const std::string name = left ? "zero_a" : "zero_b";
      check_named(z, wrong.exact(), name + "_missing");
      for (std::int32_t& zero : zeros) zero = -zero;
      (left ? wrong.p.zero_a : wrong.p.zero_b) = zeros;
      for (std::int32_t& zero : zeros) zero = -zero;
      check_named(z, wrong.exact(), name + "_added");
    }
  }
}

TEST_CASE("Wrong scales, biases and types of factors are named", "[slow]") {
  requantised_case c = plain_case(int8);
  for (std::size_t j = 0; j < c.n; ++j) c.p.bias.push_back(static_cast<std::int32_t>(100000 * (j % 7)) - 250000);
  const auto with = [&](auto change) {
    requantised_case wrong = c;
    change(wrong.p);
    return wrong.exact();
  };
  check_named(c, with([](requantised_product& p) { p.bias.clear(); }), "bias_missing");
  check_named(c, with([](requantised_product& p) {
                for (std::int32_t& b : p.bias) b = -b;
              }),
              "bias_subtracted");
  check_named(c, with([](requantised_product& p) { p.a.type = uint8; }), "a_as_uint8");
  check_named(c, with([](requantised_product& p) { p.b.type = uint8; }), "b_as_uint8");
  // The catalogue's own explanations of inputs.
  for (const bool first : {true, false}) {
    const tensor wrong = with([&](requantised_product& p) {
      if (first) p.scales.assign(p.scales.size(), p.scales[0]);
      if (!first) std::rotate(p.scales.begin(), p.scales.begin() + 1, p.scales.end());
    });
    const verdict v = judge(c.p, wrong);
    CHECK(!v.pass);
    REQUIRE(!v.diagnosis.empty());
    INFO(summary(v));
    CHECK_THAT(v.diagnosis[0].name, Contains("scale"));
    CHECK(v.diagnosis[0].failing_explained == v.diagnosis[0].failing);
  }
}

TEST_CASE("Pair sums that saturate in 16 bits are named behind a scale, too") {
  std::mt19937_64 random(3);
  requantised_case c(random, uint8, int8, int8, 20, 24, 64);
  c.p.zero_a = {128};
  const tensor wrong = c.results([&](std::size_t e) {
    std::int64_t sum = c.sum(e);
    for (std::size_t l = 0; l < c.k; l += 2) {
      const std::int64_t pair = c.a_at(e, l) * c.b_at(e, l) + c.a_at(e, l + 1) * c.b_at(e, l + 1);
      sum += std::clamp<std::int64_t>(pair, -32768, 32767) - pair;
    }
    return c.clamped(std::llrint(static_cast<double>(c.scale(e)) * static_cast<double>(sum)));
  });
  check_named(c, wrong, "pair_sums_saturate");
}

TEST_CASE("What does not fit is refused in a sentence") {
  std::mt19937_64 random(4);
  const requantised_case c(random, int8, int8, int8, 3, 4, 5);
  const tensor y = c.exact();
  const auto refuses = [&](auto change, const std::string& sentence) {
    requantised_product p = c.p;
    change(p);
    CHECK_THROWS_WITH(judge(p, y), Contains(sentence));
  };
  using product = requantised_product;
  refuses([](product& p) { p.scales = {1, 2}; }, "scale holds 2; expected one, or 4.");
  refuses([](product& p) { p.scales.clear(); }, "scale holds ");
  refuses([](product& p) { p.scales = {HUGE_VALF}; }, "scale holds a number that is not finite.");
  refuses([](product& p) { p.bias = {1}; }, "bias holds 1; expected 4.");
  refuses([](product& p) { p.zero_a = {1, 2}; }, "a's zero points holds 2; expected one, or 3.");
  refuses([](product& p) { p.zero_b = {70000}; }, "b's zero point is 70000; expected a zero point within 16 bits");
  refuses([](product& p) { p.to = int32; }, "the result has integers of 32 bits; expected at most 16.");
  refuses([](product& p) { p.range.zero_point = 128; },
          "the result's zero point is 128; expected a number of its type");
  refuses([](product& p) { p.range.lowest = 200; }, "which holds no number of the result's type");
  refuses([](product& p) { p.mode = rounding::stochastic; }, "the rounding is stochastic");
  refuses([](product& p) { p.transpose_a = !p.transpose_a; }, "a has K = ");
  CHECK_THROWS_WITH(judge(c.p, tensor(stored_type(int8), {3, 5})), Contains("got has shape (3, 5); expected (3, 4)."));
}
