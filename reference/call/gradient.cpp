#include <assay/reference/activation_backward.hpp>
#include <assay/reference/gemm_backward.hpp>
#include <assay/reference/loss_backward.hpp>
#include <assay/reference/norm_backward.hpp>
#include <assay/reference/softmax_backward.hpp>

#include "families.hpp"
#include "losses.hpp"

namespace assay::reference {

namespace {

std::vector<truth> layer_norm_backward_of(const kernel_call& call, const request& want) {
  norm_gradients t = layer_norm_backward(call.view("x"), call.view("weight"), call.view("dy"),
                                         {.axes = count_of(call, "axes"), .eps = call.number("eps")}, want);
  return all_of(std::move(t.dx), std::move(t.dweight), std::move(t.dbias));
}

std::vector<truth> rms_norm_backward_of(const kernel_call& call, const request& want) {
  norm_gradients t = rms_norm_backward(call.view("x"), call.view("weight"), call.view("dy"),
                                       {.axes = count_of(call, "axes"), .eps = call.number("eps")}, want);
  return all_of(std::move(t.dx), std::move(t.dweight));
}

softmax_options softmax_gradient_options_of(const kernel_call& call) {
  return {.axis = static_cast<int>(call.integer("axis")), .temperature = call.number("temperature")};
}

std::vector<truth> gemm_backward_of(const kernel_call& call, const request& want) {
  gemm_gradients t = gemm_backward(call.view("a"), call.view("b"), call.view("dy"), want);
  return all_of(std::move(t.da), std::move(t.db));
}

constexpr call_row gradient_rows[] = {
    {"gemm_backward", gemm_backward_of},
    {"softmax_backward",
     [](const kernel_call& call, const request& want) {
       return only(softmax_backward(call.view("x"), call.view("dy"), softmax_gradient_options_of(call), want));
     }},
    {"log_softmax_backward",
     [](const kernel_call& call, const request& want) {
       return only(log_softmax_backward(call.view("x"), call.view("dy"), softmax_gradient_options_of(call), want));
     }},
    {"cross_entropy_backward",
     [](const kernel_call& call, const request& want) {
       return only(cross_entropy_backward(call.view("x"), targets_of(call), call.view("dy"),
                                          cross_entropy_options_of(call), want));
     }},
    {"mse_backward",
     [](const kernel_call& call, const request& want) {
       return only(mse_backward(call.view("x"), call.view("target"), call.view("dy"), reduction_of(call), want));
     }},
    {"gelu_backward", [](const kernel_call& call,
                         const request& want) { return only(gelu_backward(call.view("x"), call.view("dy"), want)); }},
    {"silu_backward", [](const kernel_call& call,
                         const request& want) { return only(silu_backward(call.view("x"), call.view("dy"), want)); }},
    {"layer_norm_backward", layer_norm_backward_of},
    {"rms_norm_backward", rms_norm_backward_of},
};

}  // namespace

family gradient_family() { return gradient_rows; }

}  // namespace assay::reference
