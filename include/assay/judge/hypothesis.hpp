// Hypotheses: what may be wrong with a kernel, as data.
//
// A hypothesis changes the inputs or attributes of a call, the arithmetic, or the results, or it emulates something of
// its own. When a check fails, the judge emulates each on a sample and ranks them by the share of bits they reproduce,
// and by how well they explain what they do not reproduce. judge_options::hypotheses adds a user's own.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <assay/judge/claim.hpp>
#include <assay/judge/options.hpp>
#include <assay/tensor/tensor.hpp>

namespace assay {

/// What a hypothesis is emulated on: a part of the call under judgement, and what was got there.
struct emulation {
  const kernel_call& call;
  arithmetic with;
  std::size_t result = 0;               ///< which result
  std::span<const std::uint64_t> got;   ///< the part's results under judgement
  const tensor& whole;                  ///< all of them
  std::span<const std::size_t> places;  ///< where the part's elements lie in the whole
  std::string& found;                   ///< what change_results found, for people; follows the hypothesis' own words
};

struct hypothesis {
  std::string name;   ///< short, for programs: "k_tail_8_dropped"
  std::string words;  ///< for people: "the last 8 products of each sum are missing"

  /// Changes what the kernel computes; false where it does not apply. Where only this is set, the claim's bounds are
  /// also tried on the changed call, so that it explains results whose order of summation is not known.
  std::function<bool(kernel_call&)> change_call = {};
  /// Changes how it computes; false where it does not apply.
  std::function<bool(const kernel_call&, arithmetic&)> change_arithmetic = {};
  /// Changes the results of the (changed) call; false where it does not apply.
  std::function<bool(const emulation&, tensor& results)> change_results = {};
  /// It is about some elements only: the others are as they should be.
  bool local = false;
  /// As change_call, for changes across the units that a call is cut into (lines, rows, heads): made on the whole call.
  std::function<bool(kernel_call&)> change_whole_call = {};
  /// Its effect can be smaller than what a claim allows each element: layer 3 looks for it in all of them together.
  bool hides = false;
  /// Of its likelihood: less for one that says less, or is fitted to the results.
  double weight = 1;
};

/// A hypothesis as words: key=value for any of the kernel's attributes or of an arithmetic (kernel/arithmetic.hpp),
/// with blanks between them, as in "eps=1e-6" or "accumulate=floating:bfloat16 to=bfloat16:toward_zero"; a key that is
/// both is the attribute's where the value is one. Its name is the text. Throws std::invalid_argument, in a sentence.
hypothesis parse_hypothesis(std::string_view kernel, std::string_view text);

/// The judge's own, for a kernel and a claim; the simplest first.
std::vector<hypothesis> known_hypotheses(const kernel_call& call, const claim& claimed);

}  // namespace assay
