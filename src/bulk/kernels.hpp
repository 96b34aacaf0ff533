// The vector kernels behind the bulk functions, dispatched to the best instruction set at run time.
#pragma once

#include <cstddef>
#include <cstdint>

#include <assay/bulk/random.hpp>

#include "plan.hpp"

namespace assay::bulk {

/// Whether the instruction set at hand has kernels. Without them only `compute` may be called, which then does nothing.
bool have_kernels();

// `bytes` is the size of a stored code: 1, 2 or 4. The plans' paths must not be scalar.
void encode_floats(const encode_plan& plan, const float* in, void* out, int bytes, std::size_t n, random_stream random);
void decode_floats(const decode_plan& plan, const void* in, int bytes, float* out, std::size_t n);

/// Rounds to odd: a second rounding, to 22 digits or less and no finer than 2^-147, then gives what one rounding gives.
void floats_from_doubles_to_odd(const double* in, float* out, std::size_t n, bool flush_inputs);
/// Ties to even.
void floats_from_doubles(const double* in, float* out, std::size_t n);
/// Exact.
void doubles_from_floats(const float* in, double* out, std::size_t n);

enum class operation : std::uint8_t { add, subtract, multiply, fma };

enum class arithmetic_path : std::uint8_t {
  scalar,
  half,      ///< operands through binary16's bits, in binary32, ties to even
  narrow,    ///< operands decoded to binary32, whose range holds every product exactly; ties to even
  shifted,   ///< binary32's exponents: products may underflow; ties to even
  general,   ///< through binary64, rounded to odd; every mode but stochastic
  binary32,  ///< the processor's own, ties to even
};

/// The values of codes of a sign and 7 bits, by their magnitude: the two upper bytes of a float, the others being 0.
struct value_table {
  alignas(64) std::uint8_t upper[128];
  alignas(64) std::uint8_t lower[128];
};

struct arithmetic_plan {
  arithmetic_path path = arithmetic_path::scalar;
  encode_plan encode;
  decode_plan decode;
  float product_scale = 1;                      ///< half: a product's scale, in operands scaled as binary16
  value_table values = {}, scaled_values = {};  ///< half and narrow, 8 bits: operands, and a product's first, scaled
  bool sums_round_once = false;         ///< half and narrow: a * b + c may be rounded to nearest in binary32 first
  bool zero_sums_are_negative = false;  ///< general: a sum of opposite signs that cancels is -0
};

/// c is read by fma only. Returns false, with nothing done, when the instruction set at hand has no such operation.
bool compute(const arithmetic_plan& plan, operation op, const void* a, const void* b, const void* c, void* out,
             int bytes, std::size_t n);

}  // namespace assay::bulk
