// GPUs as data: the arithmetic of every matrix unit that is known to the bit, one row a unit, instruction and format.
//
// A row's name is gpu.instruction.input.output, which is also the name of its capture's folder with dots for
// underscores. How a row's numbers become a dot product is in matrix_unit_dot.hpp.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include <assay/accumulate/aligned.hpp>

namespace assay::accumulate {

/// How fused additions make up a dot product.
enum class composition : std::uint8_t {
  chained,        ///< groups in index order, c inside the first, each result inside the next
  split_pairs,    ///< Hopper's fp8 mma: of every 32 products first the indices with k mod 4 < 2, then the others, from
                  ///< zero; c is added last by one ordinary addition, ties to even
  exact_groups,   ///< c and each group are added exactly and rounded once
  rounded_pairs,  ///< each product rounded; the group's products added in pairs, the pairs' sums in pairs, then c
  late_addend,    ///< the aligned sum of products meets c in a second alignment that rounds downward
  even_odd,       ///< as late_addend, with products of even and of odd index aligned apart first
  scaled,         ///< chained; the block scales' exponents and significands join each product's
  scaled_groups,  ///< exact sums of 16 products, each times its two scales, are the terms of the fused addition
};

/// Which other formats the second input may have, or the first: PTX lets kinds of 8 bits and fewer be mixed.
enum class input_mix : std::uint8_t { none, fp8, fp8_fp6_fp4 };

enum class evidence : std::uint8_t {
  capture,    ///< reproduces every row of a capture of that very instruction
  sibling,    ///< the rule of a capture of the same unit with another output, or of another GPU of that generation
  published,  ///< not yet confirmed by a capture
};

struct matrix_unit {
  std::string_view name;
  format input = binary16;
  input_mix mix = input_mix::none;
  composition compose = composition::chained;
  /// Group, fraction bits, output format and rounding; what the other compositions do with them is said there.
  aligned fused = {};
  format scale = e8m0fnu;  ///< of block scales, where the composition has any (their sign is ignored)
  int scale_block = 0;     ///< consecutive products that share a scale; 0 without scales
  accumulate::evidence proof = accumulate::evidence::published;
  std::string_view source;

  constexpr const format& output() const { return fused.out; }
  constexpr bool has_scales() const { return scale_block != 0; }
  /// tf32 also comes as binary32, whose 13 low bits the unit does not read.
  constexpr bool takes(format f) const {
    if (f == input || (input == tf32 && f == binary32)) return true;
    const bool fp8 = f == e4m3fn || f == e5m2;
    return (mix != input_mix::none && fp8) ||
           (mix == input_mix::fp8_fp6_fp4 && (f == e3m2fn || f == e2m3fn || f == e2m1fn));
  }
};

// Sources.
// Captures: the public validation data of F. A. Khattak and M. Mikaitis, "Accurate Models of NVIDIA Tensor Cores",
// ACM TACO, doi 10.1145/3830409; each row of evidence `capture` reproduces them without a wrong bit (the tests check
// it).
inline constexpr std::string_view khattak_mikaitis = "Khattak and Mikaitis, doi 10.1145/3830409";
// P. Xie, Y. Wang, F. Yang, M. Yang: reference models validated on the GPUs named.
inline constexpr std::string_view mma_sim = "MMA-Sim, arXiv 2511.10909";

namespace rows {

/// A term that is zero counts with exponent -126 in MMA-Sim's models, which is a floor: an fp32 addend, zero or not,
/// never has a lower one, and terms of the units with fp16 output never get there. (Khattak and Mikaitis put the floor
/// at -132 or -133; captures of ordinary numbers cannot decide.)
inline constexpr int alignment_floor = -126;

/// fp32 results are cut toward zero, at `kept` fraction bits; fp16 results are rounded, ties to even. Both overflow to
/// infinity.
constexpr aligned nvidia_addition(format out, int group, int fraction_bits) {
  aligned u;
  u.group = group;
  u.fraction_bits = fraction_bits;
  u.out = out;
  u.kept = out == binary32 && fraction_bits < 23 ? format{8, fraction_bits, 127} : out;
  u.output = {out == binary32 ? rounding::toward_zero : rounding::ties_to_even};
  u.exponent_floor = alignment_floor;
  u.overflow_to_infinity = true;
  u.nan = nan_code::all_ones;
  return u;
}

constexpr matrix_unit nvidia(std::string_view name, format in, format out, int group, int fraction_bits, evidence proof,
                             composition compose = composition::chained) {
  matrix_unit u;
  u.name = name;
  u.input = in;
  u.mix = in == e4m3fn || in == e5m2 ? input_mix::fp8 : input_mix::none;
  u.compose = compose;
  u.fused = nvidia_addition(out, group, fraction_bits);
  u.proof = proof;
  u.source = proof == evidence::published ? mma_sim : khattak_mikaitis;
  return u;
}

/// Blackwell's kind::f8f6f4: any of the formats of 8, 6 and 4 bits for either input.
constexpr matrix_unit f8f6f4(std::string_view name, format in, format out) {
  matrix_unit u = nvidia(name, in, out, 32, 25, evidence::published);
  u.mix = input_mix::fp8_fp6_fp4;
  return u;
}

constexpr matrix_unit mxf8f6f4(std::string_view name, format in) {
  matrix_unit u = f8f6f4(name, in, binary32);
  u.compose = composition::scaled;
  u.scale_block = 32;
  return u;
}

constexpr matrix_unit block_fp4(std::string_view name, format scale, int scale_block) {
  matrix_unit u = nvidia(name, e2m1fn, binary32, 64, 35, evidence::published, composition::scaled_groups);
  u.scale = scale;
  u.scale_block = scale_block;
  return u;
}

constexpr matrix_unit amd(std::string_view name, format in, int group, composition compose,
                          subnormals on_subnormal = subnormals::keep) {
  matrix_unit u;
  u.name = name;
  u.input = in;
  u.mix = input_mix::none;
  u.compose = compose;
  u.fused.group = group;
  u.fused.fraction_bits = 24;
  u.fused.output = {rounding::ties_to_even, overflow::ieee, on_subnormal};
  u.proof = evidence::published;
  u.source = mma_sim;
  return u;
}

inline constexpr auto seen = evidence::capture, sibling = evidence::sibling, published = evidence::published;
inline constexpr auto split = composition::split_pairs;
}  // namespace rows

inline constexpr std::array matrix_units{
    // Volta and Turing
    rows::nvidia("v100.mma.fp16.fp16", binary16, binary16, 4, 23, rows::seen),
    rows::nvidia("v100.mma.fp16.fp32", binary16, binary32, 4, 23, rows::seen),
    rows::nvidia("t4.mma.fp16.fp16", binary16, binary16, 8, 24, rows::published),
    rows::nvidia("t4.mma.fp16.fp32", binary16, binary32, 8, 24, rows::published),
    // Ampere
    rows::nvidia("a100.mma.fp16.fp16", binary16, binary16, 8, 24, rows::seen),
    rows::nvidia("a100.mma.fp16.fp32", binary16, binary32, 8, 24, rows::seen),
    rows::nvidia("a100.mma.bf16.fp32", bfloat16, binary32, 8, 24, rows::seen),
    rows::nvidia("a100.mma.tf32.fp32", tf32, binary32, 4, 24, rows::seen),
    rows::nvidia("a2.mma.fp16.fp16", binary16, binary16, 8, 24, rows::seen),
    rows::nvidia("a2.mma.fp16.fp32", binary16, binary32, 8, 24, rows::seen),
    rows::nvidia("a2.mma.bf16.fp32", bfloat16, binary32, 8, 24, rows::seen),
    rows::nvidia("a2.mma.tf32.fp32", tf32, binary32, 4, 24, rows::seen),
    rows::nvidia("a30.mma.fp16.fp16", binary16, binary16, 8, 24, rows::sibling),
    rows::nvidia("a30.mma.fp16.fp32", binary16, binary32, 8, 24, rows::sibling),
    rows::nvidia("a30.mma.bf16.fp32", bfloat16, binary32, 8, 24, rows::sibling),
    rows::nvidia("a30.mma.tf32.fp32", tf32, binary32, 4, 24, rows::sibling),
    rows::nvidia("a40.mma.fp16.fp16", binary16, binary16, 8, 24, rows::sibling),
    rows::nvidia("a40.mma.fp16.fp32", binary16, binary32, 8, 24, rows::sibling),
    rows::nvidia("a40.mma.bf16.fp32", bfloat16, binary32, 8, 24, rows::sibling),
    rows::nvidia("a40.mma.tf32.fp32", tf32, binary32, 4, 24, rows::sibling),
    // Ada
    rows::nvidia("ada.mma.fp16.fp16", binary16, binary16, 8, 24, rows::seen),
    rows::nvidia("ada.mma.fp16.fp32", binary16, binary32, 8, 24, rows::seen),
    rows::nvidia("ada.mma.bf16.fp32", bfloat16, binary32, 8, 24, rows::seen),
    rows::nvidia("ada.mma.tf32.fp32", tf32, binary32, 4, 24, rows::seen),
    rows::nvidia("ada.mma.e4m3fn.fp16", e4m3fn, binary16, 16, 13, rows::seen),
    rows::nvidia("ada.mma.e4m3fn.fp32", e4m3fn, binary32, 16, 13, rows::seen),
    rows::nvidia("ada.mma.e5m2.fp16", e5m2, binary16, 16, 13, rows::seen),
    rows::nvidia("ada.mma.e5m2.fp32", e5m2, binary32, 16, 13, rows::seen),
    rows::nvidia("l40s.mma.fp16.fp16", binary16, binary16, 8, 24, rows::seen),
    rows::nvidia("l40s.mma.fp16.fp32", binary16, binary32, 8, 24, rows::seen),
    rows::nvidia("l40s.mma.bf16.fp32", bfloat16, binary32, 8, 24, rows::seen),
    rows::nvidia("l40s.mma.tf32.fp32", tf32, binary32, 4, 24, rows::seen),
    rows::nvidia("l40s.mma.e4m3fn.fp16", e4m3fn, binary16, 16, 13, rows::sibling),
    rows::nvidia("l40s.mma.e4m3fn.fp32", e4m3fn, binary32, 16, 13, rows::seen),
    rows::nvidia("l40s.mma.e5m2.fp16", e5m2, binary16, 16, 13, rows::sibling),
    rows::nvidia("l40s.mma.e5m2.fp32", e5m2, binary32, 16, 13, rows::seen),
    // Hopper
    rows::nvidia("h100.mma.fp16.fp16", binary16, binary16, 16, 25, rows::seen),
    rows::nvidia("h100.mma.fp16.fp32", binary16, binary32, 16, 25, rows::seen),
    rows::nvidia("h100.mma.bf16.fp32", bfloat16, binary32, 16, 25, rows::seen),
    rows::nvidia("h100.mma.tf32.fp32", tf32, binary32, 8, 25, rows::seen),
    rows::nvidia("h100.mma.e4m3fn.fp16", e4m3fn, binary16, 16, 25, rows::seen, rows::split),
    rows::nvidia("h100.mma.e4m3fn.fp32", e4m3fn, binary32, 16, 25, rows::sibling, rows::split),
    rows::nvidia("h100.mma.e5m2.fp16", e5m2, binary16, 16, 25, rows::seen, rows::split),
    rows::nvidia("h100.mma.e5m2.fp32", e5m2, binary32, 16, 25, rows::sibling, rows::split),
    rows::nvidia("h100.wgmma.fp16.fp16", binary16, binary16, 16, 25, rows::published),
    rows::nvidia("h100.wgmma.fp16.fp32", binary16, binary32, 16, 25, rows::published),
    rows::nvidia("h100.wgmma.bf16.fp32", bfloat16, binary32, 16, 25, rows::published),
    rows::nvidia("h100.wgmma.tf32.fp32", tf32, binary32, 8, 25, rows::published),
    rows::nvidia("h100.wgmma.e4m3fn.fp16", e4m3fn, binary16, 32, 13, rows::published),
    rows::nvidia("h100.wgmma.e4m3fn.fp32", e4m3fn, binary32, 32, 13, rows::seen),
    rows::nvidia("h100.wgmma.e5m2.fp16", e5m2, binary16, 32, 13, rows::published),
    rows::nvidia("h100.wgmma.e5m2.fp32", e5m2, binary32, 32, 13, rows::seen),
    rows::nvidia("h200.mma.fp16.fp16", binary16, binary16, 16, 25, rows::seen),
    rows::nvidia("h200.mma.fp16.fp32", binary16, binary32, 16, 25, rows::seen),
    rows::nvidia("h200.mma.bf16.fp32", bfloat16, binary32, 16, 25, rows::seen),
    rows::nvidia("h200.mma.tf32.fp32", tf32, binary32, 8, 25, rows::seen),
    rows::nvidia("h200.mma.e4m3fn.fp16", e4m3fn, binary16, 16, 25, rows::seen, rows::split),
    rows::nvidia("h200.mma.e4m3fn.fp32", e4m3fn, binary32, 16, 25, rows::sibling, rows::split),
    rows::nvidia("h200.mma.e5m2.fp16", e5m2, binary16, 16, 25, rows::seen, rows::split),
    rows::nvidia("h200.mma.e5m2.fp32", e5m2, binary32, 16, 25, rows::sibling, rows::split),
    rows::nvidia("h200.wgmma.fp16.fp16", binary16, binary16, 16, 25, rows::published),
    rows::nvidia("h200.wgmma.fp16.fp32", binary16, binary32, 16, 25, rows::published),
    rows::nvidia("h200.wgmma.bf16.fp32", bfloat16, binary32, 16, 25, rows::published),
    rows::nvidia("h200.wgmma.tf32.fp32", tf32, binary32, 8, 25, rows::published),
    rows::nvidia("h200.wgmma.e4m3fn.fp16", e4m3fn, binary16, 32, 13, rows::published),
    rows::nvidia("h200.wgmma.e4m3fn.fp32", e4m3fn, binary32, 32, 13, rows::seen),
    rows::nvidia("h200.wgmma.e5m2.fp16", e5m2, binary16, 32, 13, rows::published),
    rows::nvidia("h200.wgmma.e5m2.fp32", e5m2, binary32, 32, 13, rows::seen),
    // Blackwell, data centre
    rows::nvidia("b200.mma.fp16.fp16", binary16, binary16, 16, 25, rows::seen),
    rows::nvidia("b200.mma.fp16.fp32", binary16, binary32, 16, 25, rows::seen),
    rows::nvidia("b200.mma.bf16.fp32", bfloat16, binary32, 16, 25, rows::seen),
    rows::nvidia("b200.mma.tf32.fp32", tf32, binary32, 8, 25, rows::seen),
    rows::nvidia("b200.mma.e4m3fn.fp16", e4m3fn, binary16, 16, 25, rows::seen, rows::split),
    rows::nvidia("b200.mma.e4m3fn.fp32", e4m3fn, binary32, 16, 25, rows::seen, rows::split),
    rows::nvidia("b200.mma.e5m2.fp16", e5m2, binary16, 16, 25, rows::seen, rows::split),
    rows::nvidia("b200.mma.e5m2.fp32", e5m2, binary32, 16, 25, rows::seen, rows::split),
    rows::nvidia("b200.tcgen05.fp16.fp16", binary16, binary16, 16, 25, rows::published),
    rows::nvidia("b200.tcgen05.fp16.fp32", binary16, binary32, 16, 25, rows::published),
    rows::nvidia("b200.tcgen05.bf16.fp32", bfloat16, binary32, 16, 25, rows::published),
    rows::nvidia("b200.tcgen05.tf32.fp32", tf32, binary32, 8, 25, rows::published),
    rows::f8f6f4("b200.tcgen05.e4m3fn.fp16", e4m3fn, binary16),
    rows::f8f6f4("b200.tcgen05.e4m3fn.fp32", e4m3fn, binary32),
    rows::f8f6f4("b200.tcgen05.e5m2.fp16", e5m2, binary16),
    rows::f8f6f4("b200.tcgen05.e5m2.fp32", e5m2, binary32),
    rows::f8f6f4("b200.tcgen05.e3m2fn.fp32", e3m2fn, binary32),
    rows::f8f6f4("b200.tcgen05.e2m3fn.fp32", e2m3fn, binary32),
    rows::f8f6f4("b200.tcgen05.e2m1fn.fp32", e2m1fn, binary32),
    rows::mxf8f6f4("b200.tcgen05_mxf8f6f4.e4m3fn.fp32", e4m3fn),
    rows::mxf8f6f4("b200.tcgen05_mxf8f6f4.e5m2.fp32", e5m2),
    rows::mxf8f6f4("b200.tcgen05_mxf8f6f4.e3m2fn.fp32", e3m2fn),
    rows::mxf8f6f4("b200.tcgen05_mxf8f6f4.e2m3fn.fp32", e2m3fn),
    rows::mxf8f6f4("b200.tcgen05_mxf8f6f4.e2m1fn.fp32", e2m1fn),
    rows::block_fp4("b200.tcgen05_mxf4.e2m1fn.fp32", e8m0fnu, 32),
    rows::block_fp4("b200.tcgen05_mxf4nvf4.e2m1fn.fp32", e4m3fn, 16),
    // Blackwell, RTX
    rows::nvidia("rtx_blackwell.mma.fp16.fp16", binary16, binary16, 16, 25, rows::published),
    rows::nvidia("rtx_blackwell.mma.fp16.fp32", binary16, binary32, 16, 25, rows::published),
    rows::nvidia("rtx_blackwell.mma.bf16.fp32", bfloat16, binary32, 16, 25, rows::published),
    rows::nvidia("rtx_blackwell.mma.tf32.fp32", tf32, binary32, 8, 25, rows::published),
    rows::f8f6f4("rtx_blackwell.mma.e4m3fn.fp16", e4m3fn, binary16),
    rows::f8f6f4("rtx_blackwell.mma.e4m3fn.fp32", e4m3fn, binary32),
    rows::f8f6f4("rtx_blackwell.mma.e5m2.fp16", e5m2, binary16),
    rows::f8f6f4("rtx_blackwell.mma.e5m2.fp32", e5m2, binary32),
    rows::mxf8f6f4("rtx_blackwell.mma_mxf8f6f4.e4m3fn.fp32", e4m3fn),
    rows::mxf8f6f4("rtx_blackwell.mma_mxf8f6f4.e5m2.fp32", e5m2),
    rows::block_fp4("rtx_blackwell.mma_mxf4.e2m1fn.fp32", e8m0fnu, 32),
    rows::block_fp4("rtx_blackwell.mma_mxf4nvf4.e2m1fn.fp32", e4m3fn, 16),
    // AMD. CDNA1: first published as pairwise sums in fp32, since corrected by its authors (and by Khattak and
    // Mikaitis,
    // independently) to exact sums rounded once.
    rows::amd("cdna1.mfma.fp16.fp32", binary16, 4, composition::exact_groups),
    rows::amd("cdna1.mfma.bf16.fp32", bfloat16, 2, composition::exact_groups),
    rows::amd("cdna2.mfma.fp16.fp32", binary16, 4, composition::rounded_pairs, subnormals::flush_both),
    rows::amd("cdna2.mfma.bf16.fp32", bfloat16, 2, composition::rounded_pairs, subnormals::flush_both),
    rows::amd("cdna2.mfma.bf16_1k.fp32", bfloat16, 4, composition::rounded_pairs, subnormals::flush_both),
    rows::amd("cdna3.mfma.fp16.fp32", binary16, 8, composition::late_addend),
    rows::amd("cdna3.mfma.bf16.fp32", bfloat16, 8, composition::late_addend),
    rows::amd("cdna3.mfma.xf32.fp32", tf32, 4, composition::late_addend),
    rows::amd("cdna3.mfma.e4m3fnuz.fp32", e4m3fnuz, 16, composition::even_odd),
    rows::amd("cdna3.mfma.e5m2fnuz.fp32", e5m2fnuz, 16, composition::even_odd),
};

/// The row of that name, if there is one.
constexpr std::optional<matrix_unit> find_matrix_unit(std::string_view name) {
  for (const matrix_unit& row : matrix_units)
    if (row.name == name) return row;
  return std::nullopt;
}

namespace rows {
constexpr bool all_are_sound() {
  for (const matrix_unit& row : matrix_units)
    if (!row.fused.is_valid() || row.source.empty()) return false;
  return true;
}
static_assert(all_are_sound());
}  // namespace rows

}  // namespace assay::accumulate
