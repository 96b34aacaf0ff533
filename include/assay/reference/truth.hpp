// The certified truth: what every kernel's reference takes and returns.
//
// The inputs are exact numbers, the kernel is a formula over the reals, and each element of the result is the formula's
// value rounded once into the output format. It is decided, never estimated: each element is evaluated as an interval
// that is proved to hold the real value, and only when the whole interval rounds to one code is that code returned.
// An element goes through these until one decides it:
//
//   fast      binary64 with a running error bound; exact operations add nothing to the bound
//   interval  MPFI, the precision doubled until the interval rounds to one code (Ziv's strategy)
//   exact     the value is a rounding boundary itself, which no interval can show: proved by exact arithmetic
//
// An element that none of these decides is an error (undecided), not a guess. How far a long one has come: progress.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

#include <assay/rounding/conversion.hpp>
#include <assay/tensor/tensor.hpp>

namespace assay::reference {

/// What to return, and how.
struct request {
  format to = binary32;
  conversion how = {};      ///< not stochastic; flushing of inputs is ignored: the inputs are what they are
  bool enclosure = false;   ///< also return proved bounds of every element's real value
  bool scales = false;      ///< also return the scale of every element that is a sum, where the kernel's header has one
  unsigned threads = 1;     ///< 0: as many as the machine has; never changes a bit
  int most_bits = 1 << 16;  ///< precision at which an element is given up as undecided
  /// Decide without binary64: many times slower, never another bit. What the fast paths are proved against; kernels
  /// whose sums are exact integers have no intervals and ignore it.
  bool intervals_only = false;
};

/// How the elements were decided.
struct decisions {
  std::uint64_t special = 0;  ///< NaN, infinity, or another value that the kernel's table of specials gives
  std::uint64_t fast = 0;
  std::uint64_t interval = 0;
  std::uint64_t exact = 0;
  int most_bits = 0;  ///< the highest precision that was needed

  std::uint64_t elements() const { return special + fast + interval + exact; }
  decisions& operator+=(const decisions& other);
  bool operator==(const decisions&) const = default;
};

/// A kernel's result.
struct truth {
  tensor value;  ///< in request::to
  tensor lower,
      upper;  ///< binary64, when asked for: lower <= real value <= upper; both NaN or both infinite for specials
  /// S, binary64, when asked for and defined: an upper bound, tight but for roundings, of the sum of the magnitudes of
  /// the terms that the element's sum is made of, before any activation. It is what the error of an accumulation is
  /// measured against. Terms that are not finite do not count. Empty for kernels that define none.
  tensor scale;
  decisions decided;
};

/// An element that stayed undecided at request::most_bits.
class undecided : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace assay::reference
