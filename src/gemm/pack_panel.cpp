// From codes in the caller's memory to panels.
#include <algorithm>

#include "vectors.hpp"

namespace assay::gemm_kernels {

template <class Lane>
void pack_panel(const vectors& v, std::size_t panel, std::size_t width, std::span<const std::uint32_t> index,
                Lane* out) {
  const std::size_t first = panel * width;
  const std::size_t here = std::min(width, v.count - first);
  if (here < width) std::fill_n(out, width * v.length, Lane{0});
  if (!index.empty()) {
    for (std::size_t k = 0; k < v.length; ++k) {
      decode_run(v.codes, v.in, first * v.between + index[k] * v.along, v.between, here, out + k * width);
    }
  } else if (v.between == 1) {
    for (std::size_t k = 0; k < v.length; ++k) {
      decode_run(v.codes, v.in, first + k * v.along, 1, here, out + k * width);
    }
  } else {
    // Runs along k, transposed while they are in the nearest cache.
    constexpr std::size_t chunk = 128, widest = 64;
    Lane runs[widest][chunk];
    for (std::size_t k = 0; k < v.length; k += chunk) {
      const std::size_t n = std::min(chunk, v.length - k);
      for (std::size_t r = 0; r < here; r += widest) {
        const std::size_t rows = std::min(widest, here - r);
        for (std::size_t i = 0; i < rows; ++i) {
          decode_run(v.codes, v.in, (first + r + i) * v.between + k * v.along, v.along, n, runs[i]);
        }
        for (std::size_t j = 0; j < n; ++j) {
          for (std::size_t i = 0; i < rows; ++i) out[(k + j) * width + r + i] = runs[i][j];
        }
      }
    }
  }
}

template void pack_panel(const vectors&, std::size_t, std::size_t, std::span<const std::uint32_t>, float*);
template void pack_panel(const vectors&, std::size_t, std::size_t, std::span<const std::uint32_t>, double*);

}  // namespace assay::gemm_kernels
