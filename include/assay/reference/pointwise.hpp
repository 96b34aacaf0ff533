// The certified truth of functions of one number, element by element.
//
//   convert     x                          sqrt        sqrt x
//   exp         e^x                        rsqrt       1 / sqrt x
//   exp2        2^x                        reciprocal  1 / x
//   expm1       e^x - 1                    sigmoid     1 / (1 + e^-x)
//   log         ln x                       silu        x / (1 + e^-x)
//   log2        log2 x                     gelu        x/2 (1 + erf(x / sqrt 2))
//   log1p       ln(1 + x)                  gelu_tanh   x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
//   tanh        tanh x                     relu        max(x, 0)
//   erf         2/sqrt(pi) int_0^x e^-t^2  softplus    ln(1 + e^(beta x)) / beta
//
// as PyTorch and ONNX define them; 0.044715 is that decimal number, and softplus is the formula everywhere (PyTorch
// goes over to x itself above a threshold). Specials:
//
//               -inf   below the domain   -0      +0      +inf
//   convert     -inf                      -0      +0      +inf
//   exp, exp2   +0                        1       1       +inf
//   expm1       -1                        -0      +0      +inf
//   log, log2   NaN    x < 0: NaN         -inf    -inf    +inf
//   log1p       NaN    x < -1: NaN        -0      +0      +inf     -1: -inf
//   tanh, erf   -1                        -0      +0      1
//   sqrt        NaN    x < 0: NaN         -0      +0      +inf
//   rsqrt       NaN    x < 0: NaN         -inf    +inf    +0
//   reciprocal  -0                        -inf    +inf    +0
//   sigmoid     +0                        1/2     1/2     1
//   silu, gelu, gelu_tanh   -0            -0      +0      +inf     the limits: -inf * 0 would be NaN
//   relu        +0                        +0      +0      +inf     +0 for every x below zero
//   softplus    +0                        ln 2 / beta     +inf     for beta > 0; for beta < 0 -inf at -inf, -0 at +inf
//
// NaN gives NaN. log and log2 of 1 are +0.
//
// Exact cases, and why there are no others:
//   exp, expm1, tanh, sigmoid, silu, softplus, log, log1p   of a rational x that is not zero (not 1 for log) are
//     irrational: e^a is transcendental for algebraic a other than 0 (Lindemann and Weierstrass)
//   exp2, log2   are rational only for an integer x, for x a power of 2: y^q = 2^p has no other rational solutions
//   sqrt, rsqrt  by comparing squares; reciprocal, convert and relu are rational
//   erf, gelu    erf of an algebraic number other than 0 is transcendental (Siegel: erf is an E-function)
//   gelu_tanh    of a rational x other than 0 is taken for irrational: were it rational, e to an algebraic multiple of
//     1 / sqrt(pi) would be; nothing depends on it, as no boundary is ever assumed
// Values that no precision tells from a boundary (sigmoid(1000) from 1, e^-1e30 from 0) are decided by their side of
// it.
#pragma once

#include <assay/reference/truth.hpp>

namespace assay::reference {

enum class pointwise_function : std::uint8_t {
  convert,
  exp,
  exp2,
  expm1,
  log,
  log2,
  log1p,
  tanh,
  erf,
  sqrt,
  rsqrt,
  reciprocal,
  sigmoid,
  gelu,
  gelu_tanh,
  silu,
  relu
};

/// Of the shape of x. A tensor of a format of up to 16 bits that has more elements than the format has codes costs
/// little more than a look at each element. Throws std::invalid_argument for a format that binary64 does not hold.
truth pointwise(pointwise_function f, const code_view& x, const request& want = {});

/// The same; throws std::invalid_argument also for a beta that is zero or not finite.
truth softplus(const code_view& x, double beta = 1, const request& want = {});

}  // namespace assay::reference
