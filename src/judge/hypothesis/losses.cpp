// Losses: smoothing, ignored tokens, reductions, targets.
#include <assay/kernel/run.hpp>
#include <assay/number/convert.hpp>

#include "tables.hpp"

namespace assay::detail {
namespace {

bool has_targets(const kernel_call& call) {
  for (const input_info& in : call.info().inputs) {
    if (in.name == "target" && in.elements == input_info::kind::index) return call.has_input("target");
  }
  return false;
}

hypothesis targets_moved(std::int64_t by) {
  hypothesis h{by > 0 ? "targets_plus_1" : "targets_minus_1", "the targets are off by one class"};
  h.change_call = [by](kernel_call& call) {
    if (!has_targets(call)) return false;
    tensor target = call.input("target");
    const extents& shape = call.input("x").shape();
    const auto classes = static_cast<std::int64_t>(shape.rank() == 1 ? shape[0] : shape[1]);
    const int unused = 64 - target.type().integer_bits;
    for (std::size_t i = 0; i < target.size(); ++i) {
      const std::int64_t t = static_cast<std::int64_t>(target[i] << unused) >> unused;
      if (t < 0 || t >= classes) continue;
      target.set(i, static_cast<std::uint64_t>((t + by + classes) % classes));
    }
    call.set_input("target", std::move(target));
    return true;
  };
  return h;
}

}  // namespace

void add_losses(hypotheses& all, const kernel_call& of) {
  if (has_targets(of)) {
    for (const std::int64_t by : {1, -1}) all.push_back(targets_moved(by));
  }
  all.push_back({"smoothing_over_others", "label smoothing is spread over K - 1 classes", [](kernel_call& call) {
                   if (!has_attribute_named(call, "label_smoothing")) return false;
                   const double s = call.number("label_smoothing");
                   const extents& shape = call.input("x").shape();
                   const double k = static_cast<double>(shape.rank() == 1 ? shape[0] : shape[1]);
                   if (s == 0 || k < 2 || s * k / (k - 1) > 1) return false;
                   call.set("label_smoothing", attribute_value(s * k / (k - 1)));
                   return true;
                 }});
  all.push_back({"smoothing_missing", "labels are not smoothed", with_attribute("label_smoothing", 0.0)});
  hypothesis ignored{"ignored_counted", "ignored tokens count in the mean"};
  ignored.change_results = [](const emulation& e, tensor& results) {
    if (!has_input_named(e.call, "target") || !has_attribute_named(e.call, "ignore_index") ||
        e.call.choice("reduction") != "mean")
      return false;
    if (has_input_named(e.call, "weight")) return false;
    const tensor& target = e.call.input("target");
    const int bits = target.type().integer_bits;
    const auto ignored_code = static_cast<std::uint64_t>(e.call.integer("ignore_index"));
    const std::uint64_t mask = bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
    std::size_t counted = 0;
    for (std::size_t i = 0; i < target.size(); ++i) counted += target[i] != (ignored_code & mask);
    if (counted == target.size() || counted == 0) return false;
    // The mean, once more in double and rounded: what fp32 rounds on the way is not known.
    const format f = results.type().layout;
    arithmetic wide = e.with;
    wide.to = binary64;
    const tensor mean = std::move(run_kernel(e.call, wide)[e.result]);
    for (std::size_t i = 0; i < results.size(); ++i) {
      const double y = to_double(mean[i], binary64) * static_cast<double>(counted) / static_cast<double>(target.size());
      results.set(i, convert(y, f, e.with.to_how).code);
    }
    return true;
  };
  all.push_back(std::move(ignored));
  for (const char* r : {"mean", "sum", "none"}) {
    all.push_back({std::string("reduction_") + r, std::string("the reduction is ") + r,
                   with_attribute("reduction", std::string(r))});
  }
}

}  // namespace assay::detail
