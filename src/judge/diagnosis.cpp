// Each hypothesis is emulated on a few units that hold failing elements and a few that do not, in the claim's plainest
// form and, where the order of sums is open, in the usual orders. What it explains is counted in four ways, of which
// the best counts:
//
//   bit for bit      its results are the got bits
//   within bounds    got lies within the claim's bounds around the changed call's truth (changes of the call only)
//   errors follow    got's errors are its errors, up to a share of their square: the order may differ
//   alike            its errors are as large as got's (changes of the arithmetic only)
//
// Ranked by the likelihood, a weighted share: what fails must be explained first of all, what passes must not be
// spoilt.
#include "diagnosis.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include <assay/kernel/run.hpp>
#include <assay/number/convert.hpp>
#include <assay/progress.hpp>

#include "honest.hpp"
#include "k_profile.hpp"
#include "sample.hpp"

namespace assay::detail {
namespace {

bool same_bits(std::uint64_t a, std::uint64_t b, format f) { return a == b || (f.is_nan_code(a) && f.is_nan_code(b)); }

/// The sampled elements of one result.
struct exhibit {
  const part& p;
  std::size_t result;
  format f;
  std::vector<std::uint64_t> got;
  std::vector<std::size_t> places;
  std::vector<std::size_t> failing, others;  ///< positions in the part
};

struct explained_elements {
  std::size_t failing = 0, others = 0;

  double likelihood(const exhibit& e) const {
    const double of_others = e.others.empty() ? 1 : static_cast<double>(others) / static_cast<double>(e.others.size());
    if (e.failing.empty()) return of_others;
    const double of_failing = static_cast<double>(failing) / static_cast<double>(e.failing.size());
    // Two or three elements are hit by chance: what spoils the others is refuted by them.
    if (e.failing.size() < 4) return of_failing * of_others;
    return 0.8 * of_failing + 0.2 * of_others;
  }
};

template <class Explains>
explained_elements count(const exhibit& e, bool local, const Explains& explains) {
  explained_elements c;
  for (const std::size_t i : e.failing) c.failing += explains(i);
  for (const std::size_t i : e.others) c.others += local || explains(i);
  return c;
}

std::string percent(double share) {
  char text[16];
  std::snprintf(text, sizeof text, "%.3g%%", 100 * share);
  return text;
}

void offer_resemblance(hypothesis_report& report, double likelihood, std::string words) {
  report.likelihood = likelihood;
  report.bit_for_bit = false;
  report.failing_explained = report.others_explained = 0;
  report.evidence = std::move(words);
}

/// Root mean square of the errors of some results against the truth, in ulps; failing elements, or all where none
/// fails.
double rms(const exhibit& e, const examined_result& x, const std::function<std::uint64_t(std::size_t)>& code) {
  double sum = 0, n = 0;
  for (const std::size_t i : e.failing.empty() ? e.others : e.failing) {
    const double d = x.distance(i, code(i) & e.f.code_mask());
    if (!std::isfinite(d)) continue;
    sum += d * d;
    n += 1;
  }
  return n > 0 ? std::sqrt(sum / n) : 0;
}

class investigation {
 public:
  investigation(const court& c, const exhibit& e, const examined_result& truth, std::span<const tensor> results)
      : court_(c), exhibit_(e), truth_(truth), results_(results), whole_(results[e.result]) {
    arithmetic plain = c.claimed.base;
    plain.to = e.f;
    styles_.push_back(plain);
    if (c.claimed.any_order) {
      arithmetic other = plain;
      other.order = order::lanes{32};
      styles_.push_back(other);
      if (c.claimed.accumulators.size() > 1) {
        other = plain;
        other.accumulate = c.claimed.accumulators[1];
        styles_.push_back(other);
      }
    }
    plain_.resize(styles_.size());
  }

  /// What does not come near in the claim's plainest form is not looked at more closely.
  static constexpr double promising = 0.25;

  std::optional<hypothesis_report> test(const hypothesis& h) const {
    if (h.local && exhibit_.failing.empty()) return std::nullopt;
    const kernel_call& original = exhibit_.p.call();
    std::optional<kernel_call> changed;
    bool is_whole = false;
    if (h.change_call || h.change_whole_call) {
      try {
        changed = changed_by(h, is_whole);
      } catch (const std::exception&) {  // shapes or values that the kernel does not take explain nothing
      }
      if (!changed) return std::nullopt;
    }
    const kernel_call& call = changed ? *changed : original;
    hypothesis_report report;
    report.name = h.name;
    report.explanation = h.words;
    report.failing = exhibit_.failing.size();
    report.others = exhibit_.others.size();
    report.likelihood = -1;
    const auto offer = [&](explained_elements c, bool bits, double weight) {
      const double likelihood = weight * c.likelihood(exhibit_);
      if (likelihood <= report.likelihood) return;
      report.likelihood = likelihood;
      report.bit_for_bit = bits;
      report.evidence.clear();
      report.failing_explained = c.failing;
      report.others_explained = c.others;
    };
    for (std::size_t k = 0; k < styles_.size(); ++k) {
      arithmetic with = styles_[k];
      if (h.change_arithmetic && !h.change_arithmetic(call, with)) break;
      std::optional<tensor> made = changed || h.change_arithmetic ? emulated(call, with) : plain(k);
      if (!made) continue;
      if (is_whole) gather(*made);
      tensor& mine = *made;
      if (h.change_results) {
        std::string found;
        const emulation e{call, with, exhibit_.result, exhibit_.got, whole_, exhibit_.places, found};
        if (!h.change_results(e, mine)) break;
        report.explanation = h.words + (found.empty() ? "" : ": " + found);
      }
      if (mine.size() != exhibit_.got.size() || !(mine.type().layout == exhibit_.f)) continue;
      offer(count(exhibit_, h.local,
                  [&](std::size_t i) {
                    return same_bits(mine[i] & exhibit_.f.code_mask(), exhibit_.got[i], exhibit_.f);
                  }),
            true, 1);
      // Errors that lie the same way in most elements, of which only few bits agree: the order of sums is another.
      if (!h.local) {
        const double alike = variance_explained(mine);
        // Of two or three results some of many hypotheses come near by chance.
        const double least = exhibit_.got.size() < 4 ? 0.9999 : 0;
        if (alike >= least && 0.95 * alike > report.likelihood) {
          offer_resemblance(report, 0.95 * alike,
                            "its errors account for " + percent(alike) + " of the square of those found");
        }
      }
      if (h.change_arithmetic && !h.change_results && !exhibit_.failing.empty()) {
        // Errors of the same size: the order of sums may be another one.
        const double theirs = rms(exhibit_, truth_, [&](std::size_t i) { return exhibit_.got[i]; });
        const double ours = rms(exhibit_, truth_, [&](std::size_t i) { return mine[i]; });
        if (theirs > 0 && ours > 0) {
          const double alike = std::exp(-std::abs(std::log(theirs / ours)));
          const double likelihood = 0.5 * alike * alike;
          if (likelihood > report.likelihood) {
            offer_resemblance(report, likelihood, "its errors are as large as those found, to " + percent(1 - alike));
          }
        }
      }
      // Later styles differ in the order of sums: tried where the first explains something, but not everything.
      if (report.likelihood > 0.999 || report.likelihood < promising) break;
    }
    // Where no element is beyond its bound, lying within others tells nothing.
    if (!exhibit_.failing.empty() && changed && !is_whole && !h.change_arithmetic && !h.change_results &&
        !court_.claimed.exact && report.likelihood < 0.97 && (report.likelihood >= promising || classes_differ())) {
      try {
        const std::vector<examined_result> under = examine(court_, call);
        const examined_result& x = under[exhibit_.result];
        if (x.size() == exhibit_.got.size()) {
          offer(count(exhibit_, h.local,
                      [&](std::size_t i) {
                        double share = 0;
                        return x.judge(i, exhibit_.got[i], share) == finding::fine && says_something(x, i);
                      }),
                false, 0.97);
        }
      } catch (const std::exception&) {  // a changed call may have no truth: then it explains nothing
      }
    }
    if (report.likelihood < 0) return std::nullopt;
    return report;
  }

 private:
  std::optional<tensor> emulated(const kernel_call& call, const arithmetic& with) const {
    std::optional<std::vector<tensor>> results = emulate(court_, call, with);
    if (!results || exhibit_.result >= results->size()) return std::nullopt;
    return std::move((*results)[exhibit_.result]);
  }
  /// The part as it is, in one of the styles: emulated once.
  const std::optional<tensor>& plain(std::size_t style) const {
    if (!plain_[style]) plain_[style] = emulated(exhibit_.p.call(), styles_[style]);
    return *plain_[style];
  }

  /// Bounds that are as wide as the error that they are to explain allow anything.
  bool says_something(const examined_result& changed, std::size_t i) const {
    const double distance = std::abs(truth_.distance(i, exhibit_.got[i])) * truth_.ulp(i);
    return !std::isfinite(distance) || changed.error(i) == 0 || changed.error(i) < distance / 2 ||
           changed.error(i) <= truth_.error(i);
  }

  /// The part's call, changed; nothing where the hypothesis does not apply. The whole one where a changed call is cut
  /// otherwise, as along another axis, unless that is too large to emulate.
  std::optional<kernel_call> changed_by(const hypothesis& h, bool& is_whole) const {
    if (h.change_call) {
      kernel_call call = exhibit_.p.call();
      return h.change_call(call) ? std::optional(std::move(call)) : std::nullopt;
    }
    kernel_call whole = court_.call;
    if (!h.change_whole_call(whole)) return std::nullopt;
    const part& here = exhibit_.p;
    if (!here.own_call) return whole;
    part p = partition(whole, results_).take(here.units);
    if (p.own_call && p.blocks == here.blocks && p.places == here.places) return std::move(*p.own_call);
    constexpr std::size_t most = std::size_t{1} << 20;
    if (whole_.size() > most) return std::nullopt;
    is_whole = true;
    return whole;
  }

  /// Of the whole's results, those at the exhibit's places.
  void gather(tensor& all) const {
    if (all.size() != whole_.size()) return;
    tensor here(all.type(), {exhibit_.places.size()});
    for (std::size_t i = 0; i < here.size(); ++i) here.set(i, all[exhibit_.places[i]]);
    all = std::move(here);
  }

  /// Whether NaNs or infinities fail: their errors follow nothing.
  bool classes_differ() const {
    return std::any_of(exhibit_.failing.begin(), exhibit_.failing.end(),
                       [&](std::size_t i) { return !std::isfinite(truth_.distance(i, exhibit_.got[i])); });
  }

  /// What these results' errors leave of got's, element by element, in units of what each may err.
  std::vector<double> left_by(const tensor& mine) const {
    std::vector<double> left;
    constexpr double most = 1e8;
    for (const auto* some : {&exhibit_.failing, &exhibit_.others}) {
      for (const std::size_t i : *some) {
        const double unit = truth_.ulp(i) / (truth_.error(i) + 0.5 * truth_.ulp(i));
        const double got = unit * truth_.distance(i, exhibit_.got[i]);
        const double due = unit * truth_.distance(i, mine[i] & exhibit_.f.code_mask());
        const double g = std::clamp(got, -most, most), d = std::isfinite(due) ? std::clamp(due, -most, most) : most;
        left.push_back(std::isfinite(got) ? std::abs(g - d) : 0);
      }
    }
    return left;
  }

  /// Which share of the square of got's errors these results account for, of what the claim's plainest form does not.
  /// Units are tiny next to zero: unweighted, the few results there would outweigh all others, and one of many
  /// hypotheses would fit them by chance. So no element counts more than one that errs twice the median.
  double variance_explained(const tensor& mine) const {
    if (!left_by_plain_) {
      left_by_plain_.emplace();
      if (plain(0)) left_by_plain_ = left_by(*plain(0));
      std::vector<double> some = *left_by_plain_;
      if (!exhibit_.failing.empty() && !some.empty()) some.resize(exhibit_.failing.size());
      const auto middle = some.begin() + static_cast<std::ptrdiff_t>(some.size() / 2);
      std::nth_element(some.begin(), middle, some.end());
      most_that_counts_ = some.empty() ? 0 : 2 * *middle;
      if (most_that_counts_ == 0) most_that_counts_ = 1e8;
    }
    if (left_by_plain_->empty()) return 0;
    const std::vector<double> left = left_by(mine);
    double ours = 0, without = 0;
    for (std::size_t i = 0; i < left.size(); ++i) {
      const double before = (*left_by_plain_)[i], weight = std::min(1.0, most_that_counts_ / before);
      without += weight * before * weight * before;
      ours += weight * left[i] * weight * left[i];
    }
    return without > 0 ? 1 - ours / without : 0;
  }

  const court& court_;
  const exhibit& exhibit_;
  const examined_result& truth_;
  std::span<const tensor> results_;
  const tensor& whole_;
  std::vector<arithmetic> styles_;
  mutable std::optional<std::vector<double>> left_by_plain_;
  mutable double most_that_counts_ = 0;
  mutable std::vector<std::optional<std::optional<tensor>>> plain_;
};

}  // namespace

diagnosis diagnose(const court& c, const partition& parts, std::span<const tensor> results,
                   std::span<const failing_element> failing, const judge_options& options) {
  diagnosis found;
  std::vector<hypothesis_report>& reports = found.reports;
  if (!has_emulation(c.call.name()) || results.empty()) return found;
  // Units that fail, spread over all that do, and a few others.
  const std::size_t result = failing.empty() ? 0 : failing.front().result;
  std::vector<std::size_t> bad;
  for (const failing_element& f : failing) {
    if (f.result == result && (bad.empty() || bad.back() != f.unit)) bad.push_back(f.unit);
  }
  std::sort(bad.begin(), bad.end());
  bad.erase(std::unique(bad.begin(), bad.end()), bad.end());
  std::size_t elements = 0;
  for (const tensor& r : results) elements += r.size();
  const std::size_t each = std::max<std::size_t>(1, elements / std::max<std::size_t>(1, parts.units()));
  const std::size_t most = std::clamp<std::size_t>(options.diagnosis_sample / each, 3, options.diagnosis_sample);
  std::set<std::size_t> units;
  for (const std::size_t k : spread_units(bad.size(), std::min(bad.size(), most), options.seed)) units.insert(bad[k]);
  for (const std::size_t u :
       spread_units(parts.units(), std::min(parts.units(), std::max<std::size_t>(2, most / 4)), options.seed + 3)) {
    units.insert(u);
  }
  const std::vector<std::size_t> chosen(units.begin(), units.end());
  const part p = parts.take(chosen);
  const std::vector<examined_result> examined = examine(c, p.call());
  exhibit e{p, result, c.outputs[result], {}, {}, {}, {}};
  const examined_result& x = examined[result];
  const bool exact = c.claimed.exact && !c.correctly_rounded();
  std::optional<std::vector<tensor>> due;
  if (exact) due = emulate(c, p.call(), c.claimed.base);
  for (std::size_t i = 0; i < x.size(); ++i) {
    e.places.push_back(p.place(result, i));
    e.got.push_back(results[result][e.places.back()] & e.f.code_mask());
    double share = 0;
    const bool fails =
        due ? !same_bits((*due)[result][i], e.got[i], e.f) : x.judge(i, e.got[i], share) != finding::fine;
    (fails ? e.failing : e.others).push_back(i);
  }
  const auto thin = [&](std::vector<std::size_t>& some) {
    if (some.size() <= options.diagnosis_sample) return;
    std::vector<std::size_t> kept;
    for (const std::size_t k : spread_units(some.size(), options.diagnosis_sample, options.seed + 5))
      kept.push_back(some[k]);
    some = std::move(kept);
  };
  thin(e.failing);
  thin(e.others);

  const investigation all(c, e, x, results);
  std::vector<hypothesis> hypotheses;
  if (options.hypotheses != nullptr) hypotheses = *options.hypotheses;
  for (hypothesis& h : known_hypotheses(c.call, c.claimed)) hypotheses.push_back(std::move(h));
  progress_stage told("diagnosis", "hypotheses", hypotheses.size());
  for (const hypothesis& h : hypotheses) {
    auto report = all.test(h);
    told.add(1);
    if (!report) continue;
    const bool explains_all = report->bit_for_bit && report->likelihood > 0.9999 && h.weight == 1;
    report->likelihood *= h.weight;
    reports.push_back(std::move(*report));
    if (explains_all && !options.always_diagnose) break;  // the simplest comes first
  }
  std::stable_sort(reports.begin(), reports.end(),
                   [](const hypothesis_report& a, const hypothesis_report& b) { return a.likelihood > b.likelihood; });
  constexpr double least = 0.3;
  std::erase_if(reports, [](const hypothesis_report& h) { return h.likelihood < least; });
  constexpr std::size_t most_reports = 5;
  if (reports.size() > most_reports) reports.resize(most_reports);
  std::vector<double> errors;
  for (const std::size_t i : e.failing) errors.push_back(to_double(e.got[i], e.f) - x.center(i));
  found.along_k = profile_along_k(p.call(), e.failing, errors);
  return found;
}

}  // namespace assay::detail
