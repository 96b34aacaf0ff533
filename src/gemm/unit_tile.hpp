// Matrix units: groups of products aligned to their largest exponent, cut, added exactly, rounded once (accumulate/
// aligned.hpp has the definition). What makes the fast path exact:
//
// - Products of numbers of up to 12 digits are exact in binary32, and so is scaling one by 2^(F - e), or it falls
// below 1.
//   Conversion to an integer then cuts just where the unit does. Each term is below 2^(F + 2): 2^(29 - F) of them fit
//   an integer of 32 bits; several such sums and the addend are joined in binary64, exactly.
// - The largest exponent is found first, in 16-bit lanes that have it where the upper half of a float has its own: a
//   shift or a mask makes a float of it. Below `exponent_floor` it is raised to it, where nothing is cut:
//   see unit_tile_range.
#pragma once

#include <cstdint>

#include "panel_stats.hpp"
#include "tile.hpp"

namespace assay::gemm_kernels {

struct unit_rule {
  int group;
  int fraction_bits;
  int kept_fraction_bits;  ///< of a binary32 result cut toward zero; 0: the result is binary16, ties to even
  bool addend_after;       ///< groups in pairs from zero, their result added to the sum in the output format
};

/// A panel's numbers, and their exponents as alignment sees them: as fields of 16 bits, where the upper half of a float
/// has its exponent, A's biased by 127, so that sums are biased too. A zero's is so low that it never counts.
///
/// A word holds two fields: A's number twice; of B's columns one of the first and its like of the second half.
struct unit_panel {
  const float* values;
  const std::uint32_t* exponents;
};
constexpr std::int16_t exponent_field(int exponent) { return static_cast<std::int16_t>(exponent * 128); }
inline constexpr std::int16_t zero_exponent = -32768;

/// How a side's numbers are read.
struct unit_reading {
  bool is_left = false;             ///< A's
  bool cuts_to_tf32 = false;        ///< they are binary32, of which the unit reads 19 bits
  bool flushes_subnormals = false;  ///< to +0
  int min_exponent = 0;             ///< of their format
};

using unit_kernel = void (*)(const unit_rule&, unit_panel a, unit_panel b, k_walk k, tile_use use, float* tile);
using unit_merge = void (*)(const unit_rule&, float* into, const float* from);

struct unit_tiles {
  std::size_t rows, columns;
  unit_kernel to_float, to_short_float, to_half;  ///< null where the machine has no vectors; short: kept < 23
  unit_merge merge_float, merge_half;
  /// Rewrites a panel's values as the unit reads them and finds their exponents.
  void (*read)(const unit_reading& how, float* values, std::size_t width, std::size_t length, std::uint32_t* exponents);
};

const unit_tiles& unit_kernels();

/// Exponents below this are raised to it in the fast path.
inline constexpr int unit_lowest_exponent = -100;

/// Whether the fast path serves products of these numbers from these start values on. Nothing may have bits below
/// 2^(lowest exponent - F), where raising the exponent could cut; nothing may come near an overflow of binary32.
constexpr bool unit_serves(const unit_rule& rule, const panel_stats& a, const panel_stats& b, const panel_stats& start,
                           int length_bits) {
  const int floor = unit_lowest_exponent - rule.fraction_bits;
  const bool low_enough = a.lowest_bit + b.lowest_bit >= floor && start.lowest_bit >= floor;
  const bool high_enough = a.below + b.below + length_bits + 2 < 100 && start.below < 100;
  return !a.special && !b.special && !start.special && low_enough && high_enough;
}

}  // namespace assay::gemm_kernels
