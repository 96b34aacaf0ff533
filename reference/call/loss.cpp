#include <assay/reference/cross_entropy.hpp>

#include "families.hpp"
#include "losses.hpp"

namespace assay::reference {

namespace {

constexpr call_row loss_rows[] = {
    {"cross_entropy",
     [](const kernel_call& call, const request& want) {
       return only(cross_entropy(call.view("x"), targets_of(call), cross_entropy_options_of(call), want));
     }},
    {"nll",
     [](const kernel_call& call, const request& want) {
       return only(nll(call.view("x"), call.input("target"), call.view("weight"),
                       {.ignore_index = call.integer("ignore_index"), .reduction = reduction_of(call)}, want));
     }},
    {"mse",
     [](const kernel_call& call, const request& want) {
       return only(mse(call.view("x"), call.view("target"), reduction_of(call), want));
     }},
    {"l1", [](const kernel_call& call,
              const request& want) { return only(l1(call.view("x"), call.view("target"), reduction_of(call), want)); }},
    {"huber",
     [](const kernel_call& call, const request& want) {
       return only(huber(call.view("x"), call.view("target"), call.number("delta"), reduction_of(call), want));
     }},
    {"smooth_l1",
     [](const kernel_call& call, const request& want) {
       return only(smooth_l1(call.view("x"), call.view("target"), call.number("beta"), reduction_of(call), want));
     }},
    {"bce",
     [](const kernel_call& call, const request& want) {
       return only(bce(call.view("x"), call.view("target"), call.view("weight"), reduction_of(call), want));
     }},
    {"bce_with_logits",
     [](const kernel_call& call, const request& want) {
       return only(bce_with_logits(call.view("x"), call.view("target"), call.view("weight"), call.view("pos_weight"),
                                   reduction_of(call), want));
     }},
    {"kl_div",
     [](const kernel_call& call, const request& want) {
       return only(kl_div(call.view("x"), call.view("target"), call.flag("log_target"), reduction_of(call), want));
     }},
};

}  // namespace

family loss_family() { return loss_rows; }

}  // namespace assay::reference
