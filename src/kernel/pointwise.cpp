// Functions of one element.
#include <assay/kernel/pointwise.hpp>

#include "families.hpp"
#include "lines.hpp"

namespace assay::kernel {

namespace {

/// y = f(a, x) of every element.
template <class Function>
std::vector<tensor> map_elements(const kernel_call& call, const arithmetic& with, unsigned threads, const Function& f) {
  const tensor& x = call.input("x");
  tensor y(element_type::of(*with.to), x.shape());
  constexpr std::size_t run = 4096;
  with_scalar(with, [&]<class A>(std::type_identity<A>) {
    for_each_line<A>(with, (x.size() + run - 1) / run, run, threads, [&](A& a, line_io<A>& io, std::size_t l) {
      std::vector<typename A::value> v(std::min(run, x.size() - l * run));
      io.load(x, l * run, 1, v, l);
      for (auto& e : v) e = f(a, e);
      io.store(v, y, l * run, 1, l);
    });
  });
  return only(std::move(y));
}

template <elementary F>
std::vector<tensor> run_function(const kernel_call& call, const arithmetic& with, unsigned threads) {
  return map_elements(call, with, threads, [](auto& a, auto x) { return a.call(F, x); });
}

using call_of = const kernel_call&;
using arithmetic_of = const arithmetic&;

constexpr kernel_row pointwise_rows[] = {
    {"convert",
     {},
     {},
     [](call_of call, arithmetic_of with, unsigned threads) {
       return map_elements(call, with, threads, [](auto&, auto x) { return x; });
     }},
    {"exp", {}, {}, run_function<elementary::exp>},
    {"exp2", {}, {}, run_function<elementary::exp2>},
    {"expm1", {}, {}, run_function<elementary::expm1>},
    {"log", {}, {}, run_function<elementary::log>},
    {"log2", {}, {}, run_function<elementary::log2>},
    {"log1p", {}, {}, run_function<elementary::log1p>},
    {"erf", {}, {}, run_function<elementary::erf>},
    {"sqrt",
     {},
     {},
     [](call_of call, arithmetic_of with, unsigned threads) {
       return map_elements(call, with, threads, [](auto& a, auto x) { return a.sqrt(x); });
     }},
    {"reciprocal",
     {},
     {},
     [](call_of call, arithmetic_of with, unsigned threads) {
       return map_elements(call, with, threads, [](auto& a, auto x) { return a.divide(a.constant(1), x); });
     }},
    {"tanh",
     tanh_variants,
     {},
     [](call_of call, arithmetic_of with, unsigned threads) {
       const auto form = choice<pointwise_form>(with, tanh_variants[0]);
       return map_elements(call, with, threads, [form](auto& a, auto x) { return tanh(a, x, form); });
     }},
    {"rsqrt",
     rsqrt_variants,
     {},
     [](call_of call, arithmetic_of with, unsigned threads) {
       const auto form = choice<pointwise_form>(with, rsqrt_variants[0]);
       return map_elements(call, with, threads, [form](auto& a, auto x) { return rsqrt(a, x, form); });
     }},
    {"sigmoid",
     sigmoid_variants,
     {},
     [](call_of call, arithmetic_of with, unsigned threads) {
       const auto form = choice<pointwise_form>(with, sigmoid_variants[0]);
       return map_elements(call, with, threads, [form](auto& a, auto x) { return sigmoid(a, x, form); });
     }},
    {"gelu",
     gelu_variants,
     {},
     [](call_of call, arithmetic_of with, unsigned threads) {
       const auto form = choice<pointwise_form>(with, gelu_variants[0]);
       return map_elements(call, with, threads, [form](auto& a, auto x) { return gelu(a, x, form); });
     }},
    {"gelu_tanh",
     {},
     {},
     [](call_of call, arithmetic_of with, unsigned threads) {
       return map_elements(call, with, threads, [](auto& a, auto x) { return gelu_tanh(a, x); });
     }},
    {"silu",
     silu_variants,
     {},
     [](call_of call, arithmetic_of with, unsigned threads) {
       const auto form = choice<silu_form>(with, silu_variants[0]);
       return map_elements(call, with, threads, [form](auto& a, auto x) { return silu(a, x, form); });
     }},
    {"relu",
     {},
     {},
     [](call_of call, arithmetic_of with, unsigned threads) {
       return map_elements(call, with, threads, [](auto& a, auto x) { return relu(a, x); });
     }},
    {"softplus",
     softplus_variants,
     {},
     [](call_of call, arithmetic_of with, unsigned threads) {
       const auto form = choice<softplus_form>(with, softplus_variants[0]);
       const double beta = call.number("beta");
       return map_elements(call, with, threads, [=](auto& a, auto x) { return softplus(a, x, beta, form); });
     }},
};

}  // namespace

family pointwise_family() { return pointwise_rows; }

}  // namespace assay::kernel
