// Softmax and attention.
#include <cmath>

#include <assay/number/convert.hpp>

#include "mutation.hpp"

namespace detection {

namespace {

/// Logits so large that exponentials overflow unless the maximum is taken off.
void make_large(trial& t, random_source&) {
  const tensor x = t.call.input("x");
  const format f = x.type().layout;
  t.call.set_input("x", mapped(x, [&](std::size_t, std::size_t, std::uint64_t code) {
                     return convert(to_double(code, f) * 8 + 80, f).code;
                   }));
}

/// The temperature as a factor, changed.
auto with_temperature(double factor) {
  return with_call([factor](kernel_call& call, random_source&) {
    call.set("temperature", call.number("temperature") * factor);
    return true;
  });
}

/// Attention under an explicit mask: keep(query, key, queries, keys).
template <class Keep>
auto with_mask(Keep keep) {
  return with_call([keep](kernel_call& call, random_source&) {
    const std::size_t queries = rows_of(call.input("q")), keys = rows_of(call.input("k"));
    tensor mask(element_type::boolean(), {queries, keys});
    for (std::size_t i = 0; i < mask.size(); ++i) mask.set(i, keep(i / keys, i % keys, queries, keys));
    call.set("causal", "none");
    call.set_input("mask", std::move(mask));
    return true;
  });
}

}  // namespace

void add_softmax_mutations(std::vector<mutation>& all) {
  const double log2e = 1.4426950408889634, in_bf16 = 1.4453125;  // the nearest bfloat16
  all.insert(
      all.end(),
      {
          {"softmax: no maximum taken off", "softmax", "no_max_subtraction", with_arithmetic("algorithm=naive"),
           make_large},
          {"softmax: sum in bf16", "softmax", "bf16_accumulator", with_arithmetic("accumulate=floating:bfloat16")},
          {"softmax: sum in fp16", "softmax", "fp16_accumulator", with_arithmetic("accumulate=floating:binary16")},
          {"softmax: exponentials in bf16", "softmax", "store_exponentials_bfloat16",
           with_arithmetic("store.exponentials=bfloat16")},
          {"softmax: everything in the storage format", "softmax", "native compute_", with_arithmetic("native")},
          {"softmax: log2 e in bf16", "softmax", "log2e_in_bf16", with_temperature(log2e / in_bf16)},
          {"softmax: temperature missing", "softmax", "temperature_missing",
           with_call([](kernel_call& call, random_source&) { return call.set("temperature", 1), true; })},
          {"softmax: a padded lane counted", "softmax", "padded_lane",
           [](const trial& t, random_source&) -> results {
             const tensor& x = t.call.input("x");
             const std::size_t rows = rows_of(x), n = columns_of(x);
             tensor wider(x.type(), {rows, n + 1});
             for (std::size_t i = 0; i < rows; ++i)
               for (std::size_t j = 0; j < n; ++j) wider.set(i * (n + 1) + j, x[i * n + j]);
             trial other = t;
             other.call.set_input("x", wider);
             const std::vector<tensor> padded = run_honest(other);
             std::vector<tensor> all_results = run_honest(t);
             for (std::size_t i = 0; i < rows; ++i)
               for (std::size_t j = 0; j < n; ++j) all_results[0].set(i * n + j, padded[0][i * (n + 1) + j]);
             return all_results;
           }},
          {"softmax: the last element left out of the sum", "softmax", "last_missing",
           [](const trial& t, random_source&) -> results {
             const tensor& x = t.call.input("x");
             const std::size_t n = columns_of(x);
             trial other = t;
             other.call.set_input("x", mapped(x, [&](std::size_t, std::size_t j, std::uint64_t code) {
                                    return j + 1 == n ? convert(-1e30, x.type().layout).code : code;
                                  }));
             std::vector<tensor> cut = run_honest(other), honest = run_honest(t);
             for (std::size_t i = n - 1; i < x.size(); i += n) cut[0].set(i, honest[0][i]);
             return cut;
           }},
          {"attention: causal mask one key too wide", "attention", "causal_plus_1",
           with_mask([](std::size_t i, std::size_t j, std::size_t queries, std::size_t keys) {
             return j <= i + keys - queries + 1;
           })},
          {"attention: causal mask one key too narrow", "attention", "causal_minus_1",
           with_mask([](std::size_t i, std::size_t j, std::size_t queries, std::size_t keys) {
             return j < i + keys - queries || j == 0;
           })},
          {"attention: causal mask missing", "attention", "causal_missing",
           with_call([](kernel_call& call, random_source&) { return call.set("causal", "none"), true; })},
          {"attention: causal mask from the top left", "attention", "causal_top_left",
           with_call([](kernel_call& call, random_source&) { return call.set("causal", "top_left"), true; })},
          {"attention: scale missing", "attention", "scale_missing",
           with_call([](kernel_call& call, random_source&) { return call.set("scale", 1), true; })},
          {"attention: scaled by 1 / E", "attention", "scale_is", with_call([](kernel_call& call, random_source&) {
             call.set("scale", 1.0 / static_cast<double>(columns_of(call.input("q"))));
             return true;
           })},
          {"attention: keys of the next head", "attention", "k_axis_1_plus_1",
           with_call([](kernel_call& call, random_source&) {
             const tensor k = call.input("k");
             const std::size_t n = columns_of(k), keys = rows_of(k);
             call.set_input("k", mapped(k, [&](std::size_t i, std::size_t j, std::uint64_t) {
                              return k[(i / keys * keys + (i + 1) % keys) * n + j];
                            }));
             return true;
           })},
      });
}

}  // namespace detection
