// What calls of losses and of their gradients ask for.
#pragma once

#include <assay/reference/cross_entropy.hpp>

#include "families.hpp"

namespace assay::reference {

inline loss_reduction reduction_of(const kernel_call& call) {
  const std::string word = call.choice("reduction");
  if (word == "none") return loss_reduction::none;
  if (word == "sum") return loss_reduction::sum;
  return word == "mean" ? loss_reduction::mean : loss_reduction::batch_mean;
}

/// The call's tensors are looked at, not copied.
inline cross_entropy_targets targets_of(const kernel_call& call) {
  return {call.has_input("target") ? &call.input("target") : nullptr, call.view("target_probabilities"),
          call.view("weight")};
}

inline cross_entropy_options cross_entropy_options_of(const kernel_call& call) {
  return {call.integer("ignore_index"), call.number("label_smoothing"), reduction_of(call)};
}

}  // namespace assay::reference
