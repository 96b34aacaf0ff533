// What every GEMM kernel works on: packed panels of op(A)'s rows and op(B)'s columns, and one tile of sums in registers.
//
// A panel of A holds `rows` rows, k after k: panel[k * rows + r]. A panel of B holds `columns` columns likewise. A tile
// is rows x columns sums, row after row. Kernels walk k in the order asked for and vectorise over columns, so a sum's
// bits never depend on the vector width, the blocking or the threads.
#pragma once

#include <cstddef>

namespace assay::gemm_kernels {

/// The k that one call of a kernel walks.
struct k_walk {
  std::size_t first = 0, count = 0;
};

/// What happens to the tile of sums that a call finds in memory.
enum class tile_use {
  resume,  ///< the sums continue from it
  fresh,   ///< the sums start at +0 and replace it
  join,    ///< the sums start at +0 and are added to it: tile = tile + sums, rounded once
};

template <class Lane>
using tile_kernel = void (*)(const Lane* a, const Lane* b, k_walk k, tile_use use, Lane* tile);

/// Kernels of one instruction set. Panels and tiles must be aligned to panel_alignment bytes.
template <class Lane>
struct float_tiles {
  std::size_t rows, columns;
  tile_kernel<Lane> fused;     ///< s = fma(a, b, s)
  tile_kernel<Lane> separate;  ///< s = s + a * b, both rounded
  void (*merge)(Lane* into, const Lane* from);
};

inline constexpr std::size_t panel_alignment = 64;

/// The kernels of the best instruction set that this machine has; ties to even, subnormals kept.
const float_tiles<float>& float_kernels();
const float_tiles<double>& double_kernels();

}  // namespace assay::gemm_kernels
