// The headers compile in device code, for constants and for run-time values. Compiled where nvcc is; runs nowhere.
#include <assay/assay.hpp>

namespace {

using assay::number;

// nvcc cannot name a kernel's template arguments of class type: the template is a device function, the kernels are plain.
template <assay::format F>
__device__ void every_operation(unsigned i, const assay::storage_of<F>* x, const assay::storage_of<F>* y,
                                assay::storage_of<F>* out, float* decoded) {
  const auto a = number<F>::from_bits(x[i]), b = number<F>::from_bits(y[i]);
  constexpr number<F> one(1.0f);
  const assay::conversion how{assay::rounding::toward_zero, assay::overflow::saturate_finite,
                              assay::subnormals::flush_both};
  assay::exceptions raised{};
  number<F> sum = a + b - a * b / one;
  sum = fma(a, b, sum) + sqrt(a) + remainder(a, b);
  sum = fma(a, b, sum, how, 0, &raised) + assay::fma<F>(a, number<assay::binary32>(2.0f), b);
  sum += add(a, b, {assay::rounding::stochastic, assay::overflow::ieee, assay::subnormals::keep, 13}, i);
  if (a < b || isnan(a)) sum = maximum(minimum(a, b), next_up(sum));
  out[i] = (a == b ? abs(sum) : copysign(scalbn(sum, 3), a)).bits();
  decoded[i] = static_cast<float>(sum) + static_cast<float>(raised);
}

}  // namespace

__global__ void in_binary16(const std::uint16_t* x, const std::uint16_t* y, std::uint16_t* out, float* decoded) {
  every_operation<assay::binary16>(threadIdx.x, x, y, out, decoded);
}
__global__ void in_bfloat16(const std::uint16_t* x, const std::uint16_t* y, std::uint16_t* out, float* decoded) {
  every_operation<assay::bfloat16>(threadIdx.x, x, y, out, decoded);
}
__global__ void in_e4m3fn(const std::uint8_t* x, const std::uint8_t* y, std::uint8_t* out, float* decoded) {
  every_operation<assay::e4m3fn>(threadIdx.x, x, y, out, decoded);
}
__global__ void in_binary32(const std::uint32_t* x, const std::uint32_t* y, std::uint32_t* out, float* decoded) {
  every_operation<assay::binary32>(threadIdx.x, x, y, out, decoded);
}
