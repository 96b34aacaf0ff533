// Four vectors of 32-bit lanes to a block of codes in memory's order, with AVX-512. Included once per instruction set.
#if defined(ASSAY_BULK_PACK_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ASSAY_BULK_PACK_INL
#undef ASSAY_BULK_PACK_INL
#else
#define ASSAY_BULK_PACK_INL
#endif

#include <array>
#include <cstdint>

#include "targets.hpp"

#include <hwy/highway.h>

#if ASSAY_BULK_AVX512
HWY_BEFORE_NAMESPACE();
namespace assay::bulk::HWY_NAMESPACE {

/// Which element lane l of vector v of a block is: 16 v + l, or what bytes give when they are spread by unpacking
/// within 128 bits (see decode_table): 16 (l / 4) + 8 (v / 2) + 2 (l % 4) + v % 2.
enum class element_order : std::uint8_t { natural, unpacked };

constexpr int select_bits = 0xCA;  // a ternary function: the first operand's bits choose the second's or the third's

HWY_INLINE __m512i select(std::uint32_t mask, __m512i yes, __m512i no) {
  return _mm512_ternarylogic_epi32(_mm512_set1_epi32(static_cast<int>(mask)), yes, no, select_bits);
}

/// The low halves of a's and b's lanes: a's above b's.
HWY_INLINE __m512i interleave_halves(__m512i a, __m512i b) { return select(0xFFFF0000, _mm512_slli_epi32(a, 16), b); }

struct byte_indices {
  alignas(64) std::uint8_t of[64];
};

/// Where in_order finds byte `to` of its result: 16-bit lanes hold, within each 128 bits, four elements of vector 0 and
/// four of vector 1 in their upper bytes, and of vectors 2 and 3 in their lower ones.
constexpr byte_indices indices_of(element_order order) {
  byte_indices indices = {};
  for (std::size_t v = 0; v < 4; ++v) {
    for (std::size_t l = 0; l < 16; ++l) {
      const std::size_t from = 16 * (l / 4) + 2 * (l % 4 + v % 2 * 4) + (v < 2 ? 1 : 0);
      const std::size_t to =
          order == element_order::natural ? 16 * v + l : 16 * (l / 4) + 8 * (v / 2) + 2 * (l % 4) + v % 2;
      indices.of[to] = static_cast<std::uint8_t>(from);
    }
  }
  return indices;
}
inline constexpr byte_indices natural_indices = indices_of(element_order::natural);
inline constexpr byte_indices unpacked_indices = indices_of(element_order::unpacked);

template <element_order Order>
HWY_INLINE __m512i in_order(__m512i bytes) {
  if constexpr (Order == element_order::unpacked) {
    return _mm512_shuffle_epi8(bytes, _mm512_load_si512(unpacked_indices.of));  // no byte leaves its 128 bits
  } else {
#if HWY_TARGET <= HWY_AVX3_DL
    return _mm512_permutexvar_epi8(_mm512_load_si512(natural_indices.of), bytes);
#else
    const __m512i by_vector =
        _mm512_broadcast_i32x4(_mm_setr_epi8(1, 3, 5, 7, 9, 11, 13, 15, 0, 2, 4, 6, 8, 10, 12, 14));
    const __m512i together = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    return _mm512_permutexvar_epi32(together, _mm512_shuffle_epi8(bytes, by_vector));
#endif
  }
}

/// interleave_halves(a, b) taken apart again: a's elements, then b's.
HWY_INLINE __m512i halves_in_order(__m512i interleaved) {
  constexpr auto indices = [] {
    byte_indices bytes = {};
    for (std::size_t i = 0; i < 64; ++i) {
      const std::size_t word = i / 2;
      bytes.of[i] = static_cast<std::uint8_t>(4 * (word % 16) + (word < 16 ? 2 : 0) + i % 2);
    }
    return bytes;
  };
#if HWY_TARGET <= HWY_AVX3_DL
  static constexpr byte_indices of_bytes = indices();
  return _mm512_permutexvar_epi8(_mm512_load_si512(of_bytes.of), interleaved);
#else
  constexpr auto word_indices = [indices] {
    std::array<std::uint16_t, 32> words = {};
    for (std::size_t i = 0; i < 32; ++i) words[i] = static_cast<std::uint16_t>(indices().of[2 * i] / 2);
    return words;
  };
  alignas(64) static constexpr std::array<std::uint16_t, 32> of_words = word_indices();
  return _mm512_permutexvar_epi16(_mm512_load_si512(of_words.data()), interleaved);
#endif
}

}  // namespace assay::bulk::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif
