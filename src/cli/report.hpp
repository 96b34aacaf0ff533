// A verdict for people and for machines.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include <assay/judge/verdict.hpp>

namespace assay::cli {

/// A few lines: layers, counts, histogram, worst elements, diagnosis. `indent` begins each.
std::string verdict_text(const verdict& v, const std::string& indent = "");

/// The histogram alone, a bar a bucket, from the first to the last that is not empty.
std::string histogram_text(const ulp_histogram& histogram, const std::string& indent);

/// "(3, 5)" for the n-th element in C order.
std::string index_text(std::size_t n, const extents& shape);

nlohmann::ordered_json verdict_json(const verdict& v);

}  // namespace assay::cli
