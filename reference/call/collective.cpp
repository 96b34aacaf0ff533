#include <assay/reference/collective.hpp>

#include "families.hpp"

namespace assay::reference {

namespace {

constexpr call_row collective_rows[] = {
    {"all_reduce", [](const kernel_call& call, const request& want) { return only(all_reduce(call.view("x"), want)); }},
    {"reduce_scatter",
     [](const kernel_call& call, const request& want) { return only(reduce_scatter(call.view("x"), want)); }},
};

}  // namespace

family collective_family() { return collective_rows; }

}  // namespace assay::reference
