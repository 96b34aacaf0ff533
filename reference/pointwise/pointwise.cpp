#include <assay/reference/pointwise.hpp>

#include <stdexcept>

#include "algebraic.hpp"
#include "error_functions.hpp"
#include "exponentials.hpp"
#include "logarithms.hpp"

namespace assay::reference {

truth pointwise(pointwise_function f, const code_view& x, const request& want) {
  const auto of = [&](const auto& function) { return truth_of_elements(x, want, function); };
  switch (f) {
    case pointwise_function::convert: return of(convert_function{});
    case pointwise_function::exp: return of(exp_function{});
    case pointwise_function::exp2: return of(exp2_function{});
    case pointwise_function::expm1: return of(expm1_function{});
    case pointwise_function::log: return of(log_function{});
    case pointwise_function::log2: return of(log2_function{});
    case pointwise_function::log1p: return of(log1p_function{});
    case pointwise_function::tanh: return of(tanh_function{});
    case pointwise_function::erf: return of(erf_function{});
    case pointwise_function::sqrt: return of(sqrt_function{});
    case pointwise_function::rsqrt: return of(rsqrt_function{});
    case pointwise_function::reciprocal: return of(reciprocal_function{});
    case pointwise_function::sigmoid: return of(sigmoid_function{});
    case pointwise_function::gelu: return of(gelu_function{});
    case pointwise_function::gelu_tanh: return of(gelu_tanh_function{});
    case pointwise_function::silu: return of(silu_function{});
    case pointwise_function::relu: return of(relu_function{});
  }
  throw std::invalid_argument("there is no such pointwise function");
}

truth softplus(const code_view& x, double beta, const request& want) {
  if (!std::isfinite(beta) || beta == 0) {
    throw std::invalid_argument("beta is " + std::to_string(beta) + "; expected a finite number other than zero");
  }
  return truth_of_elements(x, want, softplus_function{beta});
}

}  // namespace assay::reference
