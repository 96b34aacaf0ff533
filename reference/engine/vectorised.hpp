// Loops over whole lines are compiled for several processors, and the best that the machine has is taken as it starts.
// Only for functions that are no templates. No two give different bits: none reassociates, and contraction is off.
#pragma once

#if defined(__x86_64__) && defined(__linux__) && defined(__clang__)
#define ASSAY_VECTORISED [[gnu::target_clones("avx512f", "avx2", "default")]]
#elif defined(__x86_64__) && defined(__linux__) && defined(__GNUC__)
#define ASSAY_VECTORISED [[gnu::target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")]]
#else
#define ASSAY_VECTORISED
#endif
