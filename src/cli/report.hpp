// A verdict for people and for machines: text, JSON, a page.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <assay/format/formats.hpp>
#include <assay/judge/verdict.hpp>

#include "error_map.hpp"

namespace assay::cli {

/// One of the kernel's results, as reports name its elements.
struct result_view {
  std::string name;
  extents shape;
  format type = binary32;
};

/// The result that an element belongs to; without views the verdict's own shape and format.
result_view view_of(const verdict& v, std::span<const result_view> results, std::size_t result);

/// The name of what results are stored as, and the hexadecimal digits of a code of one of them.
std::string stored_as(const verdict& v);
int code_digits(const verdict& v, std::span<const result_view> results, std::size_t result);

/// "(3, 5)" for the n-th element in C order.
std::string index_text(std::size_t n, const extents& shape);
/// The same with the result's name before it where there are several: "dx (3, 5)".
std::string element_name(const verdict& v, std::span<const result_view> results, const element_report& e);

/// One layer of the check, summed up.
struct layer_row {
  std::string name;
  bool pass = true;
  std::string text;
};
std::vector<layer_row> layer_rows(const verdict& v);

/// The verdict in one sentence.
std::string headline(const verdict& v);

/// Whether one of the diagnosis' hypotheses explains any of the failing results.
bool explains_anything(const verdict& v);

/// Counts and extremes by name.
struct fact_row {
  std::string name, value;
};
std::vector<fact_row> fact_rows(const verdict& v);

/// "98.7%", never rounding "nearly all" to all or "hardly any" to none.
std::string percent(std::size_t part, std::size_t whole);
/// A distance or bound in ulps, as short as it is useful; "-" for a NaN.
std::string ulps(double x);
/// "1 result", "12 results".
std::string plural(std::size_t n, std::string_view word);

/// A few lines: layers, counts, histogram, worst elements, diagnosis. `indent` begins each.
std::string verdict_text(const verdict& v, const std::string& indent = "", std::span<const result_view> results = {});

/// The histogram alone, a bar a bucket, from the first to the last that is not empty.
std::string histogram_text(const ulp_histogram& histogram, const std::string& indent);

nlohmann::ordered_json verdict_json(const verdict& v, std::span<const result_view> results = {});

/// What the page shows beside the verdict.
struct report_context {
  std::string kernel, formula;
  std::vector<result_view> results;
  const element_errors* errors = nullptr;  ///< of one of the results, if there are any
  std::size_t errors_of = 0;               ///< which
  std::string reproduce;
  struct tensor_row {
    std::string name, type, shape, file;
  };
  std::vector<tensor_row> tensors;
  std::vector<fact_row> attributes;
};

/// One self-contained page of HTML.
std::string verdict_page(const verdict& v, const report_context& context);

}  // namespace assay::cli
