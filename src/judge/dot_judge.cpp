#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <assay/judge/dot.hpp>
#include <assay/number/convert.hpp>
#include <assay/tensor/describe.hpp>

#include "dot_diagnosis.hpp"
#include "dot_element.hpp"
#include "dot_rows.hpp"

namespace assay {
namespace {}  // namespace

bool is_class_failure(finding what) {
  switch (what) {
    case finding::nan_for_a_number:
    case finding::number_for_a_nan:
    case finding::infinity_for_a_number:
    case finding::number_for_an_infinity:
    case finding::infinity_of_wrong_sign:
    case finding::not_saturated:
    case finding::saturated: return true;
    case finding::fine:
    case finding::beyond_bound:
    case finding::other_bits:
    case finding::other_zero: break;
  }
  return false;
}

namespace {

/// Worse elements come first: wrong classes, then what exceeds its bound most, then what lies furthest off.
struct severity {
  int rank;
  double share, distance;
  auto operator<=>(const severity&) const = default;
};

severity severity_of(const detail::element_judgement& e) {
  if (e.what == finding::fine) return {0, 0, 0};
  const double distance = std::isnan(e.distance) ? 0 : std::abs(e.distance);
  const double share = e.bound > 0 && std::isfinite(e.bound) ? distance / e.bound : 0;
  return {is_class_failure(e.what) ? 2 : 1, share, distance};
}

/// The few worst of many.
class worst_elements {
 public:
  explicit worst_elements(std::size_t most) : most_(most) {}

  void offer(std::size_t index, std::uint64_t got, const detail::element_judgement& e) {
    if (e.what == finding::fine || most_ == 0) return;
    const severity s = severity_of(e);
    if (kept_.size() == most_ && !(kept_.back().first < s)) return;
    if (kept_.size() == most_) kept_.pop_back();
    element_report report;
    report.index = index;
    report.what = e.what;
    report.got = got;
    report.truth = e.truth.code;
    report.expected = e.expected;
    report.truth_value = e.truth.value;
    report.distance = e.distance;
    report.bound = e.bound;
    report.scale = e.truth.scale;
    const auto place = std::find_if(kept_.begin(), kept_.end(), [&](const auto& k) { return k.first < s; });
    kept_.insert(place, {s, report});
  }
  std::vector<element_report> take(format output) {
    std::vector<element_report> reports;
    for (auto& [s, report] : kept_) {
      report.got_value = to_double(report.got, output);
      reports.push_back(report);
    }
    return reports;
  }

 private:
  std::size_t most_;
  std::vector<std::pair<severity, element_report>> kept_;
};

void count(verdict& v, const detail::element_judgement& e, std::uint64_t got) {
  v.histogram.add(std::abs(e.distance));
  const auto value = decode(got, v.output);
  const bool both_zero = value.is_zero() && decode(e.truth.code, v.output).is_zero();
  const bool both_nan = value.is_nan() && decode(e.truth.code, v.output).is_nan();
  v.exact += e.distance == 0;
  v.correctly_rounded += got == e.truth.code || both_zero || both_nan;
  v.faithful += std::abs(e.distance) < 1;
  const bool compared = e.distance != 0 && !std::isnan(e.distance);
  if (compared) {
    // Toward zero: the error's sign is against the truth's, and the result does not cross zero far beyond it.
    const bool smaller = (e.distance < 0) != e.truth.negative && std::abs(e.distance) < 2 * e.truth.magnitude;
    (smaller ? v.low : v.high) += 1;
  }
  v.overflow_allowed += e.overflow_allowed;
  switch (e.what) {
    case finding::fine: break;
    case finding::beyond_bound: ++v.bound_failures; break;
    case finding::other_bits:
    case finding::other_zero: ++v.bit_failures; break;
    default: ++v.class_failures;
  }
  if (!std::isnan(e.distance)) {
    v.largest_distance = std::max(v.largest_distance, std::abs(e.distance));
    if (e.bound > 0 && !e.overflow_allowed) v.largest_share = std::max(v.largest_share, std::abs(e.distance) / e.bound);
  }
}

double median(std::vector<double>& values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

std::string_view describe(finding what) {
  switch (what) {
    case finding::fine: return "fine";
    case finding::nan_for_a_number: return "NaN where a number is due";
    case finding::number_for_a_nan: return "a number where NaN is due";
    case finding::infinity_for_a_number: return "infinity where a number is due";
    case finding::number_for_an_infinity: return "a number where infinity is due";
    case finding::infinity_of_wrong_sign: return "infinity of the wrong sign";
    case finding::not_saturated: return "infinity where the claim saturates";
    case finding::saturated: return "the largest number where the claim does not saturate";
    case finding::beyond_bound: return "beyond the bound";
    case finding::other_bits: return "other bits than claimed";
    case finding::other_zero: break;
  }
  return "zero of the wrong sign";
}

void check_dot_shapes(const dot_problem& problem, const dot_claim& claim) {
  const auto refuse = [](const std::string& sentence) { throw std::invalid_argument(sentence); };
  if (!(problem.a.shape() == problem.b.shape())) {
    refuse("a has shape " + to_string(problem.a.shape()) + " and b " + to_string(problem.b.shape()) +
           "; expected the same shape, one dot product a row.");
  }
  if (problem.a.shape().rank() == 0) refuse("a and b are single numbers; expected rows to multiply.");
  const extents rows = problem.a.shape().without_last();
  if (problem.c.has_data() && !(problem.c.shape() == rows)) {
    refuse("c has shape " + to_string(problem.c.shape()) + "; expected " + to_string(rows) +
           ", one addend for each row of a.");
  }
  if (!(problem.got.shape() == rows)) {
    refuse("got has shape " + to_string(problem.got.shape()) + "; expected " + to_string(rows) +
           ", one result for each row of a.");
  }
  if (!(problem.got.layout() == claim.output)) {
    refuse("got is " + format_name(problem.got.layout()) + "; expected " + format_name(claim.output) +
           ", which the claim stores.");
  }
  if (claim.what == dot_claim::kind::model && !claim.model) refuse("the claim is an exact model, but has none.");
  if (!claim.output.is_signed() || (claim.what == dot_claim::kind::any_order && !claim.accumulator.is_signed())) {
    refuse("a format without a sign holds no sums of products.");
  }
}

verdict judge_dot(const dot_problem& problem, const dot_claim& claim, const judge_options& options) {
  check_dot_shapes(problem, claim);
  verdict v;
  v.claim = claim.name;
  v.exact_claim = claim.what != dot_claim::kind::any_order;
  v.shape = problem.got.shape();
  v.elements = problem.got.size();
  v.length = problem.a.line_length();
  v.output = claim.output;

  detail::row_reader rows(problem, claim);
  worst_elements worst(options.worst);
  std::vector<double> bounds;
  detail::diagnosis_sample sample(options.diagnosis_sample, v.elements);
  for (std::size_t i = 0; i < v.elements; ++i) {
    const std::uint64_t got = problem.got[i] & claim.output.code_mask();
    const detail::element_judgement e = detail::judge_element(rows.read(i), got, claim);
    count(v, e, got);
    if (!v.exact_claim) bounds.push_back(e.bound);
    worst.offer(i, got, e);
    sample.offer(i, e.what != finding::fine);
  }
  v.median_bound = median(bounds);
  v.worst = worst.take(claim.output);
  v.pass = v.class_failures + v.bound_failures + v.bit_failures == 0;
  if (v.pass ? options.always_diagnose : options.diagnose) v.diagnosis = detail::diagnose_dot(problem, claim, sample);
  return v;
}

}  // namespace assay
