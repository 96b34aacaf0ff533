// Calls of every shape are cut into parts and put together again: axes, batches, transposes, heads, empty results.
#include <catch2/catch.hpp>

#include <functional>

#include <support/budget.hpp>

#include "cases.hpp"

using namespace assay;

namespace {

/// Honest results pass; with one element off, exactly that element fails.
void check_shape(const kernel_call& call, std::size_t element = 0) {
  std::vector<tensor> got = test::results_of(call, arithmetic{}, binary32);
  const verdict honest = judge(call, got, {.diagnose = false});
  INFO(summary(honest));
  CHECK(honest.pass);
  CHECK(honest.judged == honest.elements);
  if (got[0].size() == 0) return;
  element = std::min(element, got[0].size() - 1);
  got[0].set(element, got[0][element] ^ 0x40000000);
  const verdict wrong = judge(call, got, {.diagnose = false, .distribution = false});
  CHECK(!wrong.pass);
  REQUIRE(wrong.worst.size() == 1);
  CHECK(wrong.worst[0].index == element);
  CHECK(!wrong.worst[0].inputs.empty());
}

}  // namespace

TEST_CASE("Every axis, batch, transpose and head is judged in its place") {
  std::mt19937_64 random(21);
  const auto x = [&](extents shape) { return test::random_tensor(random, bfloat16, shape, test::spread::normal); };
  const auto call_of = [&](std::string_view kernel, std::initializer_list<std::pair<const char*, extents>> inputs) {
    kernel_call call(kernel);
    for (const auto& [name, shape] : inputs) call.set_input(name, x(shape));
    return call;
  };
  for (const int axis : {0, 1, 2, -1, -2}) {
    kernel_call softmax = call_of("softmax", {{"x", {3, 5, 7}}});
    softmax.set("axis", axis);
    check_shape(softmax, 52);
    kernel_call sum = call_of("sum", {{"x", {3, 5, 7}}});
    sum.set("axis", axis);
    check_shape(sum, 4);
    sum.set("keepdim", attribute_value(true));
    check_shape(sum, 4);
  }
  check_shape(call_of("softmax", {{"x", {9}}}), 3);
  kernel_call norm = call_of("layer_norm", {{"x", {4, 3, 5}}, {"weight", {3, 5}}, {"bias", {3, 5}}});
  norm.set("axes", 2);
  check_shape(norm, 37);
  for (const bool left : {false, true}) {
    for (const bool right : {false, true}) {
      kernel_call gemm = call_of("gemm", {{"a", left ? extents{11, 5} : extents{5, 11}},
                                          {"b", right ? extents{6, 11} : extents{11, 6}},
                                          {"c", {5, 6}},
                                          {"bias", {6}}});
      gemm.set("transpose_a", attribute_value(left));
      gemm.set("transpose_b", attribute_value(right));
      check_shape(gemm, 17);
    }
  }
  check_shape(call_of("gemm", {{"a", {3, 5, 11}}, {"b", {3, 11, 6}}}), 61);
  check_shape(call_of("gemm", {{"a", {3, 5, 11}}, {"b", {11, 6}}}), 61);
  check_shape(call_of("dot", {{"a", {2, 3, 11}}, {"b", {2, 3, 11}}}), 4);
  check_shape(call_of("attention", {{"q", {2, 4, 6, 8}}, {"k", {2, 2, 7, 8}}, {"v", {2, 2, 7, 5}}}), 200);
  check_shape(call_of("attention", {{"q", {6, 8}}, {"k", {7, 8}}, {"v", {7, 5}}}), 20);
  check_shape(call_of("group_norm", {{"x", {3, 4, 5}}}), 41);
  check_shape(call_of("conv2d", {{"x", {2, 3, 6, 6}}, {"weight", {4, 3, 3, 3}}}), 100);
  check_shape(call_of("all_reduce", {{"x", {4, 30}}}), 13);
  check_shape(call_of("softmax", {{"x", {0, 5}}}));
  check_shape(call_of("exp", {{"x", {}}}));
}

TEST_CASE("Results of the wrong shape, format or number are refused in words") {
  std::mt19937_64 random(22);
  kernel_call call("softmax");
  call.set_input("x", test::random_tensor(random, bfloat16, {4, 6}, test::spread::normal));
  const auto refusal = [&](const std::vector<tensor>& got, std::string_view words) {
    try {
      judge(call, got, parse_claim("softmax", words));
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  using Catch::Matchers::Contains;
  CHECK_THAT(refusal({tensor(element_type::of(binary32), {4, 5})}, "native"),
             Contains("has shape (4, 5); expected (4, 6)"));
  CHECK_THAT(refusal({tensor(element_type::of(binary32), {4, 6})}, "to=bfloat16"),
             Contains("got is binary32; expected bfloat16"));
  CHECK_THAT(refusal({}, "native"), Contains("gives 1 results; found 0"));
}

TEST_CASE("Inputs and results that do not fit each other are refused in words, whatever is judged in parts") {
  using Catch::Matchers::Contains;
  struct misfit {
    const char* kernel;
    std::vector<std::pair<std::string, extents>> inputs;
    extents got;
    const char* words;
  };
  const misfit all[]{
      {"dot", {{"a", {4, 8}}, {"b", {5, 8}}}, {4}, "b has shape (5, 8); expected 4 along axis 0"},
      {"dot", {{"a", {4, 8}}, {"b", {3, 8}}}, {4}, "b has shape (3, 8); expected 4 along axis 0"},
      {"dot", {{"a", {2, 3, 8}}, {"b", {8}}}, {2, 3}, "b has shape (8,); expected 2 along axis 0"},
      {"dot", {{"a", {4, 8}}, {"b", {4, 8}}, {"c", {5}}}, {4}, "c has shape (5,); expected 4 along axis 0"},
      {"dot", {{"a", {4, 8}}, {"b", {4, 8}}}, {5}, "y has shape (5,); expected 4 along axis 0"},
      {"mse", {{"x", {4, 8}}, {"target", {4, 7}}}, {4, 8}, "has shape (4, 8); expected 7 along axis 1"},
      {"gemm", {{"a", {4, 8}}, {"b", {8, 5}}, {"c", {3, 5}}}, {4, 5}, "c has shape (3, 5); expected 4 along axis 0"},
      {"gemm", {{"a", {4, 8}}, {"b", {8, 5}}}, {6, 5}, "y has shape (6, 5); expected 4 along axis 0"},
      {"gemm", {{"a", {4, 8}}, {"b", {8, 5}}, {"a_scale", {3, 1}}}, {4, 5}, "a_scale has shape (3, 1)"},
      {"gemm", {{"a", {4, 8}}, {"b", {8, 5}}, {"a_scale", {0, 1}}}, {4, 5}, "a_scale has shape (0, 1)"},
      {"exp", {{"x", {4, 8}}}, {4}, "y has shape (4,); expected one that fits x of shape (4, 8)"},
      {"softmax", {{"x", {4, 6}}}, {3, 6}, "y has shape (3, 6); expected 4 along axis 0"},
      {"layer_norm", {{"x", {4, 6}}}, {5, 6}, "y has shape (5, 6); expected 4 along axis 0"},
      {"lstm_cell",
       {{"x", {3, 5}}, {"h", {2, 4}}, {"c", {3, 4}}, {"w_ih", {16, 5}}, {"w_hh", {16, 4}}},
       {3, 4},
       "h has shape (2, 4); expected 3 along axis 0"},
  };
  for (const misfit& m : all) {
    INFO(m.kernel << ": " << m.words);
    kernel_call call(m.kernel);
    for (const auto& [name, shape] : m.inputs) call.set_input(name, tensor(element_type::of(binary32), shape));
    if (call.name() == "mse") call.set("reduction", "none");
    std::string said = "nothing";
    try {
      std::vector<tensor> got{tensor(element_type::of(binary32), m.got)};
      if (call.name() == "lstm_cell") got.push_back(got[0]);
      judge(call, got, parse_claim(m.kernel, "fp32-accumulate"));
    } catch (const std::invalid_argument& error) {
      said = error.what();
    }
    CHECK_THAT(said, Contains(m.words));
  }
}

TEST_CASE("An axis that there is not is refused, and a norm of nothing is nothing") {
  kernel_call call("softmax");
  call.set_input("x", tensor(element_type::of(binary32), {4, 6}));
  const tensor got(element_type::of(binary32), {4, 6});
  for (const int axis : {2, 5, -3, -7}) {
    call.set("axis", axis);
    CHECK_THROWS_WITH(judge(call, std::span(&got, 1)), Catch::Matchers::Contains("expected -2 to 1"));
  }
  for (const char* kernel : {"batch_norm", "group_norm"}) {
    kernel_call norm(kernel);
    norm.set_input("x", tensor(element_type::of(binary32), {2, 3, 0}));
    norm.set_input("weight", tensor(element_type::of(binary32), {3}));
    if (norm.name() == "batch_norm") {
      norm.set_input("running_mean", tensor(element_type::of(binary32), {3}));
      norm.set_input("running_var", tensor(element_type::of(binary32), {3}));
    }
    const tensor nothing(element_type::of(binary32), {2, 3, 0});
    CHECK(judge(norm, std::span(&nothing, 1)).pass);
  }
}

TEST_CASE("Empty results pass only where there is nothing to compute") {
  using Catch::Matchers::Contains;
  for (const char* kernel : {"dot", "gemm", "softmax", "sum", "layer_norm", "conv2d", "attention"}) {
    std::mt19937_64 random(23);
    const kernel_call call = test::random_call(random, kernel, bfloat16, 4, 8, test::spread::normal);
    const tensor nothing(element_type::of(binary32), {0});
    INFO(kernel);
    CHECK_THROWS_WITH(judge(call, std::span(&nothing, 1)), Contains("holds nothing"));
  }
}

TEST_CASE("A row of scales belongs to a stretch of rows, of which the last may be shorter") {
  std::mt19937_64 random(24);
  for (const std::size_t scales : {1u, 2u, 3u, 5u}) {
    for (const bool transposed : {false, true}) {
      kernel_call gemm("gemm");
      gemm.set("transpose_a", attribute_value(transposed));
      const extents a = transposed ? extents{11, 5} : extents{5, 11};
      gemm.set_input("a", test::random_tensor(random, bfloat16, a, test::spread::normal));
      gemm.set_input("b", test::random_tensor(random, bfloat16, {11, 6}, test::spread::normal));
      gemm.set_input("a_scale", test::random_tensor(random, binary32, {scales, 1}, test::spread::normal));
      INFO(scales);
      check_shape(gemm, 27);
    }
  }
}

TEST_CASE(
    "An input of another shape, or an axis that there is not, is refused or judged, and never read beyond its end") {
  std::mt19937_64 random(25);
  std::size_t refused = 0, judged = 0;
  for (const kernel_info& kernel : kernels) {
    if (!test::can_be_judged(kernel.name)) continue;
    for (int run = 0; run < (test::is_sanitized ? 8 : 20); ++run) {
      kernel_call call = test::random_call(random, kernel.name, bfloat16, 4, 8, test::spread::normal);
      std::vector<tensor> got = test::results_of(call, arithmetic{}, binary32);
      const auto other_shape = [&](const extents& was) {
        std::vector<std::size_t> sizes(was.begin(), was.end());
        if (sizes.empty() || random() % 4 == 0) sizes.push_back(1 + random() % 3);
        if (random() % 4 == 0) sizes.pop_back();
        if (!sizes.empty()) sizes[random() % sizes.size()] = random() % 9;
        return extents(std::span<const std::size_t>(sizes));
      };
      const auto inputs = call.inputs();
      const std::size_t which = random() % (inputs.size() + 2);
      if (which < inputs.size()) {
        const auto& [name, x] = *std::next(inputs.begin(), static_cast<std::ptrdiff_t>(which));
        call.set_input(name, tensor(x.type(), other_shape(x.shape())));
      } else if (which == inputs.size()) {
        got[0] = tensor(got[0].type(), other_shape(got[0].shape()));
      } else {
        for (const attribute_info& at : kernel.attributes) {
          if (at.type == attribute_info::kind::integer) call.set(at.name, static_cast<int>(random() % 9) - 4);
        }
      }
      try {
        judge(call, got, {.diagnose = false, .distribution = false});
        ++judged;
      } catch (const std::invalid_argument&) {
        ++refused;
      }
    }
  }
  CHECK(refused > 20);
  CHECK(judged > 20);
}

TEST_CASE("NaN never passes for a number, nor infinity, nor the reverse, in any kernel") {
  std::mt19937_64 random(23);
  for (const std::string_view kernel : {"softmax", "layer_norm", "gelu", "gemm", "cross_entropy"}) {
    const kernel_call call = test::random_call(random, kernel, bfloat16, 3, 8, test::spread::normal);
    const std::vector<tensor> good = test::results_of(call, arithmetic{}, binary16);
    for (const std::uint64_t special : {0x7e00u, 0xfe00u, 0x7c01u, 0x7c00u, 0xfc00u}) {
      std::vector<tensor> got = good;
      got[0].set(0, special);
      const verdict v = judge(call, got, {.diagnose = false});
      INFO(kernel << " with " << special);
      CHECK(!v.pass);
      CHECK(v.class_failures >= 1);
    }
  }
  kernel_call call("softmax");
  tensor x(element_type::of(binary32), {2, 3});
  x.set(1, 0x7fc00000);
  call.set_input("x", x);
  std::vector<tensor> got = test::results_of(call, arithmetic{}, binary32);
  CHECK(judge(call, got).pass);
  got[0].set(0, 0x3f000000);
  CHECK(judge(call, got).worst.at(0).what == finding::number_for_a_nan);
}
