// The certified truth of a dot product, c + sum of a_i b_i, over the real numbers.
//
// Every term is a dyadic number, so the sum is too: it is computed exactly, and nothing is left to be decided.
//
// Specials. A NaN anywhere, infinity times zero, and infinities of both signs among the terms give NaN; else an
// infinite term gives the infinity of its sign. An exact zero is -0 when every term is a negative zero (a product's
// sign is the exclusive or of its factors'), and else +0, or -0 when rounding downward: IEEE 754's rule for sums. K = 0
// is c itself.
//
// One row at a time with all that can be known of it, in any format; or a tensor of them, for formats that binary64
// holds.
//
// Only format/ decoding is shared with the code under judgement; rounding/conversion.hpp lends the names of the modes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include <assay/format/decode.hpp>
#include <assay/reference/truth.hpp>
#include <assay/rounding/conversion.hpp>

namespace assay::reference {

/// One dot product. a and b have equally many codes.
struct dot_row {
  std::span<const std::uint64_t> a, b;
  format a_format, b_format;
  std::uint64_t c = 0;
  format c_format;
};

/// What is known about one element. Sizes are in ulps of the exact value in the output format, whose exponent is taken
/// as unbounded above, so that they stay within double's range for all ordinary formats.
struct dot_truth {
  std::uint64_t code = 0;  ///< the exact value rounded once into the output format
  value_class kind = value_class::zero;
  bool negative = false;
  double value = 0;      ///< the exact value, rounded to the nearest double: for people
  int ulp_exponent = 0;  ///< an ulp of the exact value is 2^ulp_exponent
  double magnitude = 0;  ///< |exact value|, rounded up
  double scale = 0;      ///< S = |c| + sum of |a_i||b_i| over the finite terms, rounded up
  double error = 0;      ///< got - exact value, rounded toward zero; 0 unless got was given and both are finite
};

/// Rounds into `output` under `how` (not stochastic: std::invalid_argument; flushing of inputs is not the truth's
/// business and is ignored). Throws std::invalid_argument when a and b differ in length.
dot_truth dot(const dot_row& row, format output, conversion how = {}, std::optional<std::uint64_t> got = std::nullopt);

/// Tensors of dot products along the last axis: a and b are (..., K), c and the result (...). Without c the sums start
/// from +0. The scale (request::scales) is S. Throws std::invalid_argument for shapes that do not fit, or a format that
/// binary64 does not hold.
truth dot(const code_view& a, const code_view& b, const code_view& c = {}, const request& want = {});

}  // namespace assay::reference
