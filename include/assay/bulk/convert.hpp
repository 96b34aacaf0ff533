// Bulk conversions: spans into spans of the caller's, with SIMD chosen at run time. In the compiled library.
//
// Every element is the very code that the scalar assay::convert gives, on every machine; the exceptions raised are
// not collected. A stochastic element i takes the word random_word(random.seed, random.first + i).
//
// What is fast: formats that fit binary32 (smallest normal exponent at least -126, largest at most 127, at most 22
// fraction bits) from float and between each other in every mode, from double in every mode but the stochastic one;
// and any such format, or one of up to 8 bits, to float and double. The rest goes element by element through the
// scalar path.
//
// The fast paths assume the default floating-point environment: round to nearest, subnormals neither flushed nor
// taken for zero.
//
// Input and output may be the same memory, starting at the same address, when their elements have the same size; any
// other overlap is undefined. All functions throw std::invalid_argument when sizes differ, when a format or a
// conversion is invalid, or when codes are not stored in elements of storage_bytes(format) bytes.
#pragma once

#include <span>

#include <assay/bulk/code_span.hpp>
#include <assay/bulk/random.hpp>

namespace assay {

/// out[i] = in[i] rounded into `to`.
void convert(std::span<const float> in, code_span out, format to, conversion how = {}, random_stream random = {});
void convert(std::span<const double> in, code_span out, format to, conversion how = {}, random_stream random = {});

/// out[i] = the value of in[i]: exact where binary32 (binary64) holds it, else rounded once.
void convert(const_code_span in, std::span<float> out, format from, conversion how = {}, random_stream random = {});
void convert(const_code_span in, std::span<double> out, format from, conversion how = {}, random_stream random = {});

/// out[i] = in[i], a code of `from`, rounded into `to`.
void convert(const_code_span in, format from, code_span out, format to, conversion how = {}, random_stream random = {});

}  // namespace assay
