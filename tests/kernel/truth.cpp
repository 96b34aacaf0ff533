// With a wide compute format every form of a kernel approaches the truth: an independent computation by other means.
#include <catch2/catch.hpp>

#include <kernel/support.hpp>

using namespace test;
using assay::binary32;
using assay::binary64;
using assay::kernel_call;

namespace {

void check_near_truth(const kernel_call& call, double bound, std::string_view besides = "") {
  const tensor due = truth(call, binary64);
  for (const std::string& variant : single_variants(call.name())) {
    if (!besides.empty() && variant.find(besides) != std::string::npos) continue;
    CAPTURE(call.name(), variant);
    CHECK(largest_error(run(call, "compute=binary64 to=binary64" + variant), due) < bound);
  }
}

}  // namespace

TEST_CASE("softmax in binary64 is within 2^-44 of the truth in every form") {
  random_source random(1);
  for (const double temperature : {1.0, 0.7, 3.0}) {
    kernel_call call("softmax");
    call.set_input("x", normal_tensor(random, binary32, {7, 300}, 3));
    call.set("temperature", assay::attribute_value(temperature));
    check_near_truth(call, 0x1p-44);
  }
}

TEST_CASE("layer_norm in binary64 is within 2^-36 of the truth in every form") {
  random_source random(2);
  kernel_call call("layer_norm");
  call.set_input("x", normal_tensor(random, binary32, {7, 300}, 3, 1));
  call.set_input("weight", normal_tensor(random, binary32, {300}));
  check_near_truth(call, 0x1p-36, "outside");
}
