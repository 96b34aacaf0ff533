// What the bulk kernels do on which instruction set. Included before any Highway header.
#pragma once

#include "../targets.hpp"

/// Highway's emulations of a vector gain nothing: there the bulk functions go through the scalar core.
#define ASSAY_BULK_HAS_KERNELS (HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128)

/// x86's binary16 conversions treat NaNs as ours do. Every AVX2 target of Highway's has them.
#define ASSAY_BULK_F16C (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2)
#define ASSAY_BULK_AVX512 (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3)

/// For lambdas: compiled for the instruction set at hand, and always expanded where they are called.
#define ASSAY_BULK_INLINE HWY_ATTR __attribute__((always_inline))
