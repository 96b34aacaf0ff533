// Assay, header-only core: everything below, from left to right.
//
//   bits ──► format ──► rounding ──► number ──► accumulate
//
// bits      shifts that keep a sticky bit, 128-bit integers, a value taken apart
// format    what a format is; the named ones; decoding
// rounding  modes and policies; the one function that rounds and encodes
// number    exact operations and their rounding, order, conversions, number<Format>, elementary functions;
//           quantised integers; text (streams are in number/stream.hpp, which is not included here)
// accumulate  what a sum is kept in, and in which order; GPUs' matrix units as data (run-time accumulators and their
//           grammar, accumulator.hpp and grammar.hpp there, need assay::runtime and are not included here)
//
// Each folder includes only folders to its left. All of it is constexpr, needs nothing but the standard library, and
// but for text and the walking of orders compiles in CUDA device code (nvcc --expt-relaxed-constexpr).
#pragma once

#include <assay/accumulate/dot.hpp>
#include <assay/accumulate/promoted.hpp>
#include <assay/number/affine.hpp>
#include <assay/number/elementary.hpp>
#include <assay/number/hash.hpp>
#include <assay/number/limits.hpp>
#include <assay/number/number.hpp>
#include <assay/number/quantised.hpp>
#include <assay/number/requantise.hpp>
#include <assay/number/text.hpp>
