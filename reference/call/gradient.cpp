#include <assay/reference/norm_backward.hpp>

#include "families.hpp"

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

constexpr call_row rows[] = {
    {"layer_norm_backward", layer_norm_backward_of},
    {"rms_norm_backward", rms_norm_backward_of},
};

}  // namespace

family gradient_family() { return rows; }

}  // namespace assay::reference
