// What stands around a product: addends, factors, activations.
#include <assay/kernel/run.hpp>
#include <assay/number/convert.hpp>

#include "tables.hpp"

namespace assay::detail {
namespace {

change_of_call without_input(const char* name) {
  return [name](kernel_call& call) {
    if (!has_input_named(call, name)) return false;
    const tensor& x = call.input(name);
    call.set_input(name, changed_codes(x, [&](std::uint64_t) { return std::uint64_t{0}; }));
    return true;
  };
}

}  // namespace

void add_products(hypotheses& all) {
  all.push_back({"c_missing", "c is not added", without_input("c")});
  all.push_back({"bias_missing", "the bias is not added", without_input("bias")});
  all.push_back({"alpha_missing", "alpha is not applied", with_attribute("alpha", 1.0)});
  all.push_back({"beta_missing", "beta is not applied", with_attribute("beta", 1.0)});
  all.push_back({"c_subtracted", "c is subtracted", [](kernel_call& call) {
                   if (!has_input_named(call, "c")) return false;
                   const tensor x = call.input("c");
                   call.set_input(
                       "c", changed_codes(x, [&](std::uint64_t code) { return code ^ x.type().layout.sign_mask(); }));
                   return true;
                 }});
  all.push_back({"b_transposed", "b is read transposed", [](kernel_call& call) {
                   if (call.name() != "gemm") return false;
                   const extents& b = call.input("b").shape();
                   if (b[b.rank() - 1] != b[b.rank() - 2]) return false;
                   call.set("transpose_b", attribute_value(!call.flag("transpose_b")));
                   return true;
                 }});
  for (const char* f : {"none", "relu", "gelu", "gelu_tanh", "silu"}) {
    all.push_back({std::string("activation_") + f, std::string("the activation is ") + f,
                   with_attribute("activation", std::string(f))});
  }
  all.push_back({"alpha_on_everything", "alpha is applied to c and the bias, too", [](kernel_call& call) {
                   if (call.name() != "gemm" || call.number("alpha") == 1) return false;
                   const double alpha = call.number("alpha");
                   if (has_input_named(call, "c")) call.set("beta", call.number("beta") * alpha);
                   if (has_input_named(call, "bias")) {
                     const tensor x = call.input("bias");
                     const format f = x.type().layout;
                     call.set_input("bias", changed_codes(x, [&](std::uint64_t code) {
                                      return convert(to_double(code, f) * alpha, f).code;
                                    }));
                   }
                   return has_input_named(call, "c") || has_input_named(call, "bias");
                 }});
  hypothesis late{"bias_after_activation", "the bias is added after the activation"};
  late.change_results = [](const emulation& e, tensor& results) {
    if (e.call.name() != "gemm" || !has_input_named(e.call, "bias") || e.call.choice("activation") == "none")
      return false;
    kernel_call without(e.call.name());
    for (const auto& [name, value] : e.call.attributes()) without.set(name, value);
    for (const auto& [name, x] : e.call.inputs()) {
      if (name != "bias") without.set_input(name, x);
    }
    arithmetic wide = e.with;
    wide.to = binary32;
    wide.to_how = {};
    const tensor bare = std::move(run_kernel(without, wide)[e.result]);
    const tensor& bias = e.call.input("bias");
    for (std::size_t i = 0; i < results.size(); ++i) {
      const float y = to_float(bare[i], binary32) + to_float(bias[i % bias.size()], bias.type().layout);
      results.set(i, convert(y, results.type().layout, e.with.to_how).code);
    }
    return true;
  };
  all.push_back(std::move(late));
}

}  // namespace assay::detail
