// Which units of a large call are judged, and how many at once.
#pragma once

#include <string>
#include <vector>

#include "partition.hpp"

namespace assay::detail {

struct unit_sample {
  std::vector<std::size_t> units;
  std::size_t at_once = 1;
  std::string in_words;  ///< of a sample: what it finds with what probability
};

/// All units, or, above `most` elements (0: no limit), a seeded sample: the first and the last, runs of neighbours
/// (tiles), those with the extreme inputs, the rest at random.
unit_sample units_to_judge(const kernel_call& call, const partition& parts, std::size_t elements, std::size_t most,
                           std::uint64_t seed);

/// So many units spread evenly, the first and the last among them.
std::vector<std::size_t> spread_units(std::size_t units, std::size_t count, std::uint64_t seed);

}  // namespace assay::detail
