// A CUDA kernel and its test: the headers on the device, the judge on the host.
//
// examples/README.md has the command that builds it. It needs a GPU to run, and says so where there is none.
#include <cstdio>
#include <vector>

#include <cuda_fp16.h>

#include <assay/assay.hpp>
#include <assay/judge/judge.hpp>

namespace {

constexpr std::size_t m = 64, n = 64, k = 256;

/// One output element a thread, sums in fp32, in sequence, fused.
__global__ void gemm(const __half* a, const __half* b, __half* d) {
  const unsigned i = blockIdx.x, j = threadIdx.x;
  float sum = 0;
  for (unsigned l = 0; l < k; ++l) sum = fmaf(__half2float(a[i * k + l]), __half2float(b[l * n + j]), sum);
  d[i * n + j] = __float2half_rn(sum);
}

/// Random numbers made on the device by Assay's own rounding: the codes of binary16.
__global__ void fill(assay::fp16_t* x, unsigned seed) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  const auto word = assay::accumulate::stream_word(seed, i);
  x[i] = assay::fp16_t(static_cast<float>(word >> 40) * 0x1p-23f - 1.0f);
}

}  // namespace

int main() {
  assay::fp16_t *a, *b, *d;
  if (cudaMallocManaged(&a, m * k * 2) != cudaSuccess || cudaMallocManaged(&b, k * n * 2) != cudaSuccess ||
      cudaMallocManaged(&d, m * n * 2) != cudaSuccess) {
    std::puts("no GPU here: nothing was judged");
    return 77;
  }
  fill<<<m * k / 256, 256>>>(a, 1);
  fill<<<k * n / 256, 256>>>(b, 2);
  gemm<<<m, n>>>(reinterpret_cast<const __half*>(a), reinterpret_cast<const __half*>(b),
                 reinterpret_cast<__half*>(d));
  cudaDeviceSynchronize();
  const auto verdict = assay::judged("gemm")
                           .input("a", a, assay::binary16, {m, k})
                           .input("b", b, assay::binary16, {k, n})
                           .result(d, assay::binary16, {m, n})
                           .claiming("compute=binary32 accumulate=floating:binary32 to=binary16 exact")
                           .judge();
  std::puts(assay::summary(verdict).c_str());
  return verdict.pass ? 0 : 1;
}
