#include <assay/format/formats.hpp>
#include <assay/reference/batch_norm.hpp>
#include <assay/reference/group_norm.hpp>
#include <assay/reference/layer_norm.hpp>
#include <assay/reference/rms_norm.hpp>

#include "families.hpp"

namespace assay::reference {

namespace {

rms_norm_options rms_norm_options_of(const kernel_call& call) {
  rms_norm_options options{.axes = count_of(call, "axes"), .eps = call.number("eps")};
  if (const std::string name = call.choice("cast_before_weight"); name != "none") {
    options.cast_before_weight = find_named_format(name);
  }
  return options;
}

std::vector<truth> batch_norm_of(const kernel_call& call, const request& want) {
  batch_norm_truth t = batch_norm(
      call.view("x"), call.view("weight"), call.view("bias"), call.view("running_mean"), call.view("running_var"),
      {.eps = call.number("eps"), .training = call.flag("training"), .momentum = call.number("momentum")}, want);
  return all_of(std::move(t.y), std::move(t.running_mean), std::move(t.running_var));
}

constexpr call_row norm_rows[] = {
    {"layer_norm",
     [](const kernel_call& call, const request& want) {
       return only(layer_norm(call.view("x"), call.view("weight"), call.view("bias"),
                              {.axes = count_of(call, "axes"), .eps = call.number("eps")}, want));
     }},
    {"rms_norm",
     [](const kernel_call& call, const request& want) {
       return only(rms_norm(call.view("x"), call.view("weight"), rms_norm_options_of(call), want));
     }},
    {"batch_norm", batch_norm_of},
    {"group_norm",
     [](const kernel_call& call, const request& want) {
       return only(group_norm(call.view("x"), call.view("weight"), call.view("bias"),
                              {.groups = count_of(call, "groups"), .eps = call.number("eps")}, want));
     }},
};

}  // namespace

family norm_family() { return norm_rows; }

}  // namespace assay::reference
