// Which instruction sets get vector kernels. Included before any Highway header, everywhere: Highway finds the kernel
// for a machine by an inline function that knows the instruction sets of its file, so that files which differ in them
// would share one that is wrong for some (seen without optimisation, where it is not expanded).
#pragma once

// x86 below AVX2 has no fused multiply-add and gets portable code; vectors of unknown size (SVE, RVV) cannot be members
// or array elements.
#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

// Ice Lake's additions to AVX-512 (Highway's AVX3_DL): permutations of bytes.
#undef HWY_WANT_AVX3_DL
#define HWY_WANT_AVX3_DL
