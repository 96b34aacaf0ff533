// Square roots of rationals up to rational factors. Two rationals are of one class when their product is the square of
// a rational: then their roots are rational multiples of each other. Roots of different classes are linearly
// independent over the rationals (Besicovitch, "On the linear independence of fractional powers of integers", 1940).
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "rational.hpp"

namespace assay::reference {

class square_classes {
 public:
  /// That of 1: its roots are rational.
  static constexpr std::size_t rational_class = 0;
  /// sqrt(r) = factor * sqrt(first_of(which)).
  struct part {
    std::size_t which;
    rational factor;
  };

  square_classes() { split(1); }
  /// Of a number above zero.
  part split(const rational& r);
  const rational& first_of(std::size_t which) const { return first_[which]; }

 private:
  std::vector<rational> first_;
  std::unordered_multimap<std::uint64_t, std::size_t> by_fingerprint_;
};

/// The square root, if it is rational.
bool is_square(const rational& r, rational& root);

}  // namespace assay::reference
