#include <assay/reference/layer_norm.hpp>

#include "families.hpp"

namespace assay::reference {

namespace {

constexpr call_row rows[] = {
    {"layer_norm",
     [](const kernel_call& call, const request& want) {
       return only(layer_norm(call.view("x"), call.view("weight"), call.view("bias"),
                              {.axes = static_cast<std::size_t>(call.integer("axes")), .eps = call.number("eps")},
                              want));
     }},
};

}  // namespace

family norm_family() { return rows; }

}  // namespace assay::reference
