// What is counted of elements that are the correctly rounded truth, which nearly all of an honest kernel's are: they
// pass whatever the claim, need no bound, and so are only measured, many at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <assay/format/format.hpp>
#include "tally.hpp"

namespace assay::detail {

/// Elements behind each other: the codes that were got and those of the truth, and the real values' enclosures.
struct stretch {
  format f;
  const std::byte *got = nullptr, *truth = nullptr;
  const double *lower = nullptr, *upper = nullptr;
  std::size_t count = 0;  ///< at most longest

  static constexpr std::size_t longest = 2048;

  stretch part(std::size_t first, std::size_t size) const {
    const std::size_t bytes = first * static_cast<std::size_t>(storage_bytes(f));
    return {f, got + bytes, truth + bytes, lower + first, upper + first, size};
  }
};

/// Signed distances in ulps, as examined_result::distance() has them, of the elements that are counted: those whose
/// bits are the truth's, got and real value being finite. 0 for all others.
struct measured_stretch {
  double distances[stretch::longest];
  std::uint8_t counted[stretch::longest];
};

/// Measures a stretch and adds what is counted. Says how many are.
std::size_t count_rounded(const stretch& s, measured_stretch& m, tally& t);

}  // namespace assay::detail
