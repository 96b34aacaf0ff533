// Each hypothesis is emulated on a few units that hold failing elements and a few that do not, in the claim's plainest
// form and, where the order of sums is open, in the usual orders. What it explains is counted in three ways, of which
// the best counts:
//
//   bit for bit      its results are the got bits
//   within bounds    got lies within the claim's bounds around the changed call's truth (changes of the call only)
//   alike            its errors are as large as got's (changes of the arithmetic only): the order may differ
//
// Ranked by the likelihood, a weighted share: what fails must be explained first of all, what passes must not be
// spoilt.
#include "diagnosis.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <assay/kernel/run.hpp>
#include <assay/number/convert.hpp>

#include "honest.hpp"
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

struct counts {
  std::size_t failing = 0, others = 0;

  double likelihood(const exhibit& e) const {
    const double of_others = e.others.empty() ? 1 : static_cast<double>(others) / static_cast<double>(e.others.size());
    if (e.failing.empty()) return of_others;
    return 0.8 * static_cast<double>(failing) / static_cast<double>(e.failing.size()) + 0.2 * of_others;
  }
};

template <class Explains>
counts count(const exhibit& e, bool local, const Explains& explains) {
  counts c;
  for (const std::size_t i : e.failing) c.failing += explains(i);
  for (const std::size_t i : e.others) c.others += local || explains(i);
  return c;
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
  investigation(const court& c, const exhibit& e, const examined_result& truth, const tensor& whole)
      : court_(c), exhibit_(e), truth_(truth), whole_(whole) {
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
  }

  std::optional<hypothesis_report> test(const hypothesis& h) const {
    if (h.local && exhibit_.failing.empty()) return std::nullopt;
    const kernel_call& original = exhibit_.p.call();
    std::optional<kernel_call> changed;
    if (h.change_call) {
      changed = original;
      if (!h.change_call(*changed)) return std::nullopt;
    }
    const kernel_call& call = changed ? *changed : original;
    hypothesis_report report;
    report.name = h.name;
    report.explanation = h.words;
    report.failing = exhibit_.failing.size();
    report.others = exhibit_.others.size();
    report.likelihood = -1;
    const auto offer = [&](counts c, bool bits, double weight) {
      const double likelihood = weight * c.likelihood(exhibit_);
      if (likelihood <= report.likelihood) return;
      report.likelihood = likelihood;
      report.bit_for_bit = bits;
      report.failing_explained = c.failing;
      report.others_explained = c.others;
    };
    for (const arithmetic& style : styles_) {
      arithmetic with = style;
      if (h.change_arithmetic && !h.change_arithmetic(call, with)) break;
      std::optional<std::vector<tensor>> results = emulate(court_, call, with);
      if (!results || exhibit_.result >= results->size()) continue;
      tensor& mine = (*results)[exhibit_.result];
      if (h.change_results) {
        const emulation e{call, with, exhibit_.result, exhibit_.got, whole_, exhibit_.places};
        if (!h.change_results(e, mine)) break;
      }
      if (mine.size() != exhibit_.got.size() || !(mine.type().layout == exhibit_.f)) continue;
      offer(count(exhibit_, h.local,
                  [&](std::size_t i) {
                    return same_bits(mine[i] & exhibit_.f.code_mask(), exhibit_.got[i], exhibit_.f);
                  }),
            true, 1);
      if (h.change_arithmetic && !h.change_results && !exhibit_.failing.empty()) {
        // Errors of the same size: the order of sums may be another one.
        const double theirs = rms(exhibit_, truth_, [&](std::size_t i) { return exhibit_.got[i]; });
        const double ours = rms(exhibit_, truth_, [&](std::size_t i) { return mine[i]; });
        if (theirs > 0 && ours > 0) {
          const double alike = std::exp(-std::abs(std::log(theirs / ours)));
          const double likelihood = 0.5 * alike * alike;
          if (likelihood > report.likelihood) {
            report.likelihood = likelihood;
            report.bit_for_bit = false;
            report.failing_explained = report.others_explained = 0;
          }
        }
      }
      // Later styles differ in the order of sums: tried where the first does not explain everything.
      if (report.likelihood > 0.999) break;
    }
    if (changed && !h.change_arithmetic && !h.change_results && !court_.claimed.exact && report.likelihood < 0.97) {
      try {
        const std::vector<examined_result> under = examine(court_, call);
        const examined_result& x = under[exhibit_.result];
        if (x.size() == exhibit_.got.size()) {
          offer(count(exhibit_, h.local,
                      [&](std::size_t i) {
                        double share = 0;
                        return x.judge(i, exhibit_.got[i], share) == finding::fine;
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
  const court& court_;
  const exhibit& exhibit_;
  const examined_result& truth_;
  const tensor& whole_;
  std::vector<arithmetic> styles_;
};

}  // namespace

std::vector<hypothesis_report> diagnose(const court& c, const partition& parts, std::span<const tensor> results,
                                        std::span<const failing_element> failing, const judge_options& options) {
  std::vector<hypothesis_report> reports;
  if (!has_emulation(c.call.name()) || results.empty()) return reports;
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

  const investigation all(c, e, x, results[result]);
  std::vector<hypothesis> hypotheses;
  if (options.hypotheses != nullptr) hypotheses = *options.hypotheses;
  for (hypothesis& h : known_hypotheses(c.call, c.claimed)) hypotheses.push_back(std::move(h));
  for (const hypothesis& h : hypotheses) {
    auto report = all.test(h);
    if (!report) continue;
    const bool explains_all = report->bit_for_bit && report->likelihood > 0.9999;
    reports.push_back(std::move(*report));
    if (explains_all && !options.always_diagnose) break;  // the simplest comes first
  }
  std::stable_sort(reports.begin(), reports.end(),
                   [](const hypothesis_report& a, const hypothesis_report& b) { return a.likelihood > b.likelihood; });
  constexpr double least = 0.3;
  std::erase_if(reports, [](const hypothesis_report& h) { return h.likelihood < least; });
  constexpr std::size_t most_reports = 5;
  if (reports.size() > most_reports) reports.resize(most_reports);
  return reports;
}

}  // namespace assay::detail
