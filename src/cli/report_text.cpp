#include "report.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <assay/format/name.hpp>
#include <assay/tensor/describe.hpp>

#include "terminal.hpp"

namespace assay::cli {
namespace {

std::string percent(std::size_t part, std::size_t whole) {
  if (whole == 0) return "-";
  const double share = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  // Never round "nearly all" to all or "hardly any" to none.
  if (part != whole && share > 99.9) return ">99.9%";
  if (part != 0 && share < 0.1) return "<0.1%";
  return fmt::format("{:.1f}%", share);
}

std::string plural(std::size_t n, std::string_view word) { return fmt::format("{} {}{}", n, word, n == 1 ? "" : "s"); }

/// A distance or bound in ulps, as short as it is useful.
std::string ulps(double x) {
  if (std::isnan(x)) return "-";
  return std::abs(x) >= 1e6 || (x != 0 && std::abs(x) < 1e-3) ? fmt::format("{:.2e}", x) : fmt::format("{:.4g}", x);
}

std::string layer(std::size_t failures, const std::string& ok, const std::string& bad) {
  return failures == 0 ? painted("ok", colour::green) + "    " + ok : painted("FAIL", colour::red) + "  " + bad;
}

std::string layers_text(const verdict& v, const std::string& indent) {
  std::string text = indent + "  classes  " +
                     layer(v.class_failures, "NaNs, infinities and numbers are where they are due",
                           plural(v.class_failures, "result") + " of another class than is due") +
                     "\n";
  if (v.exact_claim) {
    return text + indent + "  bits     " +
           layer(v.bit_failures, "every result has the bits that the claim gives",
                 fmt::format("{} of {} differ from the claimed bits ({})", v.bit_failures, plural(v.elements, "result"),
                             percent(v.bit_failures, v.elements))) +
           "\n";
  }
  const std::string bound = fmt::format("median bound {} ulp", ulps(v.median_bound));
  return text + indent + "  bounds   " +
         layer(v.bound_failures,
               fmt::format("the largest error is {} of its rigorous bound; {}",
                           percent(static_cast<std::size_t>(v.largest_share * 1e9), 1000000000), bound),
               fmt::format("{} beyond the rigorous bound, up to {} times; {}", plural(v.bound_failures, "result"),
                           ulps(v.largest_share), bound)) +
         "\n";
}

std::string counts_text(const verdict& v, const std::string& indent) {
  std::string text =
      fmt::format("{}  results  {}: {} correctly rounded ({}), {} within 1 ulp ({}); largest error {} ulp\n", indent,
                  v.elements, v.correctly_rounded, percent(v.correctly_rounded, v.elements), v.faithful,
                  percent(v.faithful, v.elements), ulps(v.largest_distance));
  text +=
      fmt::format("{}           {} exact, {} too small in magnitude, {} too large\n", indent, v.exact, v.low, v.high);
  if (v.overflow_allowed != 0) {
    text += fmt::format("{}           {} only because the claimed range may overflow there\n", indent,
                        plural(v.overflow_allowed, "result") + (v.overflow_allowed == 1 ? " passes" : " pass"));
  }
  return text;
}

/// Where doubles hold the format's values they are shown shortest, else by the code alone.
std::string value_text(double value, std::uint64_t code, format f) {
  const int digits = (f.width() + 3) / 4;
  const std::string number = std::isnan(value) ? "nan" : fmt::format("{:.9g}", value);
  return fmt::format("{} (0x{:0{}x})", number, code, digits);
}

std::string worst_text(const verdict& v, const std::string& indent) {
  if (v.worst.empty()) return "";
  std::string text = "\n" + indent + "worst elements\n";
  for (const element_report& e : v.worst) {
    text += fmt::format("{}  {:<10} {}: got {}, ", indent, index_text(e.index, v.shape),
                        painted(describe(e.what), colour::red), value_text(e.got_value, e.got, v.output));
    if (v.exact_claim && e.expected != e.truth)
      text += fmt::format("claim 0x{:0{}x}, ", e.expected, (v.output.width() + 3) / 4);
    text += fmt::format("truth {}", value_text(e.truth_value, e.truth, v.output));
    if (!std::isnan(e.distance)) text += fmt::format("; {} ulp off", ulps(std::abs(e.distance)));
    if (!v.exact_claim && !std::isnan(e.distance)) text += fmt::format(", bound {}", ulps(e.bound));
    text += "\n";
  }
  return text;
}

std::string diagnosis_text(const verdict& v, const std::string& indent) {
  if (v.diagnosis.empty()) {
    return v.pass ? "" : "\n" + indent + "diagnosis: none of the kernels tried explains these results.\n";
  }
  std::string text = "\n" + indent + "diagnosis, by emulating other kernels\n";
  for (const hypothesis_report& h : v.diagnosis) {
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

}  // namespace

std::string index_text(std::size_t n, const extents& shape) {
  if (shape.rank() == 1) return std::to_string(n);
  std::string text;
  for (std::size_t axis = shape.rank(); axis-- > 0;) {
    text = std::to_string(n % shape[axis]) + (text.empty() ? "" : ", ") + text;
    n /= shape[axis];
  }
  return "(" + text + ")";
}

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

std::string verdict_text(const verdict& v, const std::string& indent) {
  std::string text = indent + (v.pass ? painted("PASS", colour::green) : painted("FAIL", colour::red)) +
                     "  claim: " + v.claim + ", stored as " + format_name(v.output) + "\n\n";
  if (v.elements == 0)
    return text + indent + "  There are no results to judge: the shape is " + to_string(v.shape) + ".\n";
  text += layers_text(v, indent) + counts_text(v, indent);
  text += "\n" + indent + "distance from the truth, in ulps of " + format_name(v.output) + "\n" +
          histogram_text(v.histogram, indent);
  return text + worst_text(v, indent) + diagnosis_text(v, indent);
}

}  // namespace assay::cli
