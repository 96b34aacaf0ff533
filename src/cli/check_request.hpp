// One whole check: a kernel's inputs, attributes and results, and what it claims. Made from options or from a spec.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <assay/judge/judge.hpp>

#include "kernel_options.hpp"
#include "report.hpp"

namespace assay::cli {

struct check_request {
  std::string name;  ///< the spec's, for tables
  const kernel_info* kernel = nullptr;
  named_texts inputs, attributes;
  named_texts got;       ///< files by the result's name
  named_texts integers;  ///< of products of integers: integer_keys in check_integers.hpp
  std::string claim;     ///< as parse_claim() reads it; empty: the default claim
  judge_options how;
  std::vector<std::string> suspects;  ///< hypotheses to try first, as parse_hypothesis() reads them
  std::filesystem::path folder;       ///< that relative files are in
  std::string command;                ///< of the shell, without --only: what repeats this check
};

struct check_outcome {
  verdict judged;
  report_context context;
  std::vector<element_errors> errors;  ///< of each result
};

/// Reads the files and judges. Throws usage_error, file_error and what the library throws.
check_outcome carry_out(const check_request& request);

/// Text for people, with a small map of the errors where the check fails and the command that repeats it.
std::string outcome_text(const check_outcome& outcome);

/// A page; `errors` of the outcome must still be there.
std::string outcome_page(const check_outcome& outcome);

}  // namespace assay::cli
