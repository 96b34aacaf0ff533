#include <assay/reference/softmax.hpp>

#include "families.hpp"

namespace assay::reference {

namespace {

softmax_options softmax_options_of(const kernel_call& call) {
  return {
      .axis = static_cast<int>(call.integer("axis")), .temperature = call.number("temperature"), .keep = mask_of(call)};
}

constexpr call_row softmax_rows[] = {
    {"softmax", [](const kernel_call& call,
                   const request& want) { return only(softmax(call.view("x"), softmax_options_of(call), want)); }},
    {"log_softmax", [](const kernel_call& call,
                       const request& want) { return only(log_softmax(call.view("x"), softmax_options_of(call), want)); }},
    {"logsumexp",
     [](const kernel_call& call, const request& want) {
       return only(logsumexp(call.view("x"), softmax_options_of(call), call.flag("keepdim"), want));
     }},
};

}  // namespace

family softmax_family() { return softmax_rows; }

}  // namespace assay::reference
