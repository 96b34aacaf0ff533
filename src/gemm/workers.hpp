// The engine's workers (see engine.hpp): which kernel serves which tile.
#pragma once

#include <bit>
#include <cmath>

#include "engine.hpp"
#include "exact_group_tile.hpp"
#include "half_tile.hpp"
#include "rounded_tile.hpp"
#include "unit_tile.hpp"

namespace assay::gemm_kernels {

/// Sums in the lanes' own format.
template <class Lane>
struct float_worker {
  using lane = Lane;
  const float_tiles<Lane>& tiles;
  bool fused;

  std::size_t rows() const { return tiles.rows; }
  std::size_t columns() const { return tiles.columns; }
  std::size_t panel_size(std::size_t width, std::size_t length) const { return width * length; }
  panel_stats pack(const vectors& v, std::size_t panel, std::size_t width, std::span<const std::uint32_t> index,
                   Lane* out) const {
    pack_panel(v, panel, width, index, out);
    return {};
  }
  int choose(const panel_stats&, const panel_stats&, const Lane*) const { return 0; }
  void walk(int, const Lane* a, const Lane* b, k_walk k, tile_use use, Lane* tile) const {
    (fused ? tiles.fused : tiles.separate)(a, b, k, use, tile);
  }
  void merge(int, Lane* into, const Lane* from) const { tiles.merge(into, from); }
};

/// Sums in the processor's own binary16.
struct half_worker {
  using lane = float;
  const half_tiles& tiles;
  bool fused;
  const vectors* right_vectors;  ///< which vectors are B's

  std::size_t rows() const { return tiles.rows; }
  std::size_t columns() const { return tiles.columns; }
  std::size_t panel_size(std::size_t width, std::size_t length) const { return width * length; }
  panel_stats pack(const vectors& v, std::size_t panel, std::size_t width, std::span<const std::uint32_t> index,
                   float* out) const {
    pack_panel(v, panel, width, index, out);
    (&v == right_vectors ? tiles.narrow_right : tiles.narrow_left)(out, width * v.length);
    return {};
  }
  int choose(const panel_stats&, const panel_stats&, const float*) const { return 0; }
  void walk(int, const float* a, const float* b, k_walk k, tile_use use, float* tile) const {
    (fused ? tiles.fused : tiles.separate)(a, b, k, use, tile);
  }
  void merge(int, float* into, const float* from) const { tiles.merge(into, from); }
};

/// Sums rounded to a small format after each operation.
template <class Lane>
struct rounded_worker {
  using lane = Lane;
  enum { bounded, any, odd };  ///< ways

  const rounded_tiles& tiles;
  rounding_rule<Lane> rule;
  bool fused = false, by_carry = false;
  bool safe_fma = true;     ///< binary64 is enough for fma whatever the numbers
  bool short_fma = true;    ///< product and sum have few enough digits that it is for most numbers
  bool has_start = false;
  int precision = 11, min_ulp_exponent = -24;
  std::size_t length = 0;

  std::size_t rows() const { return tiles.rows; }
  std::size_t columns() const { return sizeof(Lane) == 4 ? tiles.float_columns : tiles.double_columns; }
  std::size_t panel_size(std::size_t width, std::size_t k) const { return width * k; }

  panel_stats pack(const vectors& v, std::size_t panel, std::size_t width, std::span<const std::uint32_t> index,
                   Lane* out) const {
    pack_panel(v, panel, width, index, out);
    panel_stats s = stats_of(out, width * v.length);
    s.norm = largest_norm(out, width, v.length);
    return s;
  }

  int choose(const panel_stats& a, const panel_stats& b, const Lane* tile) const {
    panel_stats start;
    if (has_start) start = stats_of(tile, rows() * columns());
    if (fused && !safe_fma) {
      const int lowest = std::min(a.lowest_bit + b.lowest_bit, start.lowest_bit);
      if (!short_fma || a.special || b.special || lowest < a.below + b.below - 50) return odd;
    }
    if (a.special || b.special || start.special || start.negative_zero) return any;
    // No partial sum exceeds |c| + sum |a||b| <= |c| + |a||b| (Cauchy and Schwarz), times 1 + u for each rounding.
    const double terms = static_cast<double>(length) + 2;
    const double growth = std::exp(std::ldexp(2 * terms, -precision));
    const double start_bound = start.below == -panel_stats::none ? 0.0 : std::ldexp(1.0, start.below);
    const double bound = (start_bound + a.norm * b.norm + terms * rule.min_normal) * growth * 1.001;
    if (by_carry) {
      // Products that are multiples of the smallest number, and numbers that a factor of 2^dropped_bits leaves finite.
      return a.lowest_bit + b.lowest_bit >= min_ulp_exponent && bound < 0x1p100 ? bounded : any;
    }
    return bound < static_cast<double>(rule.largest) ? bounded : any;
  }

  void walk(int way, const Lane* a, const Lane* b, k_walk k, tile_use use, Lane* tile) const {
    if constexpr (sizeof(Lane) == 4) {
      const auto any_values = by_carry ? tiles.separate_bfloat : tiles.separate;
      const auto bounded_values = by_carry ? tiles.separate_bfloat_bounded : tiles.separate_bounded;
      (way == bounded ? bounded_values : any_values)(rule, a, b, k, use, tile);
    } else if (fused) {
      const auto kernel =
          way == odd ? tiles.wide_fused_odd : way == bounded ? tiles.wide_fused_bounded : tiles.wide_fused;
      kernel(rule, a, b, k, use, tile);
    } else {
      (way == bounded ? tiles.wide_separate_bounded : tiles.wide_separate)(rule, a, b, k, use, tile);
    }
  }
  void merge(int, Lane* into, const Lane* from) const {
    if constexpr (sizeof(Lane) == 4) (by_carry ? tiles.merge_bfloat : tiles.merge)(rule, into, from);
    else tiles.wide_merge(rule, into, from);
  }

 private:
  /// An upper bound on the Euclidean norms of the panel's vectors.
  static double largest_norm(const Lane* panel, std::size_t width, std::size_t k) {
    constexpr std::size_t widest = 64;
    double squares[widest] = {};
    for (std::size_t i = 0; i < k; ++i) {
      for (std::size_t r = 0; r < width; ++r) {
        squares[r] += static_cast<double>(panel[i * width + r]) * static_cast<double>(panel[i * width + r]);
      }
    }
    return std::sqrt(*std::max_element(squares, squares + width)) * 1.001;
  }
};

/// Matrix units. Behind a panel's numbers lie their exponents.
struct unit_worker {
  using lane = float;
  const unit_tiles& tiles;
  unit_rule rule;
  unit_kernel kernel;
  unit_merge merge_kernel;
  unit_reading left{}, right{};
  bool has_start = false;
  const vectors* right_vectors = nullptr;  ///< which vectors are B's
  std::size_t length = 0;

  std::size_t rows() const { return tiles.rows; }
  std::size_t columns() const { return tiles.columns; }
  std::size_t panel_size(std::size_t width, std::size_t k) const { return 2 * width * k + 16; }

  panel_stats pack(const vectors& v, std::size_t panel, std::size_t width, std::span<const std::uint32_t> index,
                   float* out) const {
    const std::size_t size = width * v.length;
    pack_panel(v, panel, width, index, out);
    tiles.read(&v == right_vectors ? right : left, out, width, v.length, const_cast<std::uint32_t*>(exponents_of(out, size)));
    return stats_of(out, size);
  }

  int choose(const panel_stats& a, const panel_stats& b, const float* tile) const {
    panel_stats start;
    if (has_start) start = stats_of(tile, rows() * columns());
    return unit_serves(rule, a, b, start, static_cast<int>(std::bit_width(length))) ? 0 : unserved;
  }

  void walk(int, const float* a, const float* b, k_walk k, tile_use use, float* tile) const {
    const unit_panel beside{a, exponents_of(a, rows() * length)}, above{b, exponents_of(b, columns() * length)};
    kernel(rule, beside, above, k, use, tile);
  }
  void merge(int, float* into, const float* from) const { merge_kernel(rule, into, from); }

 private:
  /// Exponents are loaded as whole vectors: they start aligned.
  static const std::uint32_t* exponents_of(const float* panel, std::size_t size) {
    return reinterpret_cast<const std::uint32_t*>(panel + (size + 15) / 16 * 16);
  }
};

/// CDNA1's exact groups. Behind a panel's numbers lie their ranges.
struct exact_group_worker {
  using lane = double;
  enum { plain, signed_zeros };  ///< ways

  const exact_group_tiles& tiles;
  unit_rule rule;
  bool has_start = false;
  std::size_t length = 0;

  std::size_t rows() const { return tiles.rows; }
  std::size_t columns() const { return tiles.columns; }
  std::size_t panel_size(std::size_t width, std::size_t k) const {
    static_assert(sizeof(group_range) <= sizeof(double));
    return width * k + k;
  }

  panel_stats pack(const vectors& v, std::size_t panel, std::size_t width, std::span<const std::uint32_t> index,
                   double* out) const {
    const std::size_t size = width * v.length;
    pack_panel(v, panel, width, index, out);
    tiles.find_ranges(out, width, v.length, group(), const_cast<group_range*>(ranges_of(out, size)));
    return stats_of(out, size);
  }

  int choose(const panel_stats& a, const panel_stats& b, const double* tile) const {
    panel_stats start;
    if (has_start) start = stats_of(tile, rows() * columns());
    if (a.below + b.below - (a.lowest_bit + b.lowest_bit) > widest_exact_group) return unserved;
    if (!unit_serves(rule, a, b, start, static_cast<int>(std::bit_width(length)))) return unserved;
    return start.negative_zero ? signed_zeros : plain;
  }

  void walk(int way, const double* a, const double* b, k_walk k, tile_use use, double* tile) const {
    const exact_group_panel beside{a, ranges_of(a, rows() * length)}, above{b, ranges_of(b, columns() * length)};
    tiles.add(group(), way == signed_zeros, beside, above, k, use, tile);
  }
  void merge(int, double* into, const double* from) const { tiles.merge(into, from); }

 private:
  std::size_t group() const { return static_cast<std::size_t>(rule.group); }
  static const group_range* ranges_of(const double* panel, std::size_t size) {
    return reinterpret_cast<const group_range*>(panel + size);
  }
};

}  // namespace assay::gemm_kernels
