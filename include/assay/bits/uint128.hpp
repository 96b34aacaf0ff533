// 128-bit integers, under names that -Wpedantic accepts.
#pragma once

#if !defined(__SIZEOF_INT128__)
#error "assay needs a compiler with 128-bit integers (GCC, Clang, nvcc on a 64-bit host)"
#endif

namespace assay {

__extension__ typedef unsigned __int128 uint128;
__extension__ typedef __int128 int128;

}  // namespace assay
