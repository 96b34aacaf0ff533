// What the judge says: plain data, for reports and for tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <assay/format/format.hpp>
#include <assay/judge/histogram.hpp>
#include <assay/tensor/extents.hpp>

namespace assay {

enum class finding : std::uint8_t {
  fine,
  nan_for_a_number,
  number_for_a_nan,
  infinity_for_a_number,
  number_for_an_infinity,
  infinity_of_wrong_sign,
  not_saturated,  ///< the claim saturates, the kernel did not
  beyond_bound,
  other_bits,  ///< not what the claimed arithmetic gives
  other_zero,  ///< a zero of the other sign than the claimed arithmetic gives
};

std::string_view describe(finding what);

/// One element, seen closely. Distances and bounds are in ulps of the truth.
struct element_report {
  std::size_t index = 0;
  finding what = finding::fine;
  std::uint64_t got = 0, truth = 0, expected = 0;  ///< codes; `expected` is the claimed model's, else the truth's
  double got_value = 0, truth_value = 0;
  double distance = 0;  ///< NaN when the classes differ
  double bound = 0;
  double scale = 0;  ///< S: the sum of the terms' magnitudes
};

/// One explanation that was tried: how many of the sampled elements it reproduces bit for bit, or explains.
struct hypothesis_report {
  std::string explanation;
  std::size_t failing_explained = 0, failing = 0;  ///< of the sampled elements that fail the check
  std::size_t others_explained = 0, others = 0;    ///< of the sampled elements that pass
  bool bit_for_bit = true;                         ///< else: within the claim's bounds
};

struct verdict {
  bool pass = false;
  std::string claim;
  bool exact_claim = false;  ///< bits had to be equal: bounds had no say
  extents shape;
  std::size_t elements = 0, length = 0;  ///< outputs, products in each
  format output{8, 23, 127};

  // Layer 1: classes. Layer 2: bounds, or bits for a claim that leaves nothing open.
  std::size_t class_failures = 0, bound_failures = 0, bit_failures = 0;

  // How the results compare with the truth, each a part of the next where finite.
  std::size_t exact = 0;              ///< the exact value itself
  std::size_t correctly_rounded = 0;  ///< the exact value rounded once, as the claim stores it
  std::size_t faithful = 0;           ///< less than an ulp away
  std::size_t low = 0, high = 0;      ///< smaller and larger in magnitude than the exact value
  std::size_t overflow_allowed = 0;   ///< infinities, NaNs and clamped values that the claim's range permits

  double largest_distance = 0, largest_share = 0;  ///< among finite elements; share of the bound
  double median_bound = 0;
  ulp_histogram histogram;
  std::vector<element_report> worst;
  std::vector<hypothesis_report> diagnosis;  ///< best first; of a check that fails, or as asked
};

}  // namespace assay
