#include <assay/reference/conv2d.hpp>
#include <assay/reference/dot.hpp>
#include <assay/reference/gemm.hpp>

#include "families.hpp"

namespace assay::reference {

namespace {

activation activation_of(std::string_view word) {
  constexpr std::pair<std::string_view, activation> words[] = {
      {"none", activation::none}, {"relu", activation::relu},
      {"gelu", activation::gelu}, {"gelu_tanh", activation::gelu_tanh},
      {"silu", activation::silu}, {"sigmoid", activation::sigmoid},
      {"tanh", activation::tanh}};
  for (const auto& [name, value] : words) {
    if (name == word) return value;
  }
  throw std::logic_error("the catalogue has the activation " + std::string(word) + ", but it has no truth");
}

pair_of_counts counts_of(const kernel_call& call, std::string_view name) {
  const std::vector<std::int64_t> all = call.integers(name);
  if (all.size() != 2 || all[0] < 0 || all[1] < 0) {
    throw std::invalid_argument(std::string(name) + " is " + to_string(attribute_value(all)) +
                                "; expected two integers, down and across, neither negative");
  }
  return {static_cast<std::size_t>(all[0]), static_cast<std::size_t>(all[1])};
}

conv2d_options conv2d_options_of(const kernel_call& call) {
  return {.stride = counts_of(call, "stride"),
          .padding = counts_of(call, "padding"),
          .dilation = counts_of(call, "dilation"),
          .groups = count_of(call, "groups")};
}

constexpr call_row product_rows[] = {
    {"dot", [](const kernel_call& call,
               const request& want) { return only(dot(call.view("a"), call.view("b"), call.view("c"), want)); }},
    {"gemm",
     [](const kernel_call& call, const request& want) {
       return only(gemm({.a = call.view("a"),
                         .b = call.view("b"),
                         .c = call.view("c"),
                         .bias = call.view("bias"),
                         .a_scale = call.view("a_scale"),
                         .b_scale = call.view("b_scale")},
                        {.transpose_a = call.flag("transpose_a"),
                         .transpose_b = call.flag("transpose_b"),
                         .alpha = call.number("alpha"),
                         .beta = call.number("beta"),
                         .then = activation_of(call.choice("activation"))},
                        want));
     }},
    {"conv2d",
     [](const kernel_call& call, const request& want) {
       return only(conv2d(call.view("x"), call.view("weight"), call.view("bias"), conv2d_options_of(call), want));
     }},
};

}  // namespace

family product_family() { return product_rows; }

}  // namespace assay::reference
