// Loops over whole lines are compiled for several processors, and the best that the machine has is taken as it starts.
// Only for functions that are no templates. No two give different bits: none reassociates, and contraction is off.
#pragma once

// Clang 14 is left out: it gives the chosen clone a name (f.ifunc) that other files do not call, so nothing would link.
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
#define ASSAY_VECTORISED [[gnu::target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")]]
#else
#define ASSAY_VECTORISED
#endif
