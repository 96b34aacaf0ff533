// A mistake moves each element by some d_i, in units of what it may err; a kernel that makes it errs by d_i and by its
// roundings, an honest one by its roundings alone. Where every |d_i| is far below 1 no bound sees it, but the sum of
// d_i (e_i - h_i) over many elements does: it is near the sum of d_i^2 for the one and near 0 for the other, h being an
// honest kernel's errors. The test asks whether it is beyond half of that. So an honest kernel whose roundings go with
// d by chance, or by up to half the mistake, passes.
#include "matched.hpp"

#include <algorithm>

#include <assay/judge/hypothesis.hpp>
#include <assay/number/convert.hpp>
#include <assay/reference/truth_of.hpp>

#include "flushed_inputs.hpp"

namespace assay::detail {
namespace {

/// What a mistake moves each of the errors' elements by; empty where it moves none, or makes another call of it.
std::vector<double> displacements(const court& c, const kernel_call& changed, std::size_t r, const examined_result& x,
                                  const errors& e) {
  std::vector<reference::truth> truths;
  try {
    reference::request want;
    want.to = c.outputs[r];
    want.enclosure = true;  // the real value; a rounding to binary64 would cost intervals
    want.threads = c.threads;
    const std::optional<kernel_call> flushed = with_flushed_inputs(c.claimed, changed);
    truths = reference::truth_of(flushed ? *flushed : changed, want);
  } catch (const std::exception&) {
    return {};
  }
  if (r >= truths.size() || truths[r].value.size() != x.size()) return {};
  std::vector<double> d(e.element.size());
  double largest = 0;
  std::size_t beyond = 0;
  for (std::size_t k = 0; k < d.size(); ++k) {
    const std::size_t i = e.element[k];
    const double low = double_at(truths[r].lower, i), high = double_at(truths[r].upper, i);
    const double moved = ((low == high ? low : low / 2 + high / 2) - x.center(i)) / e.width[k];
    beyond += !(std::abs(moved) < 1);
    d[k] = std::isfinite(moved) ? std::clamp(moved, -2.0, 2.0) : 0;
    largest = std::max(largest, std::abs(d[k]));
  }
  constexpr double least = 0x1p-10;  // below that, thousands of elements do not show it
  // What moves many elements beyond their bounds does not hide: the second layer sees it.
  if (largest < least || beyond * 10 > d.size()) d.clear();
  return d;
}

/// Whether the errors go more than twice the way: then they are another mistake's, which other tests see.
bool goes_further(const std::vector<double>& d, const std::vector<double>& got, const std::vector<double>& h) {
  double along = 0, size = 0;
  for (std::size_t k = 0; k < d.size(); ++k) {
    along += d[k] * (got[k] - h[k]);
    size += d[k] * d[k];
  }
  return along > 2 * size;
}

}  // namespace

test_report matched_test(const court& c, const kernel_call& part_call, std::size_t r, const examined_result& x,
                         const errors& e, double level) {
  test_report report;
  report.layer = "distribution";
  report.name = "matched";
  report.what =
      "how far the errors go the way of a usual mistake, beyond half of it and every honest kernel's, in "
      "standard errors";
  std::vector<hypothesis> mistakes = known_hypotheses(c.call, c.claimed);
  std::erase_if(mistakes, [](const hypothesis& h) { return !h.hides || !h.change_call; });
  const double each = level / static_cast<double>(std::max<std::size_t>(1, mistakes.size()));
  report.threshold = threshold_of(each, std::max(1.0, e.clusters - 1.0));
  for (const hypothesis& mistake : mistakes) {
    kernel_call changed = part_call;
    if (!mistake.change_call(changed)) continue;
    const std::vector<double> d = displacements(c, changed, r, x, e);
    if (d.empty()) continue;
    double least = HUGE_VAL, probability = 1;
    for (const auto& h : e.honest) {
      if (goes_further(d, e.got, h)) {
        least = 0;
        break;
      }
      const comparison beyond(cluster_means(e, [&](std::size_t k) { return d[k] * (e.got[k] - h[k] - d[k] / 2); }));
      if (beyond.t < least) {
        least = beyond.t;
        probability = beyond.probability;
      }
    }
    if (least > report.statistic) {
      report.statistic = least;
      report.probability = std::min(1.0, probability * static_cast<double>(mistakes.size()));
      if (least > report.threshold) report.what = mistake.words + ": " + report.what;
    }
  }
  report.pass = !(report.statistic > report.threshold);
  return report;
}

}  // namespace assay::detail
