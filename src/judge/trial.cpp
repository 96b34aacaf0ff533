#include "trial.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <thread>

#include <assay/format/name.hpp>
#include <assay/progress.hpp>
#include <assay/tensor/describe.hpp>

#include "distribution.hpp"
#include "in_order.hpp"
#include "sample.hpp"
#include "suspects.hpp"

namespace assay::detail {
namespace {

/// Sub-Gaussian: 2 exp(-lambda^2 / 2) for each of `elements` is at most `probability` in all.
double lambda_for(double probability, double elements) {
  return std::sqrt(2 * std::log(2 * std::max(1.0, elements) / probability));
}

/// "x: 4096 of bfloat16, -3.2 to 4.1".
std::string inputs_in_short(const kernel_call& call) {
  std::string text;
  for (const auto& [name, x] : call.inputs()) {
    if (!x.type().is_floating() || x.size() == 0) continue;
    double least = HUGE_VAL, most = -HUGE_VAL;
    std::size_t nans = 0;
    for (const double v : doubles(x)) {
      nans += std::isnan(v);
      least = std::min(least, v);
      most = std::max(most, v);
    }
    char range[64];
    std::snprintf(range, sizeof range, "%.4g to %.4g", least, most);
    text += (text.empty() ? "" : "; ") + name + ": " + std::to_string(x.size()) + " of " +
            format_name(x.type().layout) + ", " + range + (nans == 0 ? "" : ", NaNs among them");
  }
  return text;
}

std::span<const tensor> checked(const kernel_call& call, std::span<const tensor> got) {
  if (got.empty() || got.size() > call.info().results.size()) {
    throw std::invalid_argument(std::string(call.name()) + " gives " + std::to_string(call.info().results.size()) +
                                " results; found " + std::to_string(got.size()) + ".");
  }
  for (const tensor& t : got) {
    if (!t.type().is_floating() && t.size() != 0) {
      throw std::invalid_argument("got holds " + to_string(t.type()) + "; expected floating-point codes.");
    }
  }
  return got;
}

std::size_t elements_of(std::span<const tensor> results) {
  std::size_t elements = 0;
  for (const tensor& r : results) elements += r.size();
  return elements;
}

}  // namespace

trial::trial(const kernel_call& call, std::span<const tensor> got, claim claimed, const judge_options& options)
    : call_(call),
      options_(options),
      claim_(std::move(claimed)),
      results_(checked(call, got)),
      parts_(call, results_),
      court_{call, claim_, outputs(), 8, options.threads, options.statistical_bounds},
      charge_{call, options, results_, parts_, court_, how_, painters_},
      found_({}, options.worst) {
  v_.elements = elements_of(results_);
  court_.lambda = lambda_for(options.confidence / 2, static_cast<double>(v_.elements));
  how_ = court_.roundings_for(call);
  v_.kernel = call.name();
  v_.claim = assay::describe(claim_);
  v_.exact_claim = claim_.exact;
  v_.confidence = options.confidence;
  v_.shape = results_[0].shape();
  v_.output = results_[0].type().layout;
  for (std::size_t r = 0; r < results_.size(); ++r) {
    painters_.emplace_back(r, call.info().results[r].name, results_[r].shape(), options.keep_elements);
  }
}

std::vector<format> trial::outputs() const {
  std::vector<format> all;
  for (const tensor& t : results_) {
    all.push_back(t.type().layout);
    if (t.size() != 0 && claim_.base.to && !(*claim_.base.to == t.type().layout)) {
      throw std::invalid_argument("got is " + format_name(t.type().layout) + "; expected " +
                                  format_name(*claim_.base.to) + ", which the claim stores.");
    }
  }
  return all;
}

verdict trial::run() {
  if (v_.elements != 0) {
    judge_elements();
  } else {
    require_no_results();
  }
  decide_suspects();
  finish_elements();
  if (options_.distribution && !options_.only && !claim_.exact && v_.elements != 0) {
    distribution_result d = judge_distribution(court_, parts_, results_, options_);
    for (test_report& t : d.tests) {
      v_.distribution_failures += !t.pass;
      v_.tests.push_back(std::move(t));
    }
  }
  v_.pass = v_.class_failures + v_.bound_failures + v_.bit_failures + v_.distribution_failures == 0;
  if (v_.pass ? options_.always_diagnose : options_.diagnose) {
    diagnosis found = diagnose(court_, parts_, results_, found_.failing, options_);
    v_.diagnosis = std::move(found.reports);
    v_.along_k = std::move(found.along_k);
  }
  return std::move(v_);
}

void trial::require_no_results() const {
  constexpr std::size_t first[]{0};
  const part some = parts_.units() == 0 ? parts_.whole() : parts_.take(first);
  for (const reference::truth& due : truths_of(court_, some.call(), false)) {
    if (due.value.size() == 0) continue;
    throw std::invalid_argument("got has shape " + to_string(results_[0].shape()) + " and holds nothing; expected " +
                                "the results of " + std::string(call_.name()) + ", of which there are some.");
  }
}

void trial::judge_elements() {
  const unit_sample units = units_to_judge(call_, parts_, v_.elements, options_.most_elements, options_.seed);
  v_.sampling = units.in_words;
  const std::size_t parts = (units.units.size() + units.at_once - 1) / units.at_once;
  const unsigned threads = options_.threads != 0 ? options_.threads : std::max(1u, std::thread::hardware_concurrency());
  const std::size_t each = std::max<std::size_t>(1, v_.elements / std::max<std::size_t>(1, parts_.units()));
  std::optional<progress_stage> told;  // of several parts; an only one's truth tells itself
  if (parts > 1) told.emplace("judging", "elements", units.units.size(), units.units.size() * each);
  const auto judged = [&](std::size_t k, const part_request& how) {
    const std::size_t first = k * units.at_once;
    const auto some = std::span(units.units).subspan(first, std::min(units.at_once, units.units.size() - first));
    part_findings found = judge_part(charge_, parts_.take(some), how);
    if (told) told->add(some.size());
    return found;
  };
  const auto put_together = [&](part_findings&& one) {
    for (std::size_t r = 0; r < painters_.size(); ++r) painters_[r].put_together(one.found.pictures[r]);
    found_.add(std::move(one.found));
  };
  part_request how{threads};
  std::size_t next = 0;
  if (parts > 1 && has_costly_scales(court_)) {
    // The first part shows what bounds are like, and whether scales can be saved in the others.
    how.all_bounds = !court_.correctly_rounded();
    part_findings first = judged(next++, how);
    how.all_bounds = false;
    how.scales = first.share_needing_scales > 0.4;
    put_together(std::move(first));
  }
  // Each thread judges parts of its own, or all threads the only part.
  const bool together = parts - next < 2;
  if (!together) how.threads = 1;
  in_order(
      parts - next, together ? 1 : threads, [&](std::size_t k) { return judged(next + k, how); }, put_together);
}

void trial::decide_suspects() {
  if (found_.suspects.empty()) return;
  const double limit = likely_limit(court_, parts_, results_, found_.suspects);
  const double own = court_.any_rounding() ? 1 : 0.5;  // of the store, in ulps
  for (suspect& s : found_.suspects) {
    const element_report& e = s.report;
    const bool fail = limit == 1 || std::abs(e.distance) - own > limit * (e.bound - own);
    const double share = fail ? e.share : s.share_of_worst;
    if (std::isfinite(share)) found_.counts.largest_share = std::max(found_.counts.largest_share, share);
    painters_[e.result].add(painters_[e.result].whole(), e.index, e.distance, share, fail);
    if (fail) {
      found_.accuse(e, s.unit);
    } else {
      ++found_.counts.within;
    }
  }
}

void trial::finish_elements() {
  add_counts(v_, found_.counts);
  v_.histogram = found_.histogram();
  std::vector<double>& bounds = found_.bounds;
  if (!bounds.empty()) {
    const auto middle = bounds.begin() + static_cast<std::ptrdiff_t>(bounds.size() / 2);
    std::nth_element(bounds.begin(), middle, bounds.end());
    v_.median_bound = *middle;
  }
  for (tally::accused& one : found_.worst) {
    if (parts_.unit_size() < (1u << 22)) {
      const std::size_t only[]{one.unit};
      one.report.inputs = inputs_in_short(parts_.take(only).call());
    }
    v_.worst.push_back(std::move(one.report));
  }
  for (painter& p : painters_) v_.pictures.push_back(p.take());
  const auto counted = [&](const char* layer, const char* name, const char* what, std::size_t failures) {
    test_report t;
    t.layer = layer;
    t.name = name;
    t.what = what;
    t.statistic = static_cast<double>(failures);
    t.probability = failures == 0 ? 1 : 0;
    t.pass = failures == 0;
    v_.tests.push_back(std::move(t));
  };
  counted("classes", "classes", "results of another class than is due", v_.class_failures);
  if (claim_.exact) {
    counted("bounds", "bits", "results of other bits than the claimed arithmetic gives", v_.bit_failures);
    return;
  }
  counted("bounds", "entrywise", "results outside of what the claim allows around the real value",
          v_.bound_failures + v_.bit_failures);
  v_.tests.back().probability = v_.tests.back().pass ? 1 : options_.confidence / 2;
}

}  // namespace assay::detail
