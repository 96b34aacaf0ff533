// The same kernel by another algorithm, alone and with every operation in the storage format; another kernel in its
// place.
#include <assay/kernel/run.hpp>

#include "tables.hpp"

namespace assay::detail {
namespace {

/// The same call to another kernel, with the inputs and attributes that it has too.
hypothesis other_kernel(std::string_view of, std::string_view instead, std::string words) {
  hypothesis h{std::string(instead), std::move(words)};
  h.change_whole_call = [of, instead](kernel_call& call) {
    if (call.name() != of) return false;
    kernel_call other(instead);
    for (const auto& [name, x] : call.inputs()) {
      for (const input_info& in : other.info().inputs) {
        if (in.name == name) other.set_input(name, x);
      }
    }
    for (const auto& [name, value] : call.attributes()) {
      for (const attribute_info& a : other.info().attributes) {
        if (a.name == name) other.set(name, value);
      }
    }
    call = other;
    return true;
  };
  return h;
}

struct mistaken {
  std::string_view of, instead;
  const char* words;
};
constexpr mistaken other_kernels[] = {
    {"gelu", "gelu_tanh", "gelu is computed by tanh"},
    {"gelu_tanh", "gelu", "gelu is computed by erf"},
    {"gelu", "silu", "silu is computed in place of gelu"},
    {"silu", "sigmoid", "the factor x is missing: it is the sigmoid"},
    {"exp", "exp2", "2^x is computed in place of e^x"},
    {"exp2", "exp", "e^x is computed in place of 2^x"},
    {"log", "log2", "the logarithm is that to base 2"},
    {"log2", "log", "the logarithm is the natural one"},
    {"expm1", "exp", "e^x is computed: 1 is not subtracted"},
    {"log1p", "log", "ln x is computed: 1 is not added"},
    {"sqrt", "rsqrt", "the reciprocal root is computed"},
    {"rsqrt", "sqrt", "the root is computed, not its reciprocal"},
    {"softmax", "log_softmax", "the logarithm of the softmax is computed"},
    {"log_softmax", "softmax", "the softmax is computed, without the logarithm"},
    {"layer_norm", "rms_norm", "the mean is not subtracted: it is rms_norm, without a bias"},
    {"sum", "mean", "the sum is divided by n"},
    {"mean", "sum", "the sum is not divided by n"},
    {"huber", "smooth_l1", "it is smooth_l1"},
    {"smooth_l1", "huber", "it is huber"},
    {"mse", "l1", "it is l1"},
    {"l1", "mse", "it is mse"},
    {"max_pool2d", "avg_pool2d", "windows are averaged"},
    {"avg_pool2d", "max_pool2d", "windows give their largest element"},
    {"silu_backward", "gelu_backward", "it is gelu's gradient"},
    {"gelu_backward", "silu_backward", "it is silu's gradient"},
    {"softmax_backward", "log_softmax_backward", "it is log_softmax's gradient"},
    {"log_softmax_backward", "softmax_backward", "it is softmax's gradient"},
};

}  // namespace

void add_forms(hypotheses& all, const kernel_call& call) {
  for (const mistaken& m : other_kernels) {
    if (m.of == call.name()) all.push_back(other_kernel(m.of, m.instead, m.words));
  }
  for (const attribute_info& v : variants_of(call.name())) {
    if (v.type != attribute_info::kind::choice) continue;
    for_each_word(v.choices, ' ', [&](std::string_view word) {
      const std::string key(v.name), value(word);
      all.push_back({key + "_" + value, "the algorithm's " + key + " is " + value, {}, with_variant(key, value)});
      all.push_back({"native_" + key + "_" + value,
                     "every operation is rounded to the inputs' own format, with " + key + " " + value,
                     {},
                     [set = with_variant(key, value)](const kernel_call& c, arithmetic& with) {
                       if (with.compute == c.storage_format()) return false;
                       with.compute = c.storage_format();
                       with.accumulate.reset();
                       return set(c, with);
                     }});
    });
  }
}

}  // namespace assay::detail
