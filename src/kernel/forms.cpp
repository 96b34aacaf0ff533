#include "forms.hpp"

#include <cmath>

namespace assay::kernel {

statistics_form statistics_form_of(const arithmetic& with) {
  return {choice<variance_form>(with, variance_variant), choice<mean_form>(with, mean_variant),
          count_of(with, chunk_variant)};
}

softmax_form softmax_form_of(const arithmetic& with) {
  return {choice<softmax_form::algorithm>(with, algorithm_variant),
          choice<softmax_form::exponential>(with, exp_variant), choice<softmax_form::division>(with, divide_variant),
          choice<softmax_form::scaling>(with, temperature_variant), count_of(with, part_variant)};
}

log_softmax_form log_softmax_form_of(const arithmetic& with) {
  return {softmax_form_of(with), choice<log_softmax_form::ending>(with, log_end_variant)};
}

normalise_form normalise_form_of(const arithmetic& with) {
  return {statistics_form_of(with), choice<normalise_form::eps_place>(with, eps_variant),
          choice<normalise_form::root>(with, root_variant), choice<normalise_form::affine>(with, affine_variant)};
}

double eps_of(const kernel_call& call) {
  const double eps = call.number("eps");
  if (!(eps >= 0) || std::isinf(eps)) {
    throw std::invalid_argument("eps is " + to_string(attribute_value(eps)) + "; expected a number of at least zero.");
  }
  return eps;
}

double temperature_of(const kernel_call& call) {
  const double t = call.number("temperature");
  if (!(t > 0) || std::isinf(t)) {
    throw std::invalid_argument("temperature is " + to_string(attribute_value(t)) + "; expected a number above zero.");
  }
  return t;
}

}  // namespace assay::kernel
