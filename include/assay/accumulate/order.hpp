// Orders as values: in which sequence and grouping terms are summed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

namespace assay {

/// Runs of terms are summed one after another, each run by an accumulator of its own; finished runs are merged.
///
/// Where an addend c is given (it is +0 otherwise), a run in sequence starts from it: sequential, reversed, permuted,
/// and the running total of blocked. The others sum all terms first, then add that to c. Without terms the sum is c.
namespace order {

struct sequential {  ///< 0, 1, 2, ...
  bool operator==(const sequential&) const = default;
};
struct reversed {  ///< n - 1, n - 2, ..., 0
  bool operator==(const reversed&) const = default;
};
/// Neighbours are added in pairs, the sums in pairs, and so on; what is left over is passed up. Leaves are runs of
/// `block` terms.
struct pairwise {
  std::size_t block = 1;
  bool operator==(const pairwise&) const = default;
};
/// Runs of `size` terms, each from zero, are added to the total one after another.
struct blocked {
  std::size_t size = 128;
  bool operator==(const blocked&) const = default;
};
/// The terms are cut into `parts` runs of equal length, rounded up; their sums are added in sequence, then to c.
struct split_k {
  std::size_t parts = 2;
  bool operator==(const split_k&) const = default;
};
/// Lane l sums terms l, l + count, l + 2 count, ...; then a butterfly: each lane adds that of lane xor count / 2, then
/// count / 4, ..., 1. (A warp has 32 lanes.) The result is lane 0's. A lane without terms holds +0.
struct lanes {
  std::size_t count = 32;  ///< a power of two
  bool operator==(const lanes&) const = default;
};
/// An explicit tree in postfix form: a number is a term's index, `add` joins the two sums before it.
struct tree {
  static constexpr std::int64_t add = -1;
  std::vector<std::int64_t> postfix;
  bool operator==(const tree&) const = default;
};
/// In sequence after a random permutation: Fisher and Yates's shuffle, where term i from the last down to 1 is
/// exchanged with term floor(w (i + 1) / 2^64), w being word n - 1 - i of accumulate::stream_word for the seed.
struct permuted {
  std::uint64_t seed = 0;
  bool operator==(const permuted&) const = default;
};

}  // namespace order

using summation_order = std::variant<order::sequential, order::reversed, order::pairwise, order::blocked,
                                     order::split_k, order::lanes, order::tree, order::permuted>;

}  // namespace assay
