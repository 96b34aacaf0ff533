// Normalisations: eps, variances, weights, casts.
#include <cmath>
#include <cstdio>

#include <assay/kernel/run.hpp>
#include <assay/number/convert.hpp>

#include "tables.hpp"

namespace assay::detail {
namespace {

/// v (n / (n - 1)) for the variance, exactly: eps and the factors change accordingly.
bool unbiased(kernel_call& call) {
  const tensor& x = call.input("x");
  std::size_t n = 1;
  const extents& shape = x.shape();
  std::size_t channels = 0;
  if (call.name() == "layer_norm") {
    const auto axes = static_cast<std::size_t>(call.integer("axes"));
    for (std::size_t a = shape.rank() - axes; a < shape.rank(); ++a) n *= shape[a];
    channels = n;
  } else if (call.name() == "batch_norm" && call.flag("training")) {
    channels = shape[1];
    n = x.size() / std::max<std::size_t>(1, channels);
  } else if (call.name() == "group_norm") {
    channels = shape[1];
    n = x.size() / std::max<std::size_t>(1, shape[0] * static_cast<std::size_t>(call.integer("groups")));
  } else {
    return false;
  }
  if (n < 2) return false;
  const double c = static_cast<double>(n) / static_cast<double>(n - 1);
  std::vector<std::size_t> sizes{channels};
  tensor weight(element_type::of(binary32), {channels});
  if (call.name() == "layer_norm") {
    sizes.assign(shape.end() - call.integer("axes"), shape.end());
    weight = tensor(element_type::of(binary32), extents(std::span<const std::size_t>(sizes)));
  }
  for (std::size_t i = 0; i < channels; ++i) {
    const double w =
        has_input_named(call, "weight") ? to_double(call.input("weight")[i], call.input("weight").type().layout) : 1;
    weight.set(i, convert(w / std::sqrt(c), binary32).code);
  }
  call.set_input("weight", std::move(weight));
  call.set("eps", attribute_value(call.number("eps") / c));
  return true;
}

}  // namespace

void add_norms(hypotheses& all) {
  all.push_back({"eps_outside", "eps is added outside of the root", {}, with_variant("eps", "outside")});
  all.push_back(
      {"one_pass_variance", "the variance is E[x^2] - E[x]^2, in one pass", {}, with_variant("variance", "one_pass")});
  all.push_back({"unbiased_variance", "the variance is divided by n - 1 instead of n", unbiased});
  all.push_back({"biased_variance", "the variance is divided by n", with_attribute("correction", 0.0)});
  all.push_back({"corrected_variance", "the variance is divided by n - 1", with_attribute("correction", 1.0)});
  all.push_back({"early_cast",
                 "the normalised values are cast to the storage format before weight and bias",
                 {},
                 [](const kernel_call& call, arithmetic& with) {
                   bool any = false;
                   for (const store_info& p : stores_of(call.name())) {
                     if (p.name != "normalised") continue;
                     with.stores["normalised"] = {call.storage_format(), {}};
                     any = true;
                   }
                   return any;
                 }});
  for (const double eps : {0.0, 1e-12, 1e-8, 1e-6, 1e-5, 1e-3}) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", eps);
    all.push_back({std::string("eps_") + text, std::string("eps is ") + text, with_attribute("eps", eps)});
  }
  all.push_back({"weight_missing", "the weight is not applied", [](kernel_call& call) {
                   if (!has_input_named(call, "weight") || is_any(call.name(), {"conv2d", "embedding"})) return false;
                   const tensor x = call.input("weight");
                   call.set_input("weight",
                                  changed_codes(x, [&](std::uint64_t) { return convert(1.0, x.type().layout).code; }));
                   return true;
                 }});
  all.push_back({"weight_plus_1", "the weight is taken as 1 + weight", [](kernel_call& call) {
                   if (!has_input_named(call, "weight") || call.name() != "rms_norm") return false;
                   const tensor x = call.input("weight");
                   call.set_input("weight", changed_codes(x, [&](std::uint64_t code) {
                                    return convert(1 + to_double(code, x.type().layout), x.type().layout).code;
                                  }));
                   return true;
                 }});
}

}  // namespace assay::detail
