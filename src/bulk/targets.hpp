// Which instruction sets get kernels. Included before any Highway header.
#pragma once

// SSSE3 without SSE4 is long gone; vectors of unknown size (SVE, RVV) cannot be members or array elements.
#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

// Ice Lake's additions to AVX-512 (Highway's AVX3_DL): permutations of bytes.
#undef HWY_WANT_AVX3_DL
#define HWY_WANT_AVX3_DL

/// Highway's emulations of a vector gain nothing: there the bulk functions go through the scalar core.
#define ASSAY_BULK_HAS_KERNELS (HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128)

/// x86's binary16 conversions treat NaNs as ours do. Every AVX2 target of Highway's has them.
#define ASSAY_BULK_F16C (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2)
#define ASSAY_BULK_AVX512 (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3)

/// For lambdas: compiled for the instruction set at hand, and always expanded where they are called.
#define ASSAY_BULK_INLINE HWY_ATTR __attribute__((always_inline))
