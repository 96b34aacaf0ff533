// Softmax and what is made of it.
#include <cmath>

#include <assay/kernel/run.hpp>

#include "tables.hpp"

namespace assay::detail {
namespace {

/// The denominator lacks the line's last element, whose own result stands.
hypothesis last_left_out() {
  hypothesis h{"last_missing_in_sum", "the last element of each line is missing in the denominator"};
  h.change_results = [](const emulation& e, tensor& results) {
    if (!is_any(e.call.name(), {"softmax", "log_softmax", "logsumexp"}) || has_input_named(e.call, "mask"))
      return false;
    const tensor& x = e.call.input("x");
    const std::size_t n = x.shape().rank() == 0 ? 0 : x.shape()[x.shape().rank() - 1];
    if (n < 2) return false;
    tensor mask(element_type::boolean(), x.shape());
    for (std::size_t i = 0; i < mask.size(); ++i) mask.set(i, i % n + 1 != n);
    kernel_call without = e.call;
    without.set_input("mask", std::move(mask));
    const tensor cut = std::move(run_kernel(without, e.with)[e.result]);
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (results.size() != x.size() || i % n + 1 != n) results.set(i, cut[i]);
    }
    return true;
  };
  return h;
}

}  // namespace

void add_softmax(hypotheses& all) {
  all.push_back({"no_max_subtraction",
                 "the line's maximum is not subtracted before the exponentials",
                 {},
                 with_variant("algorithm", "naive")});
  // log2 e = 1.4427 is 1.4453 in bfloat16: the same as a temperature that much lower.
  all.push_back({"log2e_in_bf16", "log2 e is rounded to bfloat16", [](kernel_call& call) {
                   constexpr double ratio = 1.4426950408889634 / 1.4453125;
                   if (has_attribute_named(call, "temperature")) {
                     call.set("temperature", attribute_value(call.number("temperature") * ratio));
                     return true;
                   }
                   if (call.name() != "attention" || has_input_named(call, "bias")) return false;
                   const extents& q = call.input("q").shape();
                   const double scale =
                       call.has("scale") ? call.number("scale") : 1 / std::sqrt(static_cast<double>(q[q.rank() - 1]));
                   call.set("scale", attribute_value(scale / ratio));
                   return true;
                 }});
  hypothesis padded{"padded_lane", "one padded element of value 0 is counted in each line"};
  padded.change_call = [](kernel_call& call) {
    if (!is_any(call.name(), {"softmax", "log_softmax", "logsumexp"})) return false;
    const tensor x = call.input("x");
    if (x.shape().rank() == 0) return false;
    std::vector<std::size_t> sizes(x.shape().begin(), x.shape().end());
    const std::size_t n = sizes.back();
    sizes.back() = n + 1;
    const extents wider{std::span<const std::size_t>(sizes)};
    const auto widen = [&](const tensor& t, std::uint64_t pad) {
      tensor y(t.type(), wider);
      for (std::size_t i = 0; i < y.size(); ++i) {
        const std::size_t line = i / (n + 1), k = i % (n + 1);
        y.set(i, k < n ? t[line * n + k] : pad);
      }
      return y;
    };
    if (has_input_named(call, "mask")) call.set_input("mask", widen(tensor(call.input("mask")), 1));
    call.set_input("x", widen(x, 0));
    return true;
  };
  padded.change_results = [](const emulation& e, tensor& results) {
    const std::size_t n = e.call.input("x").shape()[e.call.input("x").shape().rank() - 1];
    if (results.size() == e.got.size()) return true;  // logsumexp
    tensor narrower(results.type(), {results.size() / n, n - 1});
    for (std::size_t i = 0; i < narrower.size(); ++i) narrower.set(i, results[i / (n - 1) * n + i % (n - 1)]);
    results = std::move(narrower);
    return true;
  };
  all.push_back(std::move(padded));
  all.push_back({"mask_missing", "the mask is not applied", [](kernel_call& call) {
                   if (!has_input_named(call, "mask")) return false;
                   const tensor x = call.input("mask");
                   call.set_input("mask", changed_codes(x, [](std::uint64_t) { return std::uint64_t{1}; }));
                   return true;
                 }});
  all.push_back({"temperature_missing", "the temperature is not applied", with_attribute("temperature", 1.0)});
  all.push_back(last_left_out());
}

}  // namespace assay::detail
