// all_reduce and reduce_scatter: the sum of one element over the ranks, as the algorithms of collective libraries add.
//
//   ring      a chunk starts at the rank after its owner and travels round to it; every rank adds its own to what
//             arrives (NCCL's ring: chunk c is summed as x_c + (x_(c-1) + (... + (x_(c+2) + x_(c+1)))))
//   tree      rank r gets the sum of rank r + d, d = 1, 2, 4, ..., where r is a multiple of 2 d: a binomial tree that
//             ends in rank 0
//   halving   recursive halving: a chunk's owner and its partners at the distances n / 2, n / 4, ..., 1 exchange what
//             they have; of ranks beyond a power of two, the first even ones first give theirs to their neighbours
//             (MPICH's)
//   gathered  every rank's number is gathered, and one sum taken in the arithmetic's accumulator and order: one-shot
//             kernels, and switches that add
//
// Additions are the compute format's. A number that is sent passes through the store `wire`, at every hop. With
// all_reduce the sum is sent to all ranks at last; with reduce_scatter it stays with its owner.
//
// Specials: a sum's. No ranks give +0.
#pragma once

#include <bit>
#include <vector>

#include <assay/kernel/scalar.hpp>

namespace assay::kernel {

enum class collective_form { ring, tree, halving, gathered };

inline constexpr attribute_info collective_variants[]{{"algorithm", attribute_info::kind::choice, "ring",
                                                       "who adds what: a ring, a binomial tree, recursive halving, or "
                                                       "one sum of all that was gathered",
                                                       "ring tree halving gathered"}};
inline constexpr store_info collective_stores[]{{"wire", "what a rank sends to another, at every hop"}};

/// How many chunks the algorithm cuts a tensor into, each with an owner.
constexpr std::size_t chunks_of(collective_form form, std::size_t ranks) {
  if (form == collective_form::ring) return ranks;
  return form == collective_form::halving && ranks > 0 ? std::bit_floor(ranks) : 1;
}

/// The sum at the owner of the element's chunk. x holds the element of each rank and is overwritten.
template <scalar_arithmetic A>
typename A::value reduced(A& a, line_out<A> x, std::size_t chunk, collective_form form, const cast* wire) {
  const std::size_t ranks = x.size();
  if (ranks == 0) return a.constant(0);
  const auto receive = [&](typename A::value& own, typename A::value sent) { own = a.add(own, a.through(wire, sent)); };
  switch (form) {
    case collective_form::ring:
      for (std::size_t hop = 2; hop <= ranks; ++hop) {
        receive(x[(chunk + hop) % ranks], x[(chunk + hop - 1) % ranks]);
      }
      return x[chunk];
    case collective_form::tree:
      for (std::size_t d = 1; d < ranks; d *= 2) {
        for (std::size_t r = 0; r + d < ranks; r += 2 * d) receive(x[r], x[r + d]);
      }
      return x[0];
    case collective_form::halving: {
      const std::size_t n = std::bit_floor(ranks), folded = ranks - n;
      for (std::size_t i = 0; i < folded; ++i) {
        receive(x[2 * i + 1], x[2 * i]);
        x[i] = x[2 * i + 1];
      }
      for (std::size_t i = folded; i < n; ++i) x[i] = x[i + folded];
      // Only the ranks count whose sums reach the owner: those that agree with it in the bits from d up.
      for (std::size_t d = n / 2; d > 0; d /= 2) {
        for (std::size_t r = chunk & ~(d - 1), end = r + d; r < end; ++r) receive(x[r], x[r ^ d]);
      }
      return x[chunk];
    }
    case collective_form::gathered: break;
  }
  for (auto& v : x) v = a.through(wire, v);
  return sum(a, line<A>(x));
}

}  // namespace assay::kernel
