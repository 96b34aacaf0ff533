// Attention, convolutions, cells and gradients against the truth: near it in binary64 in every form, and equal to it
// where an exact sum is the only thing rounded.
#include <catch2/catch.hpp>

#include <kernel/support.hpp>

using namespace test;
using assay::attribute_value;
using assay::bfloat16;
using assay::binary16;
using assay::binary64;
using assay::kernel_call;

namespace {

tensor classes(random_source& random, extents shape, std::size_t below) {
  tensor t(assay::element_type::integer(64, true), shape);
  for (std::size_t i = 0; i < t.size(); ++i) t.set(i, random.below(below));
  return t;
}

/// One call of each kernel, with as many of its inputs as go together.
std::vector<kernel_call> calls() {
  random_source random(71);
  const auto normal = [&](extents shape) { return normal_tensor(random, binary16, shape); };
  std::vector<kernel_call> all;
  const auto add = [&](std::string_view name, std::vector<std::pair<const char*, tensor>> inputs) -> kernel_call& {
    all.emplace_back(name);
    for (auto& [input, values] : inputs) all.back().set_input(input, std::move(values));
    return all.back();
  };
  add("gemm", {{"a", normal({4, 24})}, {"b", normal({24, 5})}, {"c", normal({4, 5})}, {"bias", normal({5})}})
      .set("alpha", attribute_value(0.7));
  add("attention", {{"q", normal({4, 5, 8})}, {"k", normal({2, 9, 8})}, {"v", normal({2, 9, 3})}})
      .set("causal", "bottom_right");
  add("conv2d", {{"x", normal({2, 4, 6, 5})}, {"weight", normal({6, 2, 3, 2})}, {"bias", normal({6})}})
      .set("groups", attribute_value(std::int64_t{2}));
  for (const auto& [name, gates] : {std::pair("lstm_cell", 4u), std::pair("gru_cell", 3u), std::pair("rnn_cell", 1u)}) {
    kernel_call& cell = add(name, {{"x", normal({3, 6})},
                                   {"h", normal({3, 4})},
                                   {"w_ih", normal({gates * 4, 6})},
                                   {"w_hh", normal({gates * 4, 4})},
                                   {"b_ih", normal({gates * 4})},
                                   {"b_hh", normal({gates * 4})}});
    if (gates == 4) cell.set_input("c", normal({3, 4}));
  }
  add("all_reduce", {{"x", normal({6, 40})}});
  add("reduce_scatter", {{"x", normal({5, 40})}});
  add("gemm_backward", {{"a", normal({4, 6})}, {"b", normal({6, 5})}, {"dy", normal({4, 5})}});
  for (const char* name : {"softmax_backward", "log_softmax_backward", "gelu_backward", "silu_backward"}) {
    add(name, {{"x", normal({5, 40})}, {"dy", normal({5, 40})}});
  }
  add("cross_entropy_backward", {{"x", normal({6, 40})},
                                 {"target", classes(random, {6}, 40)},
                                 {"weight", tensor_of(binary16, {40}, {1, 2, 0.5})}})
      .set("label_smoothing", attribute_value(0.125));
  add("mse_backward", {{"x", normal({5, 40})}, {"target", normal({5, 40})}});
  return all;
}

}  // namespace

TEST_CASE("in binary64 composite kernels and gradients come near the truth in every form") {
  for (const kernel_call& call : calls()) {
    const auto due = assay::reference::truth_of(call, {.to = binary64});
    for (const std::string& variant : single_variants(call.name())) {
      if (variant == " scaling=exponent" || variant == " addend=inside") continue;  // not alone, or not with alpha
      CAPTURE(call.name(), variant);
      const auto with = assay::parse_arithmetic(call.name(), "compute=binary64 to=binary64" + variant);
      const auto got = assay::run_kernel(call, with);
      REQUIRE(got.size() == due.size());
      for (std::size_t r = 0; r < due.size(); ++r) CHECK(largest_error(got[r], due[r].value) < 0x1p-32);
    }
  }
}

TEST_CASE("an exact sum that nothing follows is the truth, bit for bit") {
  for (const kernel_call& call : calls()) {
    std::string with = "accumulate=exact to=bfloat16";
    if (call.name() == "conv2d") {
      with += " bias=inside";
    } else if (call.name() == "all_reduce" || call.name() == "reduce_scatter") {
      // Values of the compute format cannot carry an exact sum: one rounding is to bfloat16 itself.
      with += " compute=binary64 algorithm=gathered";
    } else if (call.name() != "gemm_backward") {
      continue;
    }
    CAPTURE(call.name());
    const auto due = assay::reference::truth_of(call, {.to = bfloat16});
    const auto got = assay::run_kernel(call, assay::parse_arithmetic(call.name(), with));
    for (std::size_t r = 0; r < due.size(); ++r) CHECK(differences(got[r], due[r].value) == 0);
  }
}
