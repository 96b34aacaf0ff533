// What a user's kernel can get wrong that no table names by itself: places, factors, blocks, indices, axes.
#include <catch2/catch.hpp>

#include "cases.hpp"

using namespace assay;
using Catch::Matchers::Contains;

namespace {

kernel_call small_gemm(std::uint64_t seed, format f, std::size_t m = 32, std::size_t n = 48, std::size_t k = 128) {
  std::mt19937_64 random(seed);
  kernel_call call("gemm");
  call.set_input("a", test::random_tensor(random, f, {m, k}, test::spread::normal));
  call.set_input("b", test::random_tensor(random, f, {k, n}, test::spread::normal));
  return call;
}

/// What the diagnosis puts first for these results.
hypothesis_report first(const kernel_call& call, std::span<const tensor> got) {
  const verdict v = judge(call, got, parse_claim(call.name(), "fp32-accumulate"));
  INFO(summary(v));
  REQUIRE(!v.pass);
  REQUIRE(!v.diagnosis.empty());
  return v.diagnosis.front();
}

std::vector<tensor> honest(const kernel_call& call, format to) {
  return test::results_of(call, parse_claim(call.name(), "fp32-accumulate").base, to);
}

/// Honest results of the call with another input.
template <class Source>
std::vector<tensor> with_input(const kernel_call& call, const char* name, format to, const Source& source) {
  kernel_call other = call;
  const tensor x = call.input(name);
  tensor y(x.type(), x.shape());
  for (std::size_t i = 0; i < y.size(); ++i) y.set(i, source(x, i));
  other.set_input(name, std::move(y));
  return honest(other, to);
}

}  // namespace

TEST_CASE("Values in the wrong place are found, with the place that they are due in", "[slow]") {
  const kernel_call call = small_gemm(1, bfloat16);
  const std::vector<tensor> right = honest(call, bfloat16);
  const std::size_t n = 48;
  std::vector<tensor> got = right;
  for (std::size_t i = 0; i < 32; ++i) {  // columns 5 and 17 exchanged
    got[0].set(i * n + 5, right[0][i * n + 17]);
    got[0].set(i * n + 17, right[0][i * n + 5]);
  }
  hypothesis_report h = first(call, got);
  CHECK(h.name == "columns_moved");
  CHECK_THAT(h.explanation, Contains("12 columns to the right") && Contains("12 columns to the left"));

  got = right;
  for (std::size_t i = 24; i < 32; ++i) {  // an offset wraps: the last rows are the first
    for (std::size_t j = 0; j < n; ++j) got[0].set(i * n + j, right[0][(i - 24) * n + j]);
  }
  h = first(call, got);
  CHECK(h.name == "rows_moved");
  CHECK_THAT(h.explanation, Contains("24 rows above"));
}

TEST_CASE("A block of products missing or doubled in the middle of the sums is named with its place along k",
          "[slow]") {
  const kernel_call call = small_gemm(2, binary16);
  std::vector<tensor> got = with_input(
      call, "a", binary32, [](const tensor& a, std::size_t i) { return i % 128 >= 64 && i % 128 < 80 ? 0 : a[i]; });
  hypothesis_report h = first(call, got);
  CHECK(h.name == "k_block_missing");
  CHECK_THAT(h.explanation, Contains("k = 64 to 79"));
  const verdict v = judge(call, got, parse_claim("gemm", "fp32-accumulate"));
  REQUIRE(v.along_k.block == 8);
  REQUIRE(v.along_k.share.size() == 16);
  for (std::size_t b = 0; b < 16; ++b) {
    INFO(b);
    CHECK(std::abs(v.along_k.share[b] - (b == 8 || b == 9 ? -1 : 0)) < 0.2);
  }
  got = with_input(call, "a", binary32, [](const tensor& a, std::size_t i) {
    return i % 128 >= 32 && i % 128 < 64 ? convert(2 * to_double(a[i], binary16), binary16).code : a[i];
  });
  h = first(call, got);
  CHECK(h.name == "k_block_twice");
  CHECK_THAT(h.explanation, Contains("k = 32 to 63"));
}

TEST_CASE("A scale off by one block is seen along k, and rounding errors are seen nowhere along it", "[slow]") {
  std::mt19937_64 random(12);
  kernel_call call = small_gemm(12, e4m3fn);
  tensor scales(element_type::of(binary32), {32, 4});
  for (std::size_t i = 0; i < scales.size(); ++i) scales.set(i, convert(i % 4 == 2 ? 3.0 : 1.0, binary32).code);
  call.set_input("a_scale", scales);
  kernel_call other = call;
  for (std::size_t i = 2; i < scales.size(); i += 4) scales.set(i, convert(1.5, binary32).code);
  other.set_input("a_scale", scales);
  const claim claimed = parse_claim("gemm", "fp32-accumulate");
  const verdict v = judge(call, honest(other, binary32), claimed);
  REQUIRE(v.along_k.share.size() == 16);
  for (std::size_t b = 0; b < 16; ++b) {
    INFO(b);
    CHECK(std::abs(v.along_k.share[b] - (b / 4 == 2 ? -0.5 : 0)) < 0.2);
  }
  arithmetic coarse = claimed.base;
  coarse.accumulate = accumulate::floating{bfloat16};
  CHECK(judge(call, test::results_of(call, coarse, binary32), claimed).along_k.share.empty());
}

TEST_CASE("A factor that no known cause explains is measured", "[slow]") {
  const kernel_call call = small_gemm(3, bfloat16);
  std::vector<tensor> got = honest(call, bfloat16);
  for (std::size_t i = 0; i < got[0].size(); ++i) {
    got[0].set(i, convert(to_double(got[0][i], bfloat16) / 24, bfloat16).code);
  }
  const hypothesis_report h = first(call, got);
  CHECK(h.name == "factor");
  CHECK_THAT(h.explanation, Contains("1 / 24"));
}

TEST_CASE("An index off by one and an axis taken for another are named for any input of any kernel") {
  std::mt19937_64 random(4);
  kernel_call conv("conv2d");
  conv.set_input("x", test::random_tensor(random, bfloat16, {2, 4, 8, 8}, test::spread::normal));
  conv.set_input("weight", test::random_tensor(random, bfloat16, {6, 4, 3, 3}, test::spread::normal));
  const auto transposed = with_input(
      conv, "weight", bfloat16, [](const tensor& w, std::size_t i) { return w[i / 9 * 9 + i % 3 * 3 + i % 9 / 3]; });
  CHECK(first(conv, transposed).name == "weight_axes_2_3_transposed");

  kernel_call attention("attention");
  for (const char* name : {"q", "k", "v"}) {
    attention.set_input(name, test::random_tensor(random, bfloat16, {4, 16, 32}, test::spread::normal));
  }
  const auto next_head =
      with_input(attention, "k", bfloat16, [](const tensor& k, std::size_t i) { return k[(i + 16 * 32) % k.size()]; });
  CHECK(first(attention, next_head).name == "k_axis_0_plus_1_wrapped");
}

TEST_CASE("A group's keys that serve heads in turn are named") {
  std::mt19937_64 random(5);
  kernel_call call("attention");
  call.set_input("q", test::random_tensor(random, bfloat16, {4, 16, 32}, test::spread::normal));
  for (const char* name : {"k", "v"}) {
    call.set_input(name, test::random_tensor(random, bfloat16, {2, 16, 32}, test::spread::normal));
  }
  kernel_call other = call;
  for (const char* name : {"k", "v"}) {
    const tensor x = call.input(name);
    tensor y(x.type(), {4, 16, 32});
    for (std::size_t i = 0; i < y.size(); ++i) y.set(i, x[i / 512 % 2 * 512 + i % 512]);
    other.set_input(name, std::move(y));
  }
  CHECK(first(call, honest(other, bfloat16)).name == "key_heads_in_turn");
}

TEST_CASE("Another axis, another kernel, a sign: attributes and kernels are tried, too") {
  std::mt19937_64 random(6);
  kernel_call softmax("softmax");
  softmax.set_input("x", test::random_tensor(random, binary32, {40, 40}, test::spread::normal));
  kernel_call other = softmax;
  other.set("axis", 0);
  CHECK(first(softmax, honest(other, binary32)).name == "axis_is_-2");

  kernel_call norm("layer_norm");
  norm.set_input("x", test::random_tensor(random, binary32, {40, 64}, test::spread::normal, 1, 2));
  kernel_call rms("rms_norm");
  rms.set_input("x", norm.input("x"));
  rms.set("eps", 1e-5);
  CHECK(first(norm, honest(rms, binary32)).name == "rms_norm");
}

TEST_CASE("A mistake far below every element's bound is found in all elements together", "[slow]") {
  // Sums in bfloat16 may err by some per cent; flushed subnormal inputs move them by much less.
  std::mt19937_64 random(7);
  kernel_call call("gemm");
  call.set_input("a", test::random_tensor(random, e5m2, {128, 96}, test::spread::normal, 1e-4));
  call.set_input("b", test::random_tensor(random, e5m2, {96, 64}, test::spread::normal));
  kernel_call flushed = call;
  tensor a = call.input("a");
  for (std::size_t i = 0; i < a.size(); ++i) {
    if ((a[i] & 0x7f) < 4) a.set(i, 0);
  }
  flushed.set_input("a", std::move(a));
  const claim claimed = parse_claim("gemm", "accumulate=floating:bfloat16");
  CHECK(judge(call, test::results_of(call, claimed.base, bfloat16), claimed).pass);
  const verdict v = judge(call, test::results_of(flushed, claimed.base, bfloat16), claimed);
  INFO(summary(v));
  CHECK(!v.pass);
  CHECK(v.bound_failures == 0);
  const auto matched = std::find_if(v.tests.begin(), v.tests.end(), [](const auto& t) { return t.name == "matched"; });
  REQUIRE(matched != v.tests.end());
  CHECK(!matched->pass);
  REQUIRE(!v.diagnosis.empty());
  CHECK(v.diagnosis.front().name == "flushed_inputs");
}

TEST_CASE(
    "A hypothesis is read from words: attributes, an arithmetic, and a kernel's choice that shares a name with both") {
  std::mt19937_64 random(8);
  kernel_call call("layer_norm");
  call.set_input("x", test::random_tensor(random, binary32, {40, 64}, test::spread::normal, 0.004));
  const auto explained = [&](const char* words, const std::vector<tensor>& got) {
    const std::vector<hypothesis> mine{parse_hypothesis("layer_norm", words)};
    const verdict v = judge(call, got, parse_claim("layer_norm", "fp32-accumulate"), {.hypotheses = &mine});
    INFO(summary(v));
    REQUIRE(!v.diagnosis.empty());
    CHECK(v.diagnosis.front().bit_for_bit);
    CHECK(v.diagnosis.front().name == words);
  };
  kernel_call other = call;
  other.set("eps", 3e-5);
  explained("eps=3e-5", honest(other, binary32));
  arithmetic outside = parse_claim("layer_norm", "fp32-accumulate").base;
  outside.variants["eps"] = "outside";
  explained("eps=outside", test::results_of(call, outside, binary32));
  CHECK_THROWS_WITH(parse_hypothesis("layer_norm", "eps=nowhere"), Contains("eps is 'nowhere'; expected a number"));
  CHECK_THROWS_AS(parse_hypothesis("layer_norm", "  "), std::invalid_argument);
}

TEST_CASE("Errors that no hypothesis makes are explained by none, though results near zero are many ulps off") {
  std::mt19937_64 random(8);
  kernel_call call = small_gemm(8, bfloat16, 32, 96, 64);
  call.set("activation", "silu");
  std::vector<tensor> got = honest(call, bfloat16);
  std::normal_distribution<double> noise;
  for (std::size_t i = 0; i < got[0].size(); ++i) {
    got[0].set(i, convert(to_double(got[0][i], bfloat16) + noise(random), bfloat16).code);
  }
  const verdict v = judge(call, got, parse_claim("gemm", "fp32-accumulate"));
  INFO(summary(v));
  CHECK(!v.pass);
  CHECK(v.diagnosis.empty());
}

TEST_CASE("Gates of a recurrent cell taken for each other, and a reset gate in another place, are named") {
  std::mt19937_64 random(9);
  const auto cell = [&](const char* kernel, std::size_t gates) {
    kernel_call call(kernel);
    call.set_input("x", test::random_tensor(random, bfloat16, {16, 20}, test::spread::normal));
    call.set_input("h", test::random_tensor(random, bfloat16, {16, 12}, test::spread::normal));
    if (gates == 4) call.set_input("c", test::random_tensor(random, bfloat16, {16, 12}, test::spread::normal));
    call.set_input("w_ih", test::random_tensor(random, bfloat16, {gates * 12, 20}, test::spread::normal, 0.3));
    call.set_input("w_hh", test::random_tensor(random, bfloat16, {gates * 12, 12}, test::spread::normal, 0.3));
    call.set_input("b_ih", test::random_tensor(random, bfloat16, {gates * 12}, test::spread::normal));
    call.set_input("b_hh", test::random_tensor(random, bfloat16, {gates * 12}, test::spread::normal));
    return call;
  };
  const auto suspected = [](const kernel_call& call, std::string_view name) {
    for (const hypothesis& h : known_hypotheses(call, parse_claim(call.name(), "fp32-accumulate"))) {
      if (h.name != name) continue;
      kernel_call other = call;
      REQUIRE(h.change_call(other));
      return first(call, honest(other, bfloat16)).name;
    }
    return std::string("no such hypothesis");
  };
  const kernel_call gru = cell("gru_cell", 3), lstm = cell("lstm_cell", 4);
  for (const char* name : {"gates_zrn", "update_gate_complemented"}) CHECK(suspected(gru, name) == name);
  for (const char* name : {"gates_ifog", "forget_bias_plus_1"}) CHECK(suspected(lstm, name) == name);

  // The reset gate inside of the bias alone: where b_hh joins b_ih, nothing of it is reset.
  kernel_call other = gru;
  tensor b_ih = gru.input("b_ih"), b_hh = gru.input("b_hh");
  for (std::size_t i = 24; i < 36; ++i) {
    b_ih.set(i, convert(to_double(b_ih[i], bfloat16) + to_double(b_hh[i], bfloat16), bfloat16).code);
    b_hh.set(i, 0);
  }
  other.set_input("b_ih", std::move(b_ih));
  other.set_input("b_hh", std::move(b_hh));
  CHECK(first(gru, honest(other, bfloat16)).name == "reset_before_bias");
}

TEST_CASE("A rank that is lost in some elements is named") {
  std::mt19937_64 random(10);
  kernel_call call("all_reduce");
  call.set_input("x", test::random_tensor(random, bfloat16, {6, 8, 32}, test::spread::normal));
  std::vector<tensor> got = honest(call, bfloat16);
  const std::vector<tensor> lost =
      with_input(call, "x", bfloat16, [](const tensor& x, std::size_t i) { return i / 256 == 3 ? 0 : x[i]; });
  for (std::size_t i = 100; i < 150; ++i) got[0].set(i, lost[0][i]);
  CHECK(first(call, got).name == "rank_3_missing");
}

TEST_CASE("A mean over the number of targets instead of their weights is named, though one result is all there is") {
  std::mt19937_64 random(11);
  kernel_call call("cross_entropy");
  call.set_input("x", test::random_tensor(random, bfloat16, {24, 30}, test::spread::normal));
  tensor target(element_type::integer(64, true), {24}), weight(element_type::of(binary32), {30});
  double due = 0;
  for (std::size_t i = 0; i < weight.size(); ++i) {
    weight.set(i, convert(0.5 + static_cast<double>(i) / 20, binary32).code);
  }
  for (std::size_t i = 0; i < target.size(); ++i) {
    target.set(i, random() % 30);
    due += to_double(weight[target[i]], binary32);
  }
  call.set_input("target", std::move(target));
  call.set_input("weight", std::move(weight));
  std::vector<tensor> got = honest(call, binary32);
  got[0].set(0, convert(to_double(got[0][0], binary32) * due / 24, binary32).code);
  CHECK(first(call, got).name == "weights_not_in_mean");
}

TEST_CASE("A maximum that starts from zero, a NaN that is lost and one group instead of several are named") {
  std::mt19937_64 random(12);
  kernel_call pool("max_pool2d");
  tensor x = test::random_tensor(random, bfloat16, {2, 4, 12, 12}, test::spread::normal, 1, -1);
  x.set(30, bfloat16.nan_code());
  pool.set_input("x", x);
  const std::vector<tensor> right = honest(pool, bfloat16);
  std::vector<tensor> got = right;
  for (std::size_t i = 0; i < got[0].size(); ++i) {
    if (to_double(right[0][i], bfloat16) < 0) got[0].set(i, 0);
  }
  CHECK(first(pool, got).name == "negative_zeroed");
  got = right;
  for (std::size_t i = 0; i < got[0].size(); ++i) {
    if (bfloat16.is_nan_code(right[0][i])) got[0].set(i, convert(0.5, bfloat16).code);
  }
  CHECK(first(pool, got).name == "nan_replaced");

  kernel_call norm("group_norm");
  norm.set_input("x", test::random_tensor(random, bfloat16, {4, 12, 5, 5}, test::spread::normal, 1, 0.5));
  norm.set("groups", 3);
  kernel_call one = norm;
  one.set("groups", 1);
  CHECK_THAT(first(norm, honest(one, bfloat16)).explanation, Contains("groups is taken as 1"));
}

TEST_CASE("One number all over a result is called that, and neither a shift nor a tile stored twice") {
  const kernel_call call = small_gemm(13, bfloat16);
  std::vector<tensor> got = honest(call, bfloat16);
  for (std::size_t i = 0; i < got[0].size(); ++i) {
    if (i % 5 < 2) got[0].set(i, convert(-2147483648.0, bfloat16).code);
  }
  const hypothesis_report h = first(call, got);
  CHECK(h.name == "constant");
  CHECK_THAT(h.explanation, Contains("-2.14748365e+09") || Contains("-2147483648"));
}

TEST_CASE("Products of integers are assumed to be summed exactly") {
  kernel_call call("gemm");
  tensor a(element_type::integer(8, true), {4, 32}), b(element_type::integer(8, true), {32, 4});
  for (std::size_t i = 0; i < a.size(); ++i) {
    a.set(i, i * 37 & 0xff);
    b.set(i, i * 91 & 0xff);
  }
  call.set_input("a", a);
  call.set_input("b", b);
  std::vector<tensor> got = test::results_of(call, parse_claim("gemm", "int8").base, binary64);
  const verdict right = judge(call, got);
  CHECK(right.pass);
  CHECK_THAT(right.claim, Contains("int8"));
  got[0].set(5, convert(to_double(got[0][5], binary64) + 1, binary64).code);
  CHECK(!judge(call, got).pass);
}
