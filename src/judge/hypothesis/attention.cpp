// Attention: masks, scales, probabilities, heads.
#include <assay/format/name.hpp>
#include <assay/kernel/run.hpp>

#include "tables.hpp"

namespace assay::detail {
namespace {

/// Replaces causal masking by an explicit mask whose diagonal is moved.
change_of_call causal_moved(std::ptrdiff_t by) {
  return [by](kernel_call& call) {
    if (call.name() != "attention" || call.choice("causal") == "none" || has_input_named(call, "mask")) return false;
    const extents &q = call.input("q").shape(), &k = call.input("k").shape();
    const std::size_t l = q[q.rank() - 2], s = k[k.rank() - 2];
    const std::ptrdiff_t shift =
        by +
        (call.choice("causal") == "bottom_right" ? static_cast<std::ptrdiff_t>(s) - static_cast<std::ptrdiff_t>(l) : 0);
    tensor mask(element_type::boolean(), {l, s});
    for (std::size_t i = 0; i < l; ++i) {
      for (std::size_t j = 0; j < s; ++j) {
        mask.set(i * s + j, static_cast<std::ptrdiff_t>(j) <= static_cast<std::ptrdiff_t>(i) + shift ? 1 : 0);
      }
    }
    call.set("causal", "none");
    call.set_input("mask", std::move(mask));
    return true;
  };
}

/// Query head h reads key head h mod G in place of h / (H / G).
bool heads_in_turn(kernel_call& call) {
  if (call.name() != "attention") return false;
  const extents &q = call.input("q").shape(), &k = call.input("k").shape();
  if (q.rank() < 3) return false;
  const std::size_t heads = q[q.rank() - 3], groups = k[k.rank() - 3];
  if (groups < 2 || heads == groups) return false;
  for (const char* name : {"k", "v"}) {
    const tensor x = call.input(name);
    std::vector<std::size_t> sizes(x.shape().begin(), x.shape().end());
    const std::size_t rank = sizes.size(), head = sizes[rank - 2] * sizes[rank - 1];
    sizes[rank - 3] = heads;
    tensor y(x.type(), extents(std::span<const std::size_t>(sizes)));
    for (std::size_t i = 0; i < y.size(); ++i) {
      const std::size_t outer = i / (heads * head), h = i / head % heads;
      y.set(i, x[(outer * groups + h % groups) * head + i % head]);
    }
    call.set_input(name, std::move(y));
  }
  return true;
}

}  // namespace

void add_attention(hypotheses& all) {
  all.push_back({"causal_plus_1", "the causal mask lets one key too many through", causal_moved(1)});
  all.push_back({"causal_minus_1", "the causal mask hides one key too many", causal_moved(-1)});
  all.push_back({"causal_missing", "the causal mask is not applied", with_attribute("causal", std::string("none"))});
  all.push_back(
      {"causal_top_left", "the causal mask starts at the top left", with_attribute("causal", std::string("top_left"))});
  all.push_back({"causal_bottom_right", "the causal mask ends at the bottom right",
                 with_attribute("causal", std::string("bottom_right"))});
  all.push_back({"scale_missing", "the scale is not applied", with_attribute("scale", 1.0)});
  for (const format f : {e4m3fn, e5m2, bfloat16, binary16}) {
    all.push_back({"probabilities_" + format_name(f),
                   "probabilities are stored in " + format_name(f),
                   {},
                   [f](const kernel_call& call, arithmetic& with) {
                     const auto points = stores_of(call.name());
                     if (points.empty()) return false;
                     for (const store_info& p : points) with.stores[std::string(p.name)] = {f, {}};
                     return true;
                   }});
  }
  hypothesis turns{"key_heads_in_turn", "key heads serve query heads in turn instead of in groups"};
  turns.change_whole_call = heads_in_turn;
  all.push_back(std::move(turns));
}

}  // namespace assay::detail
