// What every form of a report says: layers, facts and the verdict in a sentence.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <assay/format/name.hpp>
#include <assay/tensor/describe.hpp>

#include "report.hpp"

namespace assay::cli {
std::string plural(std::size_t n, std::string_view word) { return fmt::format("{} {}{}", n, word, n == 1 ? "" : "s"); }

namespace {

layer_row class_row(const verdict& v) {
  return {"classes", v.class_failures == 0,
          v.class_failures == 0 ? "NaNs, infinities and numbers are where they are due"
                                : plural(v.class_failures, "result") + " of another class than is due"};
}

layer_row bit_row(const verdict& v) {
  return {"bits", v.bit_failures == 0,
          v.bit_failures == 0 ? "every result has the bits that the claim gives"
                              : fmt::format("{} of {} differ from the claimed bits ({})", v.bit_failures,
                                            plural(v.elements, "result"), percent(v.bit_failures, v.elements))};
}

layer_row bound_row(const verdict& v) {
  const std::size_t failures = v.bound_failures + v.bit_failures;
  const std::string bound = fmt::format("median bound {} ulp", ulps(v.median_bound));
  if (failures == 0) {
    return {"bounds", true,
            fmt::format("the largest error is {} of what the claim allows; {}",
                        percent(static_cast<std::size_t>(v.largest_share * 1e9), 1000000000), bound)};
  }
  return {"bounds", false,
          fmt::format("{} beyond what the claim allows, up to {} times; {}", plural(failures, "result"),
                      ulps(v.largest_share), bound)};
}

/// The tests of all elements together; none where the judge made none.
std::vector<layer_row> distribution_row(const verdict& v) {
  layer_row row{"distribution", true, ""};
  bool any = false, tested = false;
  std::string skipped;
  for (const test_report& t : v.tests) {
    if (t.layer != row.name) continue;
    any = true;
    row.pass = row.pass && t.pass;
    if (!t.skipped.empty()) {
      skipped = t.skipped;
      continue;
    }
    tested = true;
    // + 0.0: no negative zeros
    row.text += fmt::format("{}{} {:.3g} of at most {:.3g}", row.text.empty() ? "" : ", ", t.name, t.statistic + 0.0,
                            t.threshold);
  }
  if (!tested) row.text = "not tested: " + skipped;
  return any ? std::vector{row} : std::vector<layer_row>();
}

std::string distribution_failures(const verdict& v) {
  std::string names;
  for (const test_report& t : v.tests) {
    if (t.layer == "distribution" && !t.pass) names += (names.empty() ? "" : ", ") + t.name;
  }
  return names;
}

std::string grouped(std::size_t n) {
  std::string digits = std::to_string(n);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string with_share(std::size_t part, std::size_t whole) {
  return fmt::format("{} ({})", grouped(part), percent(part, whole));
}

}  // namespace

std::string percent(std::size_t part, std::size_t whole) {
  if (whole == 0) return "-";
  const double share = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (part != whole && share > 99.9) return ">99.9%";
  if (part != 0 && share < 0.1) return "<0.1%";
  return fmt::format("{:.1f}%", share);
}

std::string ulps(double x) {
  if (std::isnan(x)) return "-";
  return std::abs(x) >= 1e6 || (x != 0 && std::abs(x) < 1e-3) ? fmt::format("{:.2e}", x) : fmt::format("{:.4g}", x);
}

result_view view_of(const verdict& v, std::span<const result_view> results, std::size_t result) {
  return result < results.size() ? results[result] : result_view{"", v.shape, v.output};
}

std::string stored_as(const verdict& v) {
  return v.integers ? std::string(name_of(*v.integers)) : format_name(v.output);
}

int code_digits(const verdict& v, std::span<const result_view> results, std::size_t result) {
  return ((v.integers ? v.integers->bits : view_of(v, results, result).type.width()) + 3) / 4;
}

std::string index_text(std::size_t n, const extents& shape) {
  if (shape.rank() == 1) return std::to_string(n);
  std::string text;
  for (std::size_t axis = shape.rank(); axis-- > 0;) {
    text = std::to_string(n % shape[axis]) + (text.empty() ? "" : ", ") + text;
    n /= shape[axis];
  }
  return "(" + text + ")";
}

std::string element_name(const verdict& v, std::span<const result_view> results, const element_report& e) {
  const result_view view = view_of(v, results, e.result);
  return (results.size() > 1 ? view.name + " " : "") + index_text(e.index, view.shape);
}

bool explains_anything(const verdict& v) {
  return std::any_of(v.diagnosis.begin(), v.diagnosis.end(), [](const hypothesis_report& h) {
    return h.failing_explained != 0 || h.failing == 0 || !h.evidence.empty();
  });
}

std::vector<layer_row> layer_rows(const verdict& v) {
  std::vector<layer_row> rows{class_row(v), v.exact_claim ? bit_row(v) : bound_row(v)};
  for (layer_row& row : distribution_row(v)) rows.push_back(std::move(row));
  return rows;
}

std::string headline(const verdict& v) {
  if (v.elements == 0) return "There are no results to judge: the shape is " + to_string(v.shape) + ".";
  const std::size_t failures = v.class_failures + v.bound_failures + v.bit_failures;
  const std::size_t judged = v.judged != 0 ? v.judged : v.elements;
  const std::string results = judged == v.elements
                                  ? grouped(judged) + (judged == 1 ? " result" : " results")
                                  : fmt::format("{} judged results of {}", grouped(judged), grouped(v.elements));
  const std::string names = distribution_failures(v);
  if (failures != 0) {
    return fmt::format("{} of {} {} not what the claim allows{}.", grouped(failures), results,
                       failures == 1 ? "is" : "are",
                       names.empty() ? "" : ", and together they err as no honest kernel does (" + names + ")");
  }
  if (!names.empty()) {
    return fmt::format("Each of {} is allowed, but together they err as no honest kernel does: {}.", results, names);
  }
  return fmt::format("{} {} what the claim allows.", judged == 1 ? "The 1 result" : "All " + results,
                     judged == 1 ? "is" : "are");
}

std::vector<fact_row> fact_rows(const verdict& v) {
  std::vector<fact_row> rows{{"results", grouped(v.elements)}};
  const std::size_t judged = v.judged != 0 ? v.judged : v.elements;
  if (judged != v.elements) rows.push_back({"judged", grouped(judged)});
  rows.push_back({"exact", with_share(v.exact, judged)});
  rows.push_back({"correctly rounded", with_share(v.correctly_rounded, judged)});
  rows.push_back({"within 1 ulp", with_share(v.faithful, judged)});
  rows.push_back({"too small in magnitude", grouped(v.low)});
  rows.push_back({"too large in magnitude", grouped(v.high)});
  rows.push_back({"largest error", ulps(v.largest_distance) + " ulp"});
  if (!v.exact_claim) {
    rows.push_back({"median bound", ulps(v.median_bound) + " ulp"});
    rows.push_back({"largest share of a bound", ulps(v.largest_share)});
  }
  if (v.overflow_allowed != 0) rows.push_back({"allowed to overflow", grouped(v.overflow_allowed)});
  if (v.confidence > 0)
    rows.push_back({"an honest kernel fails", fmt::format("at most {:.1g} of checks", v.confidence)});
  return rows;
}

}  // namespace assay::cli
