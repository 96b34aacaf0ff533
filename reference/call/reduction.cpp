#include <assay/reference/reduction.hpp>

#include "families.hpp"

namespace assay::reference {

namespace {

reduction_options reduction_options_of(const kernel_call& call) {
  return {.axis = static_cast<int>(call.integer("axis")), .keep_axis = call.flag("keepdim")};
}

constexpr call_row reduction_rows[] = {
    {"sum",
     [](const kernel_call& call, const request& want) { return only(sum(call.view("x"), reduction_options_of(call), want)); }},
    {"mean",
     [](const kernel_call& call, const request& want) { return only(mean(call.view("x"), reduction_options_of(call), want)); }},
    {"variance",
     [](const kernel_call& call, const request& want) {
       return only(variance(call.view("x"), call.number("correction"), reduction_options_of(call), want));
     }},
};

}  // namespace

family reduction_family() { return reduction_rows; }

}  // namespace assay::reference
