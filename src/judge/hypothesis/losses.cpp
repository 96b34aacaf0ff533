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

/// A mean over the number of targets, of all or of those that are not ignored, instead of the sum of their weights.
hypothesis mean_over(const char* name, const char* words, bool is_of_all) {
  hypothesis h{name, words};
  h.change_results = [is_of_all](const emulation& e, tensor& results) {
    if (!has_input_named(e.call, "target") || !has_attribute_named(e.call, "ignore_index") ||
        e.call.choice("reduction") != "mean")
      return false;
    const tensor& target = e.call.input("target");
    const tensor* weights = has_input_named(e.call, "weight") ? &e.call.input("weight") : nullptr;
    const int unused = 64 - target.type().integer_bits;
    double due = 0, counted = 0;
    for (std::size_t i = 0; i < target.size(); ++i) {
      const std::int64_t t = static_cast<std::int64_t>(target[i] << unused) >> unused;
      if (t == e.call.integer("ignore_index")) continue;
      if (t < 0 || (weights != nullptr && static_cast<std::size_t>(t) >= weights->size())) return false;
      counted += 1;
      due += weights != nullptr ? to_double((*weights)[static_cast<std::size_t>(t)], weights->type().layout) : 1;
    }
    const double divisor = is_of_all ? static_cast<double>(target.size()) : counted;
    if (due == 0 || divisor == 0 || due == divisor || (is_of_all && counted == divisor)) return false;
    // The mean, once more in double and rounded: what fp32 rounds on the way is not known.
    arithmetic wide = e.with;
    wide.to = binary64;
    wide.to_how = {};
    const tensor mean = std::move(run_kernel(e.call, wide)[e.result]);
    for (std::size_t i = 0; i < results.size(); ++i) {
      results.set(i, convert(to_double(mean[i], binary64) * due / divisor, results.type().layout, e.with.to_how).code);
    }
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
  all.push_back(mean_over("ignored_counted", "ignored tokens count in the mean", true));
  all.push_back(mean_over("weights_not_in_mean",
                          "the mean is over the number of targets that count instead of their weights", false));
  for (const char* r : {"mean", "sum", "none"}) {
    all.push_back({std::string("reduction_") + r, std::string("the reduction is ") + r,
                   with_attribute("reduction", std::string(r))});
  }
}

}  // namespace assay::detail
