#include "report.hpp"

#include <cmath>

#include <fmt/format.h>

#include <assay/format/name.hpp>

namespace assay::cli {
namespace {

using json = nlohmann::ordered_json;

/// JSON has neither infinities nor NaN: these are strings.
json number(double x) {
  if (std::isnan(x)) return "nan";
  if (std::isinf(x)) return x < 0 ? "-inf" : "inf";
  return x;
}

std::string hexadecimal(std::uint64_t code, int digits) { return fmt::format("0x{:0{}x}", code, digits); }

}  // namespace

nlohmann::ordered_json verdict_json(const verdict& v, std::span<const result_view> results) {
  json tests = json::array(), histogram = json::array(), worst = json::array(), diagnosis = json::array();
  for (std::size_t bucket = 0; bucket < ulp_histogram::buckets; ++bucket) {
    if (v.histogram[bucket] != 0)
      histogram.push_back({{"ulps", ulp_histogram::label(bucket)}, {"count", v.histogram[bucket]}});
  }
  for (const auto& e : v.worst) {
    const int digits = code_digits(v, results, e.result);
    worst.push_back({{"result", view_of(v, results, e.result).name},
                     {"index", e.index},
                     {"finding", describe(e.what)},
                     {"got", number(e.got_value)},
                     {"got_code", hexadecimal(e.got, digits)},
                     {"truth", number(e.truth_value)},
                     {"truth_code", hexadecimal(e.truth, digits)},
                     {"expected_code", hexadecimal(e.expected, digits)},
                     {"distance_ulps", number(e.distance)},
                     {"bound_ulps", number(e.bound)},
                     {"scale_ulps", number(e.scale)},
                     {"inputs", e.inputs}});
  }
  for (const auto& h : v.diagnosis) {
    diagnosis.push_back({{"name", h.name},
                         {"explanation", h.explanation},
                         {"bit_for_bit", h.bit_for_bit},
                         {"evidence", h.evidence},
                         {"likelihood", number(h.likelihood)},
                         {"failing_explained", h.failing_explained},
                         {"failing", h.failing},
                         {"others_explained", h.others_explained},
                         {"others", h.others}});
  }
  for (const auto& t : v.tests) {
    tests.push_back({{"layer", t.layer},
                     {"name", t.name},
                     {"pass", t.pass},
                     {"what", t.what},
                     {"statistic", number(t.statistic)},
                     {"threshold", number(t.threshold)},
                     {"probability", number(t.probability)},
                     {"skipped", t.skipped}});
  }
  return {
      {"pass", v.pass},
      {"headline", headline(v)},
      {"kernel", v.kernel},
      {"claim", v.claim},
      {"output", stored_as(v)},
      {"shape", std::vector<std::size_t>(v.shape.begin(), v.shape.end())},
      {"elements", v.elements},
      {"layers",
       {{"classes", {{"failures", v.class_failures}}},
        {v.exact_claim ? "bits" : "bounds", {{"failures", v.exact_claim ? v.bit_failures : v.bound_failures}}}}},
      {"tests", std::move(tests)},
      {"judged", v.judged != 0 ? v.judged : v.elements},
      {"confidence", v.confidence},
      {"sampling", v.sampling},
      {"exact", v.exact},
      {"correctly_rounded", v.correctly_rounded},
      {"faithful", v.faithful},
      {"too_small", v.low},
      {"too_large", v.high},
      {"overflow_allowed", v.overflow_allowed},
      {"largest_distance_ulps", number(v.largest_distance)},
      {"largest_share_of_bound", number(v.largest_share)},
      {"median_bound_ulps", number(v.median_bound)},
      {"histogram", std::move(histogram)},
      {"worst", std::move(worst)},
      {"diagnosis", std::move(diagnosis)},
      {"along_k", {{"length", v.along_k.length}, {"block", v.along_k.block}, {"share_of_products", v.along_k.share}}}};
}

}  // namespace assay::cli
