// The headers compile in device code, for constants and for run-time values. Compiled where nvcc is; runs nowhere.
#include <assay/assay.hpp>

namespace {

using assay::number;

template <assay::format F>
__global__ void every_operation(const number<F>* x, const number<F>* y, number<F>* out, float* decoded) {
  const auto i = threadIdx.x;
  const number<F> a = x[i], b = y[i];
  constexpr number<F> one(1.0f);
  const assay::conversion how{assay::rounding::toward_zero, assay::overflow::saturate_finite,
                              assay::subnormals::flush_both};
  assay::exceptions raised{};
  number<F> sum = a + b - a * b / one;
  sum = fma(a, b, sum) + sqrt(a) + remainder(a, b);
  sum = fma(a, b, sum, how, 0, &raised) + assay::fma<F>(a, number<assay::binary32>(2.0f), b);
  sum += add(a, b, {assay::rounding::stochastic, assay::overflow::ieee, assay::subnormals::keep, 13}, i);
  if (a < b || isnan(a)) sum = maximum(minimum(a, b), next_up(sum));
  out[i] = a == b ? abs(sum) : copysign(scalbn(sum, 3), a);
  decoded[i] = static_cast<float>(sum) + static_cast<float>(raised);
}

template __global__ void every_operation<assay::binary16>(const number<assay::binary16>*, const number<assay::binary16>*,
                                                          number<assay::binary16>*, float*);
template __global__ void every_operation<assay::bfloat16>(const number<assay::bfloat16>*, const number<assay::bfloat16>*,
                                                          number<assay::bfloat16>*, float*);
template __global__ void every_operation<assay::e4m3fn>(const number<assay::e4m3fn>*, const number<assay::e4m3fn>*,
                                                        number<assay::e4m3fn>*, float*);
template __global__ void every_operation<assay::binary32>(const number<assay::binary32>*, const number<assay::binary32>*,
                                                          number<assay::binary32>*, float*);

}  // namespace
