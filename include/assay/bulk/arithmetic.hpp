// Bulk arithmetic on spans of codes of one format: each element rounded once, as the scalar operations of the same
// names do. In the compiled library.
//
// Fast in every mode but the stochastic one are the formats that fit binary32 with at most 22 fraction bits and a
// smallest subnormal of at least 2^-147, and binary32 itself under the default policy; fastest is the default policy.
// The rest goes element by element through the scalar path. A stochastic element i takes the word
// random_word(random.seed, random.first + i).
//
// The fast paths assume the default floating-point environment. The output may be one of the inputs; any other overlap
// is undefined. Throws std::invalid_argument as the bulk conversions do.
#pragma once

#include <assay/bulk/code_span.hpp>
#include <assay/bulk/random.hpp>

namespace assay {

/// out[i] = a[i] + b[i]
void add(const_code_span a, const_code_span b, code_span out, format f, conversion how = {}, random_stream random = {});
/// out[i] = a[i] - b[i]
void subtract(const_code_span a, const_code_span b, code_span out, format f, conversion how = {},
              random_stream random = {});
/// out[i] = a[i] * b[i]
void multiply(const_code_span a, const_code_span b, code_span out, format f, conversion how = {},
              random_stream random = {});
/// out[i] = a[i] * b[i] + c[i]
void fma(const_code_span a, const_code_span b, const_code_span c, code_span out, format f, conversion how = {},
         random_stream random = {});

}  // namespace assay
