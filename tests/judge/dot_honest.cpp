// No honest dot product fails: any order, any format, fused or not, in every rounding mode, on easy and hard data.
#include <catch2/catch.hpp>

#include <sstream>

#include <assay/format/name.hpp>
#include <assay/rounding/name.hpp>
#include <support/budget.hpp>

#include "dot_batch.hpp"

using namespace assay;

namespace {

struct accusation {
  std::size_t runs = 0, failures = 0;
  double largest_share = 0;
  std::string first;

  void judge(const test::batch& batch, const std::string& claim, const std::string& kernel) {
    const verdict v = batch.judged(claim, {.worst = 1, .diagnose = false});
    ++runs;
    if (v.overflow_allowed == 0) largest_share = std::max(largest_share, v.largest_share);
    if (v.pass || failures++ != 0) return;
    std::ostringstream text;
    text << kernel << " on " << format_name(batch.a.type().layout) << ", " << format_name(batch.b.type().layout)
         << " and c in " << format_name(batch.c.type().layout) << ", K = " << batch.a.shape()[1] << ": " << summary(v);
    first = text.str();
  }
};

/// The claim of this accumulator in any order.
std::string claim_of(const accumulate::floating& sum, format output, conversion store = {}) {
  std::string text = "accumulate=" + to_string(accumulator(sum)) + " order=any to=" + format_name(output);
  for (const std::string_view word : {name_of_value(store.mode), name_of_value(store.on_overflow)}) {
    text += ":" + std::string(word);
  }
  if (store.on_subnormal != subnormals::keep) text += ":" + std::string(name_of_value(store.on_subnormal));
  return text;
}

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
    batch.compute(test::kernel_of(sum, parse_order(order), out, store));
    court.judge(batch, claim_of(sum, out, store), to_string(accumulator(sum)) + " " + order);
  }
  return court;
}

}  // namespace

TEST_CASE("Honest floating-point sums in any order pass") {
  const accusation court = accuse_honest_kernels(test::fewer(1500), 3);
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
    batch.compute(test::kernel_of(sum, order::sequential{}, binary32));
    const verdict v = batch.judged(claim_of(sum, binary32));
    INFO(summary(v));
    CHECK(v.pass);
    CHECK(v.judged == 2);
  }
}

TEST_CASE("An addend that the accumulator does not hold may be rounded into it, though all products are exact") {
  std::mt19937_64 random(9);
  for (const rounding mode : {rounding::ties_to_even, rounding::downward}) {
    for (const std::size_t k : {1u, 2u, 5u}) {
      test::batch batch(e2m1fn, e4m3fn, format{6, 9, 31}, format{6, 9, 31}, 100, k);
      batch.fill(random, test::data::any_exponent);
      for (std::size_t i = 0; i < batch.a.size(); i += 2) batch.a.set(i, 0);  // or the products hide what c loses
      const accumulate::floating sum{binary16, {mode}};
      batch.compute(test::kernel_of(sum, order::sequential{}, format{6, 9, 31}));
      const verdict v = batch.judged(claim_of(sum, format{6, 9, 31}), {.diagnose = false});
      INFO(summary(v));
      CHECK(v.pass);
    }
  }
}

TEST_CASE("What may overflow to either side of a format without infinities may be any number between") {
  test::batch batch(binary16, binary16, binary32, e4m3fn, 2, 3);
  const double left[]{20480, -20480, 0.5};
  for (std::size_t i = 0; i < 6; ++i) {
    batch.a.set(i, convert(left[i % 3], binary16).code);
    batch.b.set(i, convert(1.0, binary16).code);
  }
  const accumulate::floating sum{e5m2};
  for (const char* order : {"sequential", "reversed"}) {  // 0.5 and, as it is lost at first, 0
    batch.compute(test::kernel_of(sum, parse_order(order), e4m3fn));
    const verdict v = batch.judged(claim_of(sum, e4m3fn), {.diagnose = false});
    INFO(order << ": " << summary(v));
    CHECK(v.pass);
  }
}

TEST_CASE("Exact claims accept the very bits, and only those") {
  std::mt19937_64 random(5);
  test::batch batch(binary16, binary16, binary32, binary32, 50, 32);
  batch.fill(random, test::data::ordinary);
  for (const char* claimed : {"unit:h100.mma.fp16.fp32", "unit:v100.mma.fp16.fp32", "exact", "kahan:binary32"}) {
    for (const char* computed : {"unit:h100.mma.fp16.fp32", "unit:v100.mma.fp16.fp32", "exact", "kahan:binary32"}) {
      batch.compute(test::kernel_of(parse_accumulator(computed), order::sequential{}, binary32));
      const verdict v = batch.judged("accumulate=" + std::string(claimed) + " to=binary32", {.diagnose = false});
      INFO(computed << " claimed as " << claimed);
      CHECK(v.exact_claim);
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
  batch.compute(test::kernel_of(accumulate::floating{binary32}, order::pairwise{}, binary32));
  const auto judged = [&](const char* order) {
    return batch.judged("accumulate=floating:binary32 to=binary32 order=" + std::string(order), {.diagnose = false});
  };
  CHECK(judged("any").pass);
  CHECK(!judged("any").exact_claim);
  CHECK(judged("pairwise").pass);
  CHECK(judged("pairwise").exact_claim);
  CHECK(!judged("sequential").pass);
  CHECK(judged("sequential").bit_failures > 0);
}
