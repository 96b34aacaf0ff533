// Sums kept in a small format and rounded to it after every operation, ties to even: fp16, bfloat16, fp8 and any other
// ExMy of few digits. The small format's numbers live in binary32 or binary64 lanes, where an operation is done first and
// its result rounded again. That second rounding is harmless, or made so:
//
// - A sum of two p-digit numbers, rounded to q digits and then to p, is correctly rounded when q >= 2 p + 2 (Figueroa).
//   Sums below the smallest normal number are exact. So p <= 11 in binary32 and p <= 25 in binary64.
// - A product that the lane holds exactly is rounded once.
// - fma(a, b, c) with an exact product P goes wrong only if P + c rounds to a midpoint M of the small format without
//   being one. Let e be M's exponent. Then P + c has a bit below 2^(e-52). Were it P's, |P| < 2^(e-52) * 2^(digits of P)
//   would be too small to lie between c and M, which are at least 2^(e-p) apart unless equal, and a p-digit c is no
//   midpoint. So it is c's, |c| < 2^(e-52+p), and P must be M itself: c != 0 is smaller than |P| 2^-52. Formats whose
//   range ends before that (fp16: 2^-24 against 2^15) are safe. Others are safe for tiles in which the lowest bit of all
//   products, of which every sum is a multiple, is not that low; for the rest the binary64 sum is forced to odd.
#pragma once

#include <assay/format/format.hpp>
#include <assay/rounding/conversion.hpp>

#include "tile.hpp"

namespace assay::gemm_kernels {

/// A small format as the lanes need it.
template <class Lane>
struct rounding_rule {
  int dropped_bits;     ///< fraction bits of the lane below the small format's last place
  Lane min_normal;      ///< below it the last place stays
  Lane largest;         ///< the largest finite number
  Lane beyond;          ///< what an overflow gives: infinity, NaN, or the largest number
};

template <class Lane>
using rounded_kernel = void (*)(const rounding_rule<Lane>&, const Lane* a, const Lane* b, k_walk k, tile_use use,
                                Lane* tile);
template <class Lane>
using rounded_merge = void (*)(const rounding_rule<Lane>&, Lane* into, const Lane* from);

struct rounded_tiles {
  std::size_t rows, float_columns, double_columns;
  // Tiles whose sums cannot overflow, start at no -0, and hold no infinity or NaN may use the `bounded` kernels.
  rounded_kernel<float> separate_bounded, separate;
  // Formats with binary32's exponents, overflow to infinity: any values; bounded products of which all are multiples of
  // the smallest number, and far below the largest.
  rounded_kernel<float> separate_bfloat, separate_bfloat_bounded;
  rounded_kernel<double> wide_separate_bounded, wide_separate;
  rounded_kernel<double> wide_fused_bounded, wide_fused;  ///< where the rule above says that binary64 is enough
  rounded_kernel<double> wide_fused_odd;                  ///< always right, slower
  rounded_merge<float> merge, merge_bfloat;
  rounded_merge<double> wide_merge;
};

const rounded_tiles& rounded_kernels();

}  // namespace assay::gemm_kernels
