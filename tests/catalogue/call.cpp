#include <assay/catalogue/call.hpp>

#include <catch2/catch.hpp>
#include <set>

using namespace assay;

TEST_CASE("every initial value of the catalogue is one that its attribute reads", "[catalogue]") {
  for (const kernel_info& kernel : kernels) {
    for (const attribute_info& info : kernel.attributes) {
      INFO(kernel.name << " " << info.name);
      if (!info.initial.empty()) {
        CHECK(to_string(parse_attribute(info, info.initial)) != "");
        CHECK(parse_attribute(info, info.initial).index() == static_cast<std::size_t>(info.type));
      }
    }
  }
}

TEST_CASE("names of kernels, and of a kernel's inputs and attributes together, are all different", "[catalogue]") {
  std::set<std::string_view> names;
  for (const kernel_info& kernel : kernels) {
    INFO(kernel.name);
    CHECK(names.insert(kernel.name).second);
    CHECK_FALSE(kernel.results.empty());
    std::set<std::string_view> own;
    for (const input_info& in : kernel.inputs) CHECK(own.insert(in.name).second);
    for (const attribute_info& at : kernel.attributes) CHECK(own.insert(at.name).second);
  }
}

TEST_CASE("attributes are read as they are written", "[catalogue]") {
  kernel_call call("conv2d");
  call.set_text("stride", "2,3");
  call.set_text("padding", "1");
  call.set("groups", 4);
  REQUIRE(call.integers("stride") == std::vector<std::int64_t>{2, 3});
  REQUIRE(call.integers("padding") == std::vector<std::int64_t>{1, 1});
  REQUIRE(call.integers("dilation") == std::vector<std::int64_t>{1, 1});
  REQUIRE(call.integer("groups") == 4);
  REQUIRE(to_string(call.value("stride")) == "2,3");
  kernel_call attention("attention");
  REQUIRE_FALSE(attention.has("scale"));
  attention.set("scale", 1);
  REQUIRE(attention.number("scale") == 1.0);
}

TEST_CASE("a call refuses what its kernel does not have, and says what it has", "[catalogue]") {
  REQUIRE_THROWS_WITH(kernel_call("softmx"), Catch::Contains("no kernel 'softmx'") && Catch::Contains("log_softmax"));
  kernel_call call("mse");
  REQUIRE_THROWS_WITH(call.set("reduktion", "sum"), Catch::Contains("expected one of reduction"));
  REQUIRE_THROWS_WITH(call.set("reduction", "median"), Catch::Contains("'median'; expected one of none mean sum"));
  REQUIRE_THROWS_WITH(call.set("reduction", 3), Catch::Contains("reduction is '3'; expected a word"));
  REQUIRE_THROWS_WITH(call.set_input("y", tensor()), Catch::Contains("no input 'y'; expected one of x, target"));
  REQUIRE_THROWS_WITH(call.set_input("x", tensor(element_type::boolean(), {2})),
                      Catch::Contains("x holds bool; expected floating-point codes"));
  REQUIRE_THROWS_WITH(call.set_input("x", tensor(element_type::integer(64, true), {2})),
                      Catch::Contains("64 bits are more than binary64 holds"));
  call.set_input("x", tensor(element_type::of(bfloat16), {2}));
  REQUIRE_THROWS_WITH(call.check(), Catch::Contains("mse needs the input target"));
  kernel_call norm("layer_norm");
  for (const char* text : {"", "1e", "0x1", "1 ", "eps"})
    REQUIRE_THROWS_AS(norm.set_text("eps", text), std::invalid_argument);
}

TEST_CASE("integers are taken for the numbers they are", "[catalogue]") {
  tensor bytes(element_type::integer(8, true), {3});
  bytes.set(0, 0x80);
  bytes.set(1, 0x7F);
  bytes.set(2, 0xFF);
  kernel_call call("mse");
  call.set_input("x", bytes);
  const code_view x = call.view("x");
  REQUIRE(x.layout() == binary32);
  REQUIRE(std::bit_cast<float>(static_cast<std::uint32_t>(x[0])) == -128.0f);
  REQUIRE(std::bit_cast<float>(static_cast<std::uint32_t>(x[1])) == 127.0f);
  REQUIRE(std::bit_cast<float>(static_cast<std::uint32_t>(x[2])) == -1.0f);
  tensor words(element_type::integer(32, false), {1});
  words.set(0, 0xFFFFFFFF);
  REQUIRE(std::bit_cast<double>(as_numbers(words)[0]) == 4294967295.0);
}

TEST_CASE("an attribute is set by a value of its own kind, whatever C++ converts", "[catalogue]") {
  kernel_call call("layer_norm");
  call.set("eps", 1e-3);
  REQUIRE(call.number("eps") == 1e-3);
  call.set("eps", 1);
  REQUIRE(call.number("eps") == 1.0);
  kernel_call gemm("gemm");
  gemm.set("transpose_a", true);
  REQUIRE(gemm.flag("transpose_a"));
}
