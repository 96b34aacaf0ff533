// The kernels' forms, read from an arithmetic's variants.
#pragma once

#include <assay/kernel/log_softmax.hpp>
#include <assay/kernel/normalise.hpp>

#include "families.hpp"

namespace assay::kernel {

statistics_form statistics_form_of(const arithmetic& with);
softmax_form softmax_form_of(const arithmetic& with);
log_softmax_form log_softmax_form_of(const arithmetic& with);
normalise_form normalise_form_of(const arithmetic& with);

/// The attribute `eps`, at least zero. Throws std::invalid_argument.
double eps_of(const kernel_call& call);
/// The attribute `temperature`, above zero. Throws std::invalid_argument.
double temperature_of(const kernel_call& call);

}  // namespace assay::kernel
