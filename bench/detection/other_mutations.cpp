// Convolutions, activations, collectives.
#include <assay/number/convert.hpp>

#include "mutation.hpp"

namespace detection {

namespace {

/// The sum over the ranks in binary32, each partial sum through a wire format.
auto over_wire(format wire) {
  return [wire](const trial& t, random_source&) -> results {
    const tensor& x = t.call.input("x");
    std::vector<tensor> all = run_honest(t);
    const std::size_t each = all[0].size(), ranks = x.shape()[0];
    const format f = x.type().layout;
    for (std::size_t i = 0; i < each; ++i) {
      float sum = to_float(x[i], f);
      for (std::size_t r = 1; r < ranks; ++r) {
        sum = to_float(convert(sum + to_float(x[r * each + i], f), wire).code, wire);
      }
      all[0].set(i, convert(sum, all[0].type().layout).code);
    }
    return all;
  };
}

}  // namespace

void add_other_mutations(std::vector<mutation>& all) {
  all.insert(
      all.end(),
      {
          {"conv2d: sums in bf16", "conv2d", "bf16_accumulator compute_bfloat16",
           with_arithmetic("accumulate=floating:bfloat16")},
          {"conv2d: filter read transposed", "conv2d", "weight_axes_2_3_transposed",
           with_call([](kernel_call& call, random_source&) {
             const tensor w = call.input("weight");
             tensor flipped = w;
             for (std::size_t i = 0; i < w.size(); ++i) flipped.set(i, w[i / 9 * 9 + i % 3 * 3 + i % 9 / 3]);
             call.set_input("weight", std::move(flipped));
             return true;
           })},
          {"conv2d: last channel missing", "conv2d", "x_axis_1_last_missing",
           with_call([](kernel_call& call, random_source&) {
             tensor x = call.input("x");
             for (std::size_t i = x.size() - x.size() / x.shape()[1]; i < x.size(); ++i) x.set(i, 0);
             call.set_input("x", std::move(x));
             return true;
           })},
          {"conv2d: truncating store", "conv2d", "truncating_store",
           [](const trial& t, random_source&) -> results {
             return run_honest(t, t.honest.substr(t.honest.rfind("to=")) + ":toward_zero");
           }},
          {"gelu: by tanh", "gelu", "gelu_tanh",
           [](const trial& t, random_source&) -> results {
             trial other{kernel_call("gelu_tanh"), t.claim, t.honest};
             other.call.set_input("x", t.call.input("x"));
             return run_honest(other);
           }},
          {"gelu: in the storage format, in steps", "gelu", "native compute_", with_arithmetic("native form=steps")},
          {"silu: in the storage format, in steps", "silu", "native compute_", with_arithmetic("native form=steps")},
          {"all_reduce: a rank missing", "all_reduce", "k_tail_1_dropped",
           with_call([](kernel_call& call, random_source&) {
             tensor x = call.input("x");
             for (std::size_t i = x.size() - x.size() / x.shape()[0]; i < x.size(); ++i) x.set(i, 0);
             call.set_input("x", std::move(x));
             return true;
           })},
          {"all_reduce: bf16 on the wire", "all_reduce", "store_ compute_bfloat16 native", over_wire(bfloat16)},
          {"all_reduce: fp16 on the wire", "all_reduce", "store_ compute_binary16 native", over_wire(binary16)},
      });
}

const std::vector<mutation>& mutations() {
  static const std::vector<mutation> all = [] {
    std::vector<mutation> table;
    add_product_mutations(table);
    add_block_mutations(table);
    add_storage_mutations(table);
    add_softmax_mutations(table);
    add_norm_mutations(table);
    add_loss_mutations(table);
    add_other_mutations(table);
    return table;
  }();
  return all;
}

}  // namespace detection
