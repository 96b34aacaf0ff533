// See half_tile.hpp. Nothing here may come from headers with code in them: it would be compiled for this processor, and
// the linker might choose it for all.
#if defined(__AVX512FP16__)

#include <immintrin.h>

#include "half_tile.hpp"

namespace assay::gemm_kernels {

namespace {

constexpr std::size_t half_rows = 8, half_vectors = 2, half_lanes = 32, half_columns = half_vectors * half_lanes;
constexpr int nearest = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;

__m512h load_sums(const float* from) {
  const __m256i low = _mm512_cvtps_ph(_mm512_load_ps(from), nearest);
  const __m256i high = _mm512_cvtps_ph(_mm512_load_ps(from + 16), nearest);
  return _mm512_castsi512_ph(_mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1));
}

void store_sums(__m512h sums, float* to) {
  const __m512i codes = _mm512_castph_si512(sums);
  _mm512_store_ps(to, _mm512_cvtph_ps(_mm512_castsi512_si256(codes)));
  _mm512_store_ps(to + 16, _mm512_cvtph_ps(_mm512_extracti64x4_epi64(codes, 1)));
}

void narrow_left(float* panel, std::size_t size) {
  std::size_t i = 0;
  const auto pairs = [](__m256i codes) {
    const __m512i x = _mm512_cvtepu16_epi32(codes);
    return _mm512_or_si512(x, _mm512_slli_epi32(x, 16));
  };
  for (; i + 16 <= size; i += 16) {
    _mm512_storeu_si512(panel + i, pairs(_mm512_cvtps_ph(_mm512_loadu_ps(panel + i), nearest)));
  }
  const __mmask16 rest = static_cast<__mmask16>((1u << (size - i)) - 1);
  _mm512_mask_storeu_epi32(panel + i, rest, pairs(_mm512_cvtps_ph(_mm512_maskz_loadu_ps(rest, panel + i), nearest)));
}

void narrow_right(float* panel, std::size_t size) {  // whole rows of half_columns
  char* const to = reinterpret_cast<char*>(panel);
  for (std::size_t i = 0; i < size; i += 16) {
    const __m256i codes = _mm512_cvtps_ph(_mm512_loadu_ps(panel + i), nearest);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + 2 * i), codes);
  }
}

template <bool Fused>
void tile(const float* a, const float* b, k_walk k, tile_use use, float* sums) {
  __m512h s[half_rows][half_vectors];
#pragma GCC unroll 8
  for (std::size_t r = 0; r < half_rows; ++r) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < half_vectors; ++v) {
      s[r][v] = use == tile_use::resume ? load_sums(sums + r * half_columns + v * half_lanes)
                                        : _mm512_castsi512_ph(_mm512_setzero_si512());
    }
  }
  a += k.first * half_rows;
  const char* row = reinterpret_cast<const char*>(b) + k.first * half_columns * 2;
  for (std::size_t i = 0; i < k.count; ++i) {
    const __m512h b0 = _mm512_castsi512_ph(_mm512_load_si512(row));
    const __m512h b1 = _mm512_castsi512_ph(_mm512_load_si512(row + 2 * half_lanes));
#pragma GCC unroll 8
    for (std::size_t r = 0; r < half_rows; ++r) {
      const __m512h x = _mm512_castps_ph(_mm512_set1_ps(a[r]));
      if constexpr (Fused) {
        s[r][0] = _mm512_fmadd_ph(x, b0, s[r][0]);
        s[r][1] = _mm512_fmadd_ph(x, b1, s[r][1]);
      } else {
        s[r][0] = _mm512_add_ph(s[r][0], _mm512_mul_ph(x, b0));
        s[r][1] = _mm512_add_ph(s[r][1], _mm512_mul_ph(x, b1));
      }
    }
    a += half_rows;
    row += half_columns * 2;
  }
#pragma GCC unroll 8
  for (std::size_t r = 0; r < half_rows; ++r) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < half_vectors; ++v) {
      float* const to = sums + r * half_columns + v * half_lanes;
      store_sums(use == tile_use::join ? _mm512_add_ph(load_sums(to), s[r][v]) : s[r][v], to);
    }
  }
}

void merge(float* into, const float* from) {
  for (std::size_t i = 0; i < half_rows * half_columns; i += half_lanes) {
    store_sums(_mm512_add_ph(load_sums(into + i), load_sums(from + i)), into + i);
  }
}

}  // namespace

extern const half_tiles half_tiles_avx512;
const half_tiles half_tiles_avx512{half_rows, half_columns, narrow_left, narrow_right, tile<true>, tile<false>, merge};

}  // namespace assay::gemm_kernels

#endif
