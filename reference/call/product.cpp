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

constexpr call_row rows[] = {
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
};

}  // namespace

family product_family() { return rows; }

}  // namespace assay::reference
