// One part of a call, with everything that the layers ask about its elements.
#pragma once

#include <optional>
#include <vector>

#include <assay/judge/claim.hpp>
#include <assay/judge/verdict.hpp>
#include <assay/reference/truth.hpp>

#include "bound/bounds.hpp"
#include "partition.hpp"

namespace assay::detail {

/// What is the same for all parts of a check.
struct court {
  const kernel_call& call;
  const claim& claimed;
  std::vector<format> outputs;  ///< of each result
  double lambda = 8;
  unsigned threads = 1;
  bool statistical = true;

  /// How results are stored; a stochastic rounding is any faithful one.
  conversion store() const;
  bool any_rounding() const { return claimed.any_rounding || claimed.base.to_how.mode == rounding::stochastic; }
  bool correctly_rounded() const;
  /// None where nothing may err.
  std::optional<roundings> roundings_for(const kernel_call& part_call) const;
  /// Throws std::invalid_argument for a kernel without one.
  bound_function bound() const;
};

/// What the claim allows one element, in the output's codes ordered by value.
struct allowed_codes {
  std::int64_t low = 0, high = 0;  ///< ordered(code)
  bool nan = false;
  bool anything = false;  ///< the claimed arithmetic may overflow on the way
};

/// Codes in the order of their values; both zeros are 0, NaN has no place.
std::int64_t ordered(std::uint64_t code, format f);
/// Results in the range that the claim clamps whole numbers to, zeros without a sign; others stay as they are.
void clamp_whole_numbers(const claim& claimed, tensor& results);

class examined_result {
 public:
  examined_result(const court& c, reference::truth t, error_bounds b, format output);

  std::size_t size() const { return truth_.value.size(); }
  const reference::truth& truth() const { return truth_; }
  std::uint64_t truth_code(std::size_t i) const { return truth_.value[i]; }
  double lower(std::size_t i) const;
  double upper(std::size_t i) const;
  double center(std::size_t i) const;
  /// Of the value before it is stored; 0 where nothing may err.
  double error(std::size_t i) const { return bounds_.worst.empty() ? 0 : bounds_.likely[i]; }
  double worst_error(std::size_t i) const { return bounds_.worst.empty() ? 0 : bounds_.worst[i]; }
  double scale(std::size_t i) const;
  /// An ulp of the real value in the output.
  double ulp(std::size_t i) const;
  allowed_codes allowed(std::size_t i, bool worst = false) const;

  /// The first two layers' word on one element, and what share of the allowed it takes.
  finding judge(std::size_t i, std::uint64_t got, double& share) const;
  /// The value of a code of the output.
  double value(std::uint64_t code) const;
  /// Whether the rigorous bound allows a finite result.
  bool within_worst(std::size_t i, std::uint64_t got) const;
  /// What share of the rigorous bound a finite result takes.
  double share_of_worst(std::size_t i, std::uint64_t got) const { return share_of(i, value(got), worst_error(i)); }
  /// In ulps, signed; NaN across classes, 0 for the same special value.
  double distance(std::size_t i, std::uint64_t got) const;

 private:
  /// Of an error bound and the store's own rounding; at most 1.
  double share_of(std::size_t i, double value, double error) const;

  format output_;
  conversion store_;
  bool any_rounding_;
  double stored_as_zero_below_;  ///< subnormal in the compute format, where the store flushes what it is given
  bool moves_;                   ///< the kernel moves numbers: a zero keeps its sign
  double smallest_normal_;
  std::optional<whole_number_range> clamp_;
  reference::truth truth_;
  error_bounds bounds_;
};

/// The truth of a part, for every result that the call has: with enclosures, and the scales of sums if asked for.
std::vector<reference::truth> truths_of(const court& c, const kernel_call& part_call, bool scales);
/// The same with bounds. `truths` may be of some elements of the part where its bounds are made element by element.
std::vector<examined_result> with_bounds(const court& c, const std::optional<roundings>& how,
                                         const kernel_call& part_call, std::vector<reference::truth> truths);
/// Truth, scales and bounds of a part.
std::vector<examined_result> examine(const court& c, const kernel_call& part_call);

}  // namespace assay::detail
