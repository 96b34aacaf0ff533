// What the judge says: plain data, for reports and for tests.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <assay/format/format.hpp>
#include <assay/format/integer_format.hpp>
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
  saturated,      ///< the largest number where infinity or NaN is due
  beyond_bound,
  other_bits,  ///< not what the claimed arithmetic gives
  other_zero,  ///< a zero of the other sign than the claimed arithmetic gives
};

std::string_view describe(finding what);
/// Whether the first layer finds it: a class that is not due.
bool is_class_failure(finding what);

/// One element, seen closely. Distances and bounds are in ulps of the truth.
struct element_report {
  std::size_t index = 0;
  std::size_t result = 0;  ///< which of the kernel's results
  finding what = finding::fine;
  std::uint64_t got = 0, truth = 0, expected = 0;  ///< codes; `expected` is the claimed model's, else the truth's
  double got_value = 0, truth_value = 0;
  double distance = 0;  ///< NaN when the classes differ
  double bound = 0;
  double scale = 0;             ///< S: the sum of the terms' magnitudes
  double lower = 0, upper = 0;  ///< the proved enclosure of the real value
  double share = 0;             ///< of what the claim allows on that side; 1 is the limit
  std::string inputs;           ///< the inputs that the element depends on, in short
};

/// One statistical test, or a count that must be zero.
struct test_report {
  std::string layer;  ///< classes, bounds or distribution
  std::string name;
  std::string what;      ///< one sentence: what is measured, against what
  double statistic = 0;  ///< fails above the threshold
  double threshold = 0;
  double probability = 1;  ///< that an honest kernel gives a statistic as large; 0 where it cannot
  bool pass = true;
  std::string skipped;  ///< why it was not made; empty when it was
};

/// Where errors sit: one of the results, seen as a matrix of its last axis against all others, in a coarse grid.
struct error_picture {
  std::size_t result = 0;
  std::string result_name;
  std::size_t output_rows = 0, output_columns = 0;  ///< of the whole matrix
  std::size_t rows = 0, columns = 0;                ///< of the grid
  std::vector<float> mean;  ///< rows x columns: the mean distance in ulps, each at most 1e6; NaN: nothing judged there
  std::vector<float> largest;                ///< rows x columns: the largest share of what the claim allows
  std::vector<std::uint32_t> failing;        ///< rows x columns
  std::vector<float> row_mean, column_mean;  ///< profiles of `mean`
  // Of every element, where judge_options::keep_elements asks for it; what was not judged has no error.
  std::vector<float> distances;  ///< in ulps, negative below the truth; NaN where the classes differ
  std::vector<bool> fails;
};

/// Where along k the errors of failing sums of products come from, where they come from some blocks of k.
struct k_profile {
  std::size_t length = 0, block = 0;  ///< products in a sum and in a block
  std::vector<float> share;  ///< by block, of its products: -1 where they are missing, 1 where they were added twice,
                             ///< f - 1 where they are a factor f off, 0 where all is well; empty: nothing to tell
};

/// One explanation that was tried: how many of the sampled elements it reproduces bit for bit, or explains.
struct hypothesis_report {
  std::string name;  ///< for programs: the hypothesis' name in the table
  std::string explanation;
  std::size_t failing_explained = 0, failing = 0;  ///< of the sampled elements that fail the check
  std::size_t others_explained = 0, others = 0;    ///< of the sampled elements that pass
  bool bit_for_bit = true;                         ///< else: within the claim's bounds
  double likelihood = 0;                           ///< 0 to 1: what it was ranked by
  std::string evidence = {};  ///< where it reproduces no element: how its errors resemble those found, in words
};

struct verdict {
  bool pass = false;
  std::string kernel, claim;
  bool exact_claim = false;  ///< bits had to be equal: bounds had no say
  extents shape;
  std::size_t elements = 0;
  format output{8, 23, 127};
  std::optional<integer_format> integers;  ///< results are integers of this type, in place of `output`

  // Layer 1: classes. Layer 2: bounds, or bits for a claim that leaves nothing open.
  std::size_t class_failures = 0, bound_failures = 0, bit_failures = 0;

  // How the results compare with the truth, each a part of the next where finite.
  std::size_t exact = 0;              ///< the exact value itself
  std::size_t correctly_rounded = 0;  ///< the exact value rounded once, as the claim stores it
  std::size_t faithful = 0;           ///< less than an ulp away
  std::size_t low = 0, high = 0;      ///< smaller and larger in magnitude than the exact value
  std::size_t overflow_allowed = 0;   ///< infinities and NaNs that the claim's range permits

  double largest_distance = 0, largest_share = 0;  ///< among finite elements; share of the bound
  double median_bound = 0;
  ulp_histogram histogram;
  std::vector<element_report> worst;
  std::vector<hypothesis_report> diagnosis;  ///< best first; of a check that fails, or as asked

  std::vector<test_report> tests;       ///< of all layers
  std::vector<error_picture> pictures;  ///< one for each result
  k_profile along_k;                    ///< of a check that fails
  std::size_t distribution_failures = 0;
  std::size_t within = 0, outside = 0;  ///< elements that the first two layers allow, and do not
  std::size_t judged = 0;               ///< elements that were judged: all, unless it was a sample
  double confidence = 0;                ///< probability that an honest kernel fails this check, at most
  std::string sampling;                 ///< what was sampled, and what a sample finds with what probability; or empty
};

}  // namespace assay
