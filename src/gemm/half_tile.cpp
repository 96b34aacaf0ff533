// Whether this machine has the kernels of half_tile_avx512.cpp.
#include "half_tile.hpp"

#ifdef ASSAY_AVX512_FP16
#include <cpuid.h>

#include <hwy/highway.h>
#include <hwy/targets.h>
#endif

namespace assay::gemm_kernels {

#ifdef ASSAY_AVX512_FP16

extern const half_tiles half_tiles_avx512;

namespace {

/// One bit of CPUID.
bool processor_has_it() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d >> 23 & 1) != 0;
}

}  // namespace

/// Highway knows whether the system keeps the registers of AVX-512.
const half_tiles* half_kernels() {
  static const bool has_it = processor_has_it();
  return has_it && (hwy::SupportedTargets() & HWY_AVX3) != 0 ? &half_tiles_avx512 : nullptr;
}

#else

const half_tiles* half_kernels() { return nullptr; }

#endif

}  // namespace assay::gemm_kernels
