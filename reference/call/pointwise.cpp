#include <assay/reference/pointwise.hpp>

#include "families.hpp"

namespace assay::reference {

namespace {

template <pointwise_function f>
std::vector<truth> of_x(const kernel_call& call, const request& want) {
  return only(pointwise(f, call.view("x"), want));
}

constexpr call_row pointwise_rows[] = {
    {"convert", of_x<pointwise_function::convert>},
    {"exp", of_x<pointwise_function::exp>},
    {"exp2", of_x<pointwise_function::exp2>},
    {"expm1", of_x<pointwise_function::expm1>},
    {"log", of_x<pointwise_function::log>},
    {"log2", of_x<pointwise_function::log2>},
    {"log1p", of_x<pointwise_function::log1p>},
    {"tanh", of_x<pointwise_function::tanh>},
    {"erf", of_x<pointwise_function::erf>},
    {"sqrt", of_x<pointwise_function::sqrt>},
    {"rsqrt", of_x<pointwise_function::rsqrt>},
    {"reciprocal", of_x<pointwise_function::reciprocal>},
    {"sigmoid", of_x<pointwise_function::sigmoid>},
    {"gelu", of_x<pointwise_function::gelu>},
    {"gelu_tanh", of_x<pointwise_function::gelu_tanh>},
    {"silu", of_x<pointwise_function::silu>},
    {"relu", of_x<pointwise_function::relu>},
    {"softplus", [](const kernel_call& call,
                    const request& want) { return only(softplus(call.view("x"), call.number("beta"), want)); }},
};

}  // namespace

family pointwise_family() { return pointwise_rows; }

}  // namespace assay::reference
