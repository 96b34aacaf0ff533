// A check of requantised results: what its integer options and files make together.
#pragma once

#include <assay/judge/requantised.hpp>

#include "check_request.hpp"

namespace assay::cli {

/// What the options of integer products are called in a spec: the options' names without dashes and with _ for -.
inline constexpr std::string_view integer_keys[]{"zero_a", "zero_b", "factor", "requantise",
                                                 "zero_y", "clamp",  "to",     "zero_y_inside"};

/// Whether the results are integers behind a scale; zero points of a and b alone are of any product of integers.
bool is_requantised(const check_request& request);

struct requantised_files {
  requantised_product product;
  tensor got;
};

/// Reads the files; they are to be checked once the verdict is there. Throws usage_error and file_error.
requantised_files read_requantised(input_files& opened, const check_request& request);

/// The inputs and the result, as reports list them.
report_context requantised_context(const check_request& request, const requantised_files& files);

}  // namespace assay::cli
