// Accumulators and orders as text: what options, files and reports call them. Needs assay::runtime.
//
//   floating:FORMAT[:OPTION...]       options: a rounding mode, stochastic=BITS, seed=N, an overflow or subnormals
//   policy,
//                                     fused (default) or rounded products. A format's name alone means the same.
//   unit:GPU.INSTRUCTION.INPUT.OUTPUT a row of matrix_unit.hpp
//   aligned:group=N,fraction=N[,out=FORMAT,kept=FORMAT,round=MODE,align=MODE,addend=inside|after,floor=E,
//           overflow=ieee|infinity|saturate_finite|to_nan,subnormals=POLICY,nan=canonical|all_ones]
//   fixed:INTEGER_BITS.FRACTION_BITS[:wrap|saturate][:MODE]
//   integer:BITS[:wrap|saturate][,group=N][,group_bits=N], or dp4a, dp4a_saturating, pmaddubsw
//   exact[:lowest=E]
//   kahan:FORMAT[:MODE], neumaier:FORMAT[:MODE], two_sum:FORMAT[:MODE]
//   INNER/promote:N/OUTER             every N products INNER's sum is added into OUTER
//
//   sequential, reversed, pairwise[:BLOCK], blocked:N, split_k:N, lanes[:N] (warp is lanes:32), permuted:SEED,
//   tree:((0+1)+(2+3))
//
// ':' and ',' separate alike. Formats are what parse_format() reads; modes and policies have the names of
// rounding/name.hpp.
#pragma once

#include <string>
#include <string_view>

#include <assay/accumulate/accumulator.hpp>

namespace assay {

// Both throw std::invalid_argument, whose text says what was found and what was expected. What to_string() gives is
// read back as an equal value.

accumulator parse_accumulator(std::string_view text);
std::string to_string(const accumulator& a);

summation_order parse_order(std::string_view text);
std::string to_string(const summation_order& o);

}  // namespace assay
