// A verdict as the data of the page in report/.
#include <cmath>

#include <fmt/format.h>

#include <assay/format/name.hpp>

#include "page.hpp"
#include "report.hpp"

namespace assay::cli {
namespace {

using json = nlohmann::ordered_json;

json histogram_rows(const ulp_histogram& histogram) {
  std::size_t first = ulp_histogram::buckets, last = 0;
  for (std::size_t bucket = 0; bucket < ulp_histogram::other_class; ++bucket) {
    if (histogram[bucket] == 0) continue;
    first = std::min(first, bucket);
    last = bucket;
  }
  json rows = json::array();
  for (std::size_t bucket = 0; bucket < ulp_histogram::buckets; ++bucket) {
    const bool other = bucket == ulp_histogram::other_class;
    if (other ? histogram[bucket] == 0 : bucket < first || bucket > last) continue;
    rows.push_back({{"label", ulp_histogram::label(bucket)}, {"count", histogram[bucket]}, {"other", other}});
  }
  return rows;
}

json worst_rows(const verdict& v, const report_context& context) {
  json rows = json::array();
  for (const element_report& e : v.worst) {
    const int digits = code_digits(v, context.results, e.result);
    const auto code = [&](std::uint64_t bits) { return fmt::format("0x{:0{}x}", bits, digits); };
    json inputs = json::array();
    for (std::size_t at = 0; at < e.inputs.size();) {
      const std::size_t end = std::min(e.inputs.find("; ", at), e.inputs.size());
      inputs.push_back(e.inputs.substr(at, end - at));
      at = end + 2;
    }
    rows.push_back({{"element", e.index},
                    {"result", e.result},
                    {"index", element_name(v, context.results, e)},
                    {"finding", describe(e.what)},
                    {"got", fmt::format("{:.9g}", e.got_value)},
                    {"got_code", code(e.got)},
                    {"truth", fmt::format("{:.9g}", e.truth_value)},
                    {"truth_code", code(e.truth)},
                    {"distance", ulps(std::abs(e.distance))},
                    {"bound", v.exact_claim ? "these bits: " + code(e.expected) : ulps(e.bound)},
                    {"inputs", inputs}});
  }
  return rows;
}

json diagnosis_rows(const verdict& v) {
  json rows = json::array();
  for (const hypothesis_report& h : v.diagnosis) {
    if (h.failing_explained == 0 && !h.evidence.empty()) {
      rows.push_back({{"share", ""}, {"all", false}, {"explanation", h.explanation}, {"detail", h.evidence}});
      continue;
    }
    if (h.failing_explained == 0 && h.failing != 0) continue;
    const std::size_t explained = h.failing_explained + h.others_explained, sampled = h.failing + h.others;
    rows.push_back({{"share", percent(explained, sampled)},
                    {"all", explained == sampled},
                    {"explanation", h.explanation},
                    {"detail", fmt::format("{} of {} failing results and {} of {} others, {}", h.failing_explained,
                                           h.failing, h.others_explained, h.others,
                                           h.bit_for_bit ? "bit for bit" : "within the claim's bounds")}});
  }
  return rows;
}

}  // namespace

std::string verdict_page(const verdict& v, const report_context& context) {
  json tests = json::array();
  for (const test_report& t : v.tests) {
    if (t.layer != "distribution" || !t.skipped.empty()) continue;
    tests.push_back({{"name", t.name},
                     {"pass", t.pass},
                     {"what", t.what},
                     {"statistic", fmt::format("{:.3g}", t.statistic + 0.0)},
                     {"threshold", fmt::format("{:.3g}", t.threshold)}});
  }
  json layers = json::array(), facts = json::array(), tensors = json::array(), attributes = json::array();
  for (const layer_row& row : layer_rows(v)) {
    layers.push_back({{"name", row.name}, {"pass", row.pass}, {"text", row.text}});
  }
  for (const fact_row& row : fact_rows(v)) facts.push_back({{"name", row.name}, {"value", row.value}});
  for (const auto& t : context.tensors) {
    tensors.push_back({{"name", t.name}, {"type", t.type}, {"shape", t.shape}, {"file", t.file}});
  }
  for (const fact_row& row : context.attributes) attributes.push_back({{"name", row.name}, {"value", row.value}});
  const result_view shown = view_of(v, context.results, context.errors_of);
  json data{{"program", "assay " ASSAY_VERSION},
            {"pass", v.pass},
            {"headline", headline(v)},
            {"claim", v.claim},
            {"kernel", {{"name", context.kernel}, {"formula", context.formula}}},
            {"output", stored_as(v)},
            {"shape", std::vector(shown.shape.begin(), shown.shape.end())},
            {"layers", layers},
            {"tests", tests},
            {"histogram", histogram_rows(v.histogram)},
            {"facts", facts},
            {"sampling", v.sampling},
            {"worst", worst_rows(v, context)},
            {"diagnosis", diagnosis_rows(v)},
            {"along_k", {{"length", v.along_k.length}, {"block", v.along_k.block}, {"share", v.along_k.share}}},
            {"reproduce", context.reproduce},
            {"tensors", tensors},
            {"attributes", attributes}};
  if (context.errors != nullptr && context.errors->ulps.size() > 1) {
    data["map"] = map_json(*context.errors);
    data["map"]["result"] = context.errors_of;
    data["map"]["name"] = context.results.size() > 1 ? shown.name : "";
  }
  return page_of(data, fmt::format("Assay: {} {}", context.kernel, v.pass ? "passes" : "fails"));
}

}  // namespace assay::cli
