// No honest kernel fails: any order, any format, fused or not, in every rounding mode, on easy and hard data.
#include <catch2/catch.hpp>

#include <sstream>

#include <assay/accumulate/grammar.hpp>
#include <assay/format/name.hpp>

#include "support.hpp"

using namespace assay;

namespace {

struct accusation {
  std::size_t runs = 0, failures = 0;
  double largest_share = 0;
  std::string first;

  void judge(const test::batch& batch, const dot_claim& claim, const std::string& kernel) {
    const verdict v = judge_dot(batch.problem(), claim, {.worst = 1, .diagnose = false});
    ++runs;
    if (v.overflow_allowed == 0) largest_share = std::max(largest_share, v.largest_share);
    if (v.pass || failures++ != 0) return;
    std::ostringstream text;
    text << kernel << " accused of not being " << v.claim << " on " << format_name(batch.a.type().layout) << " into "
         << format_name(v.output) << ", K = " << v.length << ": " << describe(v.worst[0].what) << ", "
         << v.worst[0].distance << " ulp off, bound " << v.worst[0].bound;
    first = text.str();
  }
};

/// So many random kernels, 8 rows each.
accusation accuse_honest_kernels(int runs, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const format inputs[]{binary16, bfloat16, e4m3fn, e5m2, binary32, e2m1fn};
  const format sums[]{binary32, bfloat16, binary16, e4m3fn, e5m2, format{6, 9, 31}};
  const rounding modes[]{rounding::ties_to_even, rounding::ties_to_even, rounding::ties_to_away, rounding::toward_zero,
                         rounding::upward,       rounding::downward,     rounding::to_odd};
  const char* orders[]{"sequential", "reversed", "pairwise", "blocked:4", "split_k:3", "lanes:8", "permuted:5"};
  const overflow overflows[]{overflow::ieee, overflow::ieee, overflow::saturate_finite, overflow::to_nan};
  accusation court;
  for (int run = 0; run < runs; ++run) {
    const format in = inputs[random() % std::size(inputs)], kept = sums[random() % std::size(sums)];
    const format out = random() % 2 == 0 ? kept : sums[random() % std::size(sums)];
    const format other = inputs[random() % std::size(inputs)], addend = random() % 2 == 0 ? kept : out;
    test::batch batch(in, other, addend, out, 8, random() % 40);
    batch.fill(random, static_cast<test::data>(random() % 5));
    // One draw a statement: the order in which arguments are evaluated is the compiler's choice.
    accumulate::floating sum{kept};
    sum.how.mode = modes[random() % std::size(modes)];
    sum.how.on_overflow = overflows[random() % std::size(overflows)];
    if (random() % 6 == 0) sum.how.on_subnormal = static_cast<subnormals>(random() % 4);
    if (random() % 2 == 0) sum.multiply = accumulate::multiplication::rounded;
    conversion store;
    store.mode = modes[random() % std::size(modes)];
    store.on_overflow = overflows[random() % std::size(overflows)];
    if (random() % 6 == 0) store.on_subnormal = subnormals::flush_outputs;
    const std::string order = orders[random() % std::size(orders)];
    batch.compute(dot_model_of(sum, parse_order(order), out, store));
    court.judge(batch, claim_of(sum, std::nullopt, out, store), to_string(accumulator(sum)) + " " + order);
  }
  return court;
}

}  // namespace

TEST_CASE("Honest floating-point sums in any order pass") {
  const accusation court = accuse_honest_kernels(1500, 3);
  INFO(court.failures << " of " << court.runs << " runs; the first: " << court.first);
  REQUIRE(court.failures == 0);
  INFO("The largest error is " << court.largest_share << " of its bound: the bound is not idle");
  CHECK(court.largest_share > 0.5);
}

TEST_CASE("A million honest rows pass", "[.prove]") {
  const accusation court = accuse_honest_kernels(125000, 8);
  INFO(court.failures << " of " << court.runs << " runs; the first: " << court.first);
  CHECK(court.failures == 0);
}

TEST_CASE("A long honest sum passes, and so does one with a truncating accumulator that claims to truncate") {
  std::mt19937_64 random(4);
  for (const rounding mode : {rounding::ties_to_even, rounding::toward_zero}) {
    test::batch batch(bfloat16, bfloat16, binary32, binary32, 2, 20000);
    batch.fill(random, test::data::ordinary);
    const accumulate::floating sum{binary32, {mode}};
    batch.compute(dot_model_of(sum, order::sequential{}, binary32, {}));
    const verdict v = judge_dot(batch.problem(), claim_of(sum, std::nullopt, binary32));
    CHECK(v.pass);
    CHECK(v.length == 20000);
  }
}

TEST_CASE("Exact claims accept the very bits, and only those") {
  std::mt19937_64 random(5);
  test::batch batch(binary16, binary16, binary32, binary32, 50, 32);
  batch.fill(random, test::data::ordinary);
  for (const char* claimed : {"unit:h100.mma.fp16.fp32", "unit:v100.mma.fp16.fp32", "exact", "kahan:binary32"}) {
    for (const char* computed : {"unit:h100.mma.fp16.fp32", "unit:v100.mma.fp16.fp32", "exact", "kahan:binary32"}) {
      const accumulator kernel = parse_accumulator(computed);
      batch.compute(dot_model_of(kernel, order::sequential{}, binary32, {}));
      const verdict v =
          judge_dot(batch.problem(), claim_of(parse_accumulator(claimed), std::nullopt, binary32), {.diagnose = false});
      INFO(computed << " claimed as " << claimed);
      // Kahan's sum of 32 products is nearly always the exact one: only its units can be told apart for sure.
      if (std::string(claimed) == computed) CHECK(v.pass);
      if ((claimed[0] == 'u') != (computed[0] == 'u')) CHECK(!v.pass);
    }
  }
}

TEST_CASE("A stated order is an exact claim") {
  std::mt19937_64 random(6);
  test::batch batch(binary32, binary32, binary32, binary32, 40, 64);
  batch.fill(random, test::data::ordinary);
  batch.compute(dot_model_of(accumulate::floating{binary32}, order::pairwise{}, binary32, {}));
  const auto judged = [&](std::optional<summation_order> in) {
    return judge_dot(batch.problem(), claim_of(accumulate::floating{binary32}, in, binary32), {.diagnose = false});
  };
  CHECK(judged(std::nullopt).pass);
  CHECK(judged(order::pairwise{}).pass);
  CHECK(!judged(order::sequential{}).pass);
  CHECK(judged(order::sequential{}).bit_failures > 0);
}
