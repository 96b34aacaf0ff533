// Wrong kernels fail, their legitimate twins pass, and the diagnosis names what is wrong.
#include <catch2/catch.hpp>

#include <assay/format/name.hpp>

#include "cases.hpp"

using namespace assay;

namespace {

/// The twin of a wrong kernel passes, the wrong one fails; what the diagnosis puts first.
std::string first_diagnosis(const kernel_call& call, std::span<const tensor> right, std::span<const tensor> wrong,
                            const claim& claimed) {
  const verdict honest = judge(call, right, claimed, {.diagnose = false});
  INFO("the honest twin: " << summary(honest));
  CHECK(honest.pass);
  const verdict v = judge(call, wrong, claimed);
  INFO("the wrong kernel: " << summary(v));
  CHECK(!v.pass);
  return v.diagnosis.empty() ? "none" : v.diagnosis.front().name;
}

std::string mutated(const kernel_call& call, format to, std::string_view claim_text, const arithmetic& wrong) {
  const claim claimed = parse_claim(call.name(), claim_text);
  return first_diagnosis(call, test::results_of(call, claimed.base, to), test::results_of(call, wrong, to), claimed);
}

arithmetic with_words(std::string_view kernel, std::string_view words) { return parse_arithmetic(kernel, words); }

}  // namespace

TEST_CASE("softmax: no maximum taken off, a bf16 sum, log2 e in bf16, a padded lane") {
  std::mt19937_64 random(3);
  kernel_call call = test::random_call(random, "softmax", bfloat16, 40, 256, test::spread::normal);
  CHECK(mutated(call, bfloat16, "fp32-accumulate", with_words("softmax", "accumulate=floating:bfloat16")) ==
        "bf16_accumulator");
  kernel_call other = call;
  other.set("temperature", attribute_value(1.4426950408889634 / 1.4453125));
  const claim claimed = parse_claim("softmax", "fp32-accumulate");
  CHECK(first_diagnosis(call, test::results_of(call, claimed.base, bfloat16),
                        test::results_of(other, claimed.base, bfloat16), claimed) == "log2e_in_bf16");
  kernel_call large("softmax");
  large.set_input("x", test::random_tensor(random, bfloat16, {40, 64}, test::spread::normal, 60));
  CHECK(mutated(large, bfloat16, "fp32-accumulate", with_words("softmax", "algorithm=naive")) == "no_max_subtraction");
}

TEST_CASE("layer_norm: eps outside of the root, an unbiased variance, one pass over shifted data, an early cast") {
  std::mt19937_64 random(4);
  kernel_call call("layer_norm");
  call.set_input("x", test::random_tensor(random, bfloat16, {64, 128}, test::spread::normal, 0.01));
  call.set_input("weight", test::random_tensor(random, bfloat16, {128}, test::spread::normal));
  CHECK(mutated(call, bfloat16, "fp32-accumulate", with_words("layer_norm", "eps=outside")) == "eps_outside");
  CHECK(mutated(call, bfloat16, "fp32-accumulate", with_words("layer_norm", "store.normalised=bfloat16")) ==
        "early_cast");
  kernel_call shifted("layer_norm");
  shifted.set_input("x", test::random_tensor(random, binary32, {64, 128}, test::spread::normal, 1, 3000));
  CHECK(mutated(shifted, binary32, "fp32-accumulate", with_words("layer_norm", "variance=one_pass")) ==
        "one_pass_variance");
}

TEST_CASE("Stores: truncated, ties away, rounded twice") {
  std::mt19937_64 random(5);
  const kernel_call call = test::random_call(random, "rms_norm", bfloat16, 64, 96, test::spread::normal);
  CHECK(mutated(call, bfloat16, "fp32-accumulate", with_words("rms_norm", "to=bfloat16:toward_zero")) ==
        "truncating_store");
  const claim claimed = parse_claim("rms_norm", "fp32-accumulate");
  const std::vector<tensor> first = test::results_of(call, claimed.base, binary16);
  std::vector<tensor> twice{tensor(element_type::of(e4m3fn), first[0].shape())};
  for (std::size_t i = 0; i < first[0].size(); ++i)
    twice[0].set(i, convert(encoded{first[0][i], binary16}, e4m3fn).code);
  CHECK(first_diagnosis(call, test::results_of(call, claimed.base, e4m3fn), twice, claimed) ==
        "double_rounding_binary16");
}

TEST_CASE("A conversion that truncates, mishandles -0 or saturates fails") {
  std::mt19937_64 random(6);
  kernel_call call("convert");
  call.set_input("x", test::random_tensor(random, binary32, {40, 64}, test::spread::wide, 60));
  CHECK(mutated(call, e4m3fn, "fp32-accumulate", with_words("convert", "to=e4m3fn:toward_zero")) == "truncating_store");
  CHECK(mutated(call, e4m3fn, "fp32-accumulate", with_words("convert", "to=e4m3fn:saturate_finite")) ==
        "saturating_store");
  std::vector<tensor> got = test::results_of(call, arithmetic{}, e4m3fn);
  tensor x = call.input("x");
  x.set(7, 0x80000000);
  call.set_input("x", x);
  got[0].set(7, 0x80);
  CHECK(judge(call, got).pass);
  got[0].set(7, 0);
  const verdict v = judge(call, got);
  REQUIRE(v.worst.size() == 1);
  CHECK(v.worst[0].what == finding::other_zero);
}

TEST_CASE("A bias that no bound sees is seen by all elements together", "[slow]") {
  // Truncated fp32 sums, far inside the entrywise bound of fp32 sums to nearest.
  std::mt19937_64 random(7);
  kernel_call call("sum");
  call.set_input("x", test::random_tensor(random, binary32, {2000, 64}, test::spread::uniform_positive));
  const claim nearest = parse_claim("sum", "fp32-accumulate");
  CHECK(judge(call, test::results_of(call, nearest.base, binary32), nearest).pass);
  const std::vector<tensor> wrong =
      test::results_of(call, with_words("sum", "accumulate=floating:binary32:toward_zero"), binary32);
  const verdict v = judge(call, wrong, nearest);
  CHECK(!v.pass);
  CHECK(v.bound_failures == 0);
  CHECK(v.distribution_failures > 0);
  INFO(summary(v));
  CHECK(judge(call, wrong, parse_claim("sum", "tensor-core")).pass);
}

TEST_CASE("Equal terms make roundings conspire: an honest sum of them passes all the same") {
  kernel_call call("sum");
  tensor x(element_type::of(binary32), {4, 60000});
  for (std::size_t i = 0; i < x.size(); ++i) x.set(i, 0x3dcccccd);  // 0.1
  call.set_input("x", x);
  const claim nearest = parse_claim("sum", "fp32-accumulate");
  CHECK(judge(call, test::results_of(call, nearest.base, binary32), nearest).pass);
}

TEST_CASE("A user's own hypothesis is tried first") {
  std::mt19937_64 random(8);
  const kernel_call call = test::random_call(random, "softmax", bfloat16, 40, 64, test::spread::normal);
  kernel_call wrong = call;
  wrong.set("temperature", attribute_value(0.7));
  const std::vector<hypothesis> mine{{"my_temperature", "the temperature is 0.7", [](kernel_call& c) {
                                        c.set("temperature", attribute_value(0.7));
                                        return true;
                                      }}};
  const claim claimed = parse_claim("softmax", "fp32-accumulate");
  const verdict v = judge(call, test::results_of(wrong, claimed.base, bfloat16), claimed, {.hypotheses = &mine});
  REQUIRE(!v.diagnosis.empty());
  CHECK(v.diagnosis[0].name == "my_temperature");
  CHECK(v.diagnosis[0].bit_for_bit);
}

TEST_CASE("Samples of large results say what they find") {
  std::mt19937_64 random(9);
  const kernel_call call = test::random_call(random, "softmax", bfloat16, 600, 32, test::spread::normal);
  std::vector<tensor> got = test::results_of(call, arithmetic{}, bfloat16);
  const verdict v = judge(call, got, {.most_elements = 3200});
  CHECK(v.pass);
  CHECK(v.judged < 4000);
  CHECK(v.judged >= 3000);
  CHECK(v.sampling.find("of 600 units") != std::string::npos);
  for (std::size_t i = 599 * 32; i < 600 * 32; ++i) got[0].set(i, 0);  // the last line is always among them
  CHECK(!judge(call, got, {.most_elements = 3200}).pass);
}

TEST_CASE("A kernel is judged in one expression") {
  const float x[]{1, 2, 3, 4}, y[]{0.032058604f, 0.08714432f, 0.23688284f, 0.6439143f};
  CHECK(judged("softmax").input("x", x, {4}).result(y, {4}).passes());
  CHECK(!judged("softmax").input("x", x, {4}).result(x, {4}).passes());
}

TEST_CASE("Claims are read back, and refused in words") {
  CHECK(parse_claim("softmax", "fp32-accumulate function_ulps=2 order=pairwise").any_order == false);
  CHECK(parse_claim("softmax", "accumulate=floating:binary32|floating:bfloat16").accumulators.size() == 2);
  for (const claim_preset& p : claim_presets) {
    INFO(p.name);
    CHECK(describe(parse_claim("softmax", p.name)).find(p.name) == 0);
  }
  for (const char* wrong :
       {"fp33", "function_ulps=-1", "order=sometimes", "variance=three_pass", "compute=float7", "x=1"}) {
    INFO(wrong);
    CHECK_THROWS_AS(parse_claim("softmax", wrong), std::invalid_argument);
  }
}
