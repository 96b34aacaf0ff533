#include "report.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <assay/tensor/describe.hpp>

#include "terminal.hpp"

namespace assay::cli {
namespace {

std::string layers_text(const verdict& v, const std::string& indent) {
  const std::vector<layer_row> rows = layer_rows(v);
  std::size_t widest = 0;
  for (const layer_row& row : rows) widest = std::max(widest, row.name.size());
  std::string text;
  for (const layer_row& row : rows) {
    text +=
        fmt::format("{}  {:<{}}  {}{}\n", indent, row.name, widest,
                    row.pass ? painted("ok", colour::green) + "    " : painted("FAIL", colour::red) + "  ", row.text);
  }
  return text;
}

std::string counts_text(const verdict& v, const std::string& indent) {
  const std::size_t judged = v.judged != 0 ? v.judged : v.elements;
  std::string text =
      fmt::format("{}  results  {}: {} correctly rounded ({}), {} within 1 ulp ({}); largest error {} ulp\n", indent,
                  judged, v.correctly_rounded, percent(v.correctly_rounded, judged), v.faithful,
                  percent(v.faithful, judged), ulps(v.largest_distance));
  text +=
      fmt::format("{}           {} exact, {} too small in magnitude, {} too large\n", indent, v.exact, v.low, v.high);
  if (v.overflow_allowed != 0) {
    text += fmt::format("{}           {} only because the claimed range may overflow there\n", indent,
                        plural(v.overflow_allowed, "result") + (v.overflow_allowed == 1 ? " passes" : " pass"));
  }
  return text;
}

/// Where doubles hold the format's values they are shown shortest, else by the code alone.
std::string value_text(double value, std::uint64_t code, int digits) {
  const std::string number = std::isnan(value) ? "nan" : fmt::format("{:.9g}", value);
  return fmt::format("{} (0x{:0{}x})", number, code, digits);
}

std::int64_t integer_of(std::uint64_t code, integer_format f) {
  const int unused = 64 - f.bits;
  return f.is_signed ? static_cast<std::int64_t>(code << unused) >> unused : static_cast<std::int64_t>(code);
}

std::string worst_text(const verdict& v, const std::string& indent, std::span<const result_view> results) {
  if (v.worst.empty()) return "";
  std::string text = "\n" + indent + "worst elements\n";
  for (const element_report& e : v.worst) {
    const int digits = code_digits(v, results, e.result);
    text += fmt::format("{}  {:<10} {}: got {}, ", indent, element_name(v, results, e),
                        painted(describe(e.what), colour::red), value_text(e.got_value, e.got, digits));
    if (v.exact_claim && e.expected != e.truth) text += fmt::format("claim 0x{:0{}x}, ", e.expected, digits);
    text += fmt::format("truth {}", value_text(e.truth_value, e.truth, digits));
    if (v.integers) text += fmt::format(", which is {}", integer_of(e.truth, *v.integers));
    if (!std::isnan(e.distance)) text += fmt::format("; {} ulp off", ulps(std::abs(e.distance)));
    if (!v.exact_claim && !std::isnan(e.distance)) text += fmt::format(", bound {}", ulps(e.bound));
    text += "\n";
    const char* first = "of ";
    for (std::size_t at = 0; at < e.inputs.size(); first = "   ") {
      const std::size_t end = std::min(e.inputs.find("; ", at), e.inputs.size());
      text += fmt::format("{}             {}{}\n", indent, first, e.inputs.substr(at, end - at));
      at = end + 2;
    }
  }
  return text;
}

std::string diagnosis_text(const verdict& v, const std::string& indent) {
  if (!explains_anything(v)) {
    return v.pass ? "" : "\n" + indent + "diagnosis: none of the kernels tried explains these results.\n";
  }
  std::string text = "\n" + indent + "diagnosis, by emulating other kernels\n";
  for (const hypothesis_report& h : v.diagnosis) {
    if (h.failing_explained == 0 && !h.evidence.empty()) {
      text += fmt::format("{}  {}: {}\n", indent, h.explanation, h.evidence);
      continue;
    }
    if (h.failing_explained == 0 && h.failing != 0) continue;
    const std::size_t explained = h.failing_explained + h.others_explained, sampled = h.failing + h.others;
    const bool all = explained == sampled;
    text += fmt::format("{}  {:>6} of {} {}: {}", indent, percent(explained, sampled), plural(sampled, "result"),
                        h.bit_for_bit ? "bit for bit" : "within the claim's bounds",
                        all ? painted(h.explanation, colour::bold) : h.explanation);
    if (h.failing != 0 && h.others != 0)
      text += fmt::format(" ({} of those that fail)", percent(h.failing_explained, h.failing));
    text += "\n";
  }
  return text;
}

/// A sign for each block of products.
std::string along_k_text(const verdict& v, const std::string& indent) {
  if (v.along_k.share.empty()) return "";
  std::string signs;
  for (const float share : v.along_k.share) {
    signs += share <= -0.75f ? "▼" : share <= -0.25f ? "▽" : share >= 0.75f ? "▲" : share >= 0.25f ? "△" : "·";
  }
  return fmt::format("\n{}along k, by blocks of {} products: ▼ missing, ▽ too little, △ too much, ▲ twice\n{}  {}\n",
                     indent, v.along_k.block, indent, signs);
}

}  // namespace

std::string histogram_text(const ulp_histogram& histogram, const std::string& indent) {
  std::size_t first = ulp_histogram::buckets, last = 0, largest = 0, total = 0;
  for (std::size_t bucket = 0; bucket < ulp_histogram::buckets; ++bucket) {
    if (histogram[bucket] == 0) continue;
    first = std::min(first, bucket);
    if (bucket != ulp_histogram::other_class) last = bucket;
    largest = std::max(largest, histogram[bucket]);
    total += histogram[bucket];
  }
  std::string text;
  for (std::size_t bucket = 0; bucket < ulp_histogram::buckets; ++bucket) {
    const bool other_class = bucket == ulp_histogram::other_class;
    if (other_class ? histogram[bucket] == 0 : bucket < first || bucket > last) continue;
    constexpr std::size_t widest = 40;
    const std::size_t width = (histogram[bucket] * widest + largest - 1) / largest;
    std::string bar;
    for (std::size_t i = 0; i < width; ++i) bar += "█";
    text += fmt::format("{}  {:>12} {:>9} {:>6}  {}\n", indent, ulp_histogram::label(bucket), histogram[bucket],
                        percent(histogram[bucket], total), painted(bar, other_class ? colour::red : colour::dim));
  }
  return text;
}

std::string verdict_text(const verdict& v, const std::string& indent, std::span<const result_view> results) {
  std::string text = indent + (v.pass ? painted("PASS", colour::green) : painted("FAIL", colour::red)) + "  " +
                     (v.kernel.empty() ? "" : v.kernel + "; ") + "claim: " + v.claim + ", stored as " + stored_as(v) +
                     "\n\n";
  if (v.elements == 0) return text + indent + "  " + headline(v) + "\n";
  text += layers_text(v, indent) + counts_text(v, indent);
  if (!v.sampling.empty()) text += indent + "  " + v.sampling + "\n";
  text += "\n" + indent + "distance from the truth, in ulps of " + stored_as(v) + "\n" +
          histogram_text(v.histogram, indent);
  return text + worst_text(v, indent, results) + diagnosis_text(v, indent) + along_k_text(v, indent);
}

}  // namespace assay::cli
