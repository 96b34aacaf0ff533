#include <assay/judge/judge.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <stdexcept>

#include <assay/accumulate/grammar.hpp>
#include <assay/format/name.hpp>
#include <assay/kernel/run.hpp>
#include <assay/number/convert.hpp>
#include <assay/tensor/describe.hpp>

#include "diagnosis.hpp"
#include "distribution.hpp"
#include "examination.hpp"
#include "honest.hpp"
#include "picture.hpp"
#include "sample.hpp"

namespace assay {
namespace {

using detail::court;
using detail::examined_result;
using detail::part;

/// Sub-Gaussian: 2 exp(-lambda^2 / 2) for each of `elements` is at most `probability` in all.
double lambda_for(double probability, double elements) {
  return std::sqrt(2 * std::log(2 * std::max(1.0, elements) / probability));
}

struct severity {
  int rank = 0;
  double share = 0;
  auto operator<=>(const severity&) const = default;
};

/// "x: 4096 of bfloat16, -3.2 to 4.1".
std::string inputs_in_short(const kernel_call& call) {
  std::string text;
  for (const auto& [name, x] : call.inputs()) {
    if (!x.type().is_floating() || x.size() == 0) continue;
    double least = HUGE_VAL, most = -HUGE_VAL;
    std::size_t nans = 0;
    for (const double v : detail::doubles(x)) {
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

/// The check of one call.
class trial {
 public:
  trial(const kernel_call& call, std::span<const tensor> got, claim claimed, const judge_options& options)
      : call_(call),
        options_(options),
        claim_(std::move(claimed)),
        results_(with_all(call, got)),
        parts_(call, results_),
        court_{call, claim_, outputs(), 8, options.threads, options.statistical_bounds} {
    std::size_t elements = 0;
    for (const tensor& r : results_) elements += r.size();
    court_.lambda = lambda_for(options.confidence / 2, static_cast<double>(elements));
    v_.kernel = call.name();
    v_.claim = assay::describe(claim_);
    v_.exact_claim = claim_.exact;
    v_.confidence = options.confidence;
    v_.elements = elements;
    if (!results_.empty()) {
      v_.shape = results_[0].shape();
      v_.output = results_[0].type().layout;
    }
    for (std::size_t r = 0; r < results_.size(); ++r) {
      painters_.emplace_back(r, call.info().results[r].name, results_[r].shape(), options.keep_elements);
    }
  }

  verdict run() {
    const detail::unit_sample units =
        detail::units_to_judge(call_, parts_, v_.elements, options_.most_elements, options_.seed);
    v_.sampling = units.in_words;
    if (v_.elements != 0) {
      for (std::size_t first = 0; first < units.units.size(); first += units.at_once) {
        const auto some = std::span(units.units).subspan(first, std::min(units.at_once, units.units.size() - first));
        judge_part(parts_.take(some));
      }
    }
    decide_suspects();
    finish_elements();
    if (options_.distribution && !options_.only && !claim_.exact && v_.elements != 0) {
      detail::distribution_result d = detail::judge_distribution(court_, parts_, results_, options_);
      for (test_report& t : d.tests) {
        v_.distribution_failures += !t.pass;
        v_.tests.push_back(std::move(t));
      }
    }
    v_.pass = v_.class_failures + v_.bound_failures + v_.bit_failures + v_.distribution_failures == 0;
    if (v_.pass ? options_.always_diagnose : options_.diagnose) {
      detail::diagnosis found = detail::diagnose(court_, parts_, results_, failing_, options_);
      v_.diagnosis = std::move(found.reports);
      v_.along_k = std::move(found.along_k);
    }
    return std::move(v_);
  }

 private:
  static std::vector<tensor> with_all(const kernel_call& call, std::span<const tensor> got) {
    if (got.empty() || got.size() > call.info().results.size()) {
      throw std::invalid_argument(std::string(call.name()) + " gives " + std::to_string(call.info().results.size()) +
                                  " results; found " + std::to_string(got.size()) + ".");
    }
    for (const tensor& t : got) {
      if (!t.type().is_floating() && t.size() != 0) {
        throw std::invalid_argument("got holds " + to_string(t.type()) + "; expected floating-point codes.");
      }
    }
    return {got.begin(), got.end()};
  }
  std::vector<format> outputs() const {
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

  /// Emulated results for a claim that leaves nothing open.
  std::vector<tensor> expected_of(const part& p) const {
    std::vector<tensor> all;
    for (std::size_t r = 0; r < results_.size(); ++r) {
      arithmetic with = claim_.base;
      with.to = court_.outputs[r];
      if (r == 0 || !(court_.outputs[r] == court_.outputs[0])) {
        std::vector<tensor> these = run_kernel(p.call(), with, options_.threads);
        if (r == 0) {
          all = std::move(these);
        } else {
          all[r] = std::move(these[r]);
        }
      }
    }
    return all;
  }

  void judge_part(const part& p) {
    const std::vector<examined_result> examined = detail::examine(court_, p.call());
    std::vector<tensor> expected;
    const bool emulated = claim_.exact && !court_.correctly_rounded();
    if (emulated) expected = expected_of(p);
    for (std::size_t r = 0; r < results_.size(); ++r) {
      if (results_[r].size() == 0) continue;
      check_shape(p, r, examined[r]);
      judge_result(p, r, examined[r], emulated ? &expected[r] : nullptr);
    }
  }

  /// Calls run(first element of the part, its place in the whole, how many lie behind each other).
  template <class Run>
  static void for_each_run(const part& p, std::size_t r, std::size_t size, const Run& run) {
    const bool gathered = !p.blocks.empty() && p.blocks[r] == 0 && !p.places[r].empty();
    const bool blocked = !p.blocks.empty() && p.blocks[r] != 0;
    const std::size_t most = gathered ? 1 : blocked ? p.blocks[r] : std::max<std::size_t>(1, size);
    for (std::size_t i = 0; i < size; i += most) run(i, p.place(r, i), std::min(most, size - i));
  }

  /// All elements of one result of a part. Most are the correctly rounded truth: these need no more than counting.
  void judge_result(const part& p, std::size_t r, const examined_result& e, const tensor* expected) {
    const auto bytes = static_cast<std::size_t>(results_[r].type().bytes());
    tensor got(results_[r].type(), {e.size()});
    for_each_run(p, r, e.size(), [&](std::size_t i, std::size_t place, std::size_t count) {
      std::copy_n(results_[r].bytes().begin() + static_cast<std::ptrdiff_t>(place * bytes), count * bytes,
                  got.bytes().begin() + static_cast<std::ptrdiff_t>(i * bytes));
    });
    const std::vector<double> distances = e.distances(got);
    const std::vector<std::uint8_t> same = equal_codes(got, e.truth().value);
    const std::uint64_t mask = court_.outputs[r].code_mask();
    for_each_run(p, r, e.size(), [&](std::size_t first, std::size_t place, std::size_t count) {
      for (std::size_t i = first; i < first + count; ++i, ++place) {
        if (options_.only && (r != 0 || place != *options_.only)) continue;
        const double distance = distances[i];
        if (expected != nullptr || same[i] == 0 || !std::isfinite(distance)) {
          judge_element(p, r, i, place, got[i] & mask, e, expected);
          continue;
        }
        const double size = std::abs(distance);
        ++v_.judged;
        ++v_.within;
        ++v_.correctly_rounded;
        v_.exact += size == 0;
        v_.faithful += size < 1;
        v_.histogram.add(size);
        if (size != 0) ((distance < 0) == (e.center(i) > 0) ? v_.low : v_.high) += 1;
        v_.largest_distance = std::max(v_.largest_distance, size);
        sample_bound(e, i);
        painters_[r].add(place, distance, 0, false);
      }
    });
  }

  static std::vector<std::uint8_t> equal_codes(const tensor& x, const tensor& y) {
    std::vector<std::uint8_t> same(x.size());
    const auto compare = [&](auto word) {
      using code = decltype(word);
      const auto* a = reinterpret_cast<const code*>(x.bytes().data());
      const auto* b = reinterpret_cast<const code*>(y.bytes().data());
      for (std::size_t i = 0; i < same.size(); ++i) same[i] = a[i] == b[i];
    };
    switch (x.type().bytes()) {
      case 1: compare(std::uint8_t{}); break;
      case 2: compare(std::uint16_t{}); break;
      case 4: compare(std::uint32_t{}); break;
      default: compare(std::uint64_t{});
    }
    return same;
  }

  void sample_bound(const examined_result& e, std::size_t i) {
    if (++bounds_seen_ % 64 == 1) bounds_.push_back(e.error(i) / e.ulp(i));
  }

  void check_shape(const part& p, std::size_t r, const examined_result& e) const {
    const extents& due = e.truth().value.shape();
    const bool blocked = !p.blocks.empty() && p.blocks[r] != 0;
    const bool whole = p.blocks.empty() || (!blocked && p.places[r].empty());
    const std::size_t count = whole ? results_[r].size() : blocked ? p.blocks[r] * p.units.size() : p.places[r].size();
    const bool same = whole ? due == results_[r].shape() : due.count() == count;
    if (!same) {
      throw std::invalid_argument("got's " + std::string(call_.info().results[r].name) + " has shape " +
                                  to_string(results_[r].shape()) + "; expected " + to_string(due) +
                                  (whole ? "." : " for a part of it."));
    }
  }

  void judge_element(const part& p, std::size_t r, std::size_t i, std::size_t place, std::uint64_t got,
                     const examined_result& e, const tensor* expected) {
    const format f = court_.outputs[r];
    const std::uint64_t due = e.truth_code(i);
    double share = 0;
    finding what = finding::fine;
    if (expected == nullptr) {
      what = e.judge(i, got, share);
      if (what == finding::beyond_bound && claim_.exact) what = finding::other_bits;
    } else {
      what = compare_bits((*expected)[i] & f.code_mask(), got, f);
    }
    const double distance = e.distance(i, got);
    ++v_.judged;
    v_.histogram.add(std::abs(distance));
    v_.exact += distance == 0;
    const auto value = decode(got, f);
    v_.correctly_rounded += got == due || (value.is_zero() && decode(due, f).is_zero());
    v_.faithful += std::abs(distance) < 1;
    if (std::isfinite(distance) && distance != 0) ((distance < 0) == (e.center(i) > 0) ? v_.low : v_.high) += 1;
    const bool special = value.is_nan() || value.is_infinite();
    v_.overflow_allowed += what == finding::fine && special && got != due && !std::isnan(e.lower(i));
    if (std::isfinite(distance)) v_.largest_distance = std::max(v_.largest_distance, std::abs(distance));
    if (std::isfinite(share)) v_.largest_share = std::max(v_.largest_share, share);
    sample_bound(e, i);
    painters_[r].add(place, distance, share, what != finding::fine);
    if (what == finding::fine) {
      ++v_.within;
      return;
    }
    const std::size_t unit = p.units[unit_of(p, r, i, e)];
    element_report report;
    report.index = place;
    report.result = r;
    report.what = what;
    report.got = got;
    report.truth = due;
    report.expected = expected == nullptr ? due : (*expected)[i] & f.code_mask();
    report.got_value = to_double(got, f);
    report.truth_value = e.center(i);
    report.distance = distance;
    report.bound = e.error(i) / e.ulp(i) + (court_.any_rounding() ? 1 : 0.5);
    report.scale = e.scale(i) / e.ulp(i);
    report.lower = e.lower(i);
    report.upper = e.upper(i);
    report.share = share;
    const bool only_likely = what == finding::beyond_bound && !claim_.exact && e.within_worst(i, got);
    if (only_likely && suspects_.size() < most_failing) {
      suspects_.push_back({report, unit});
    } else {
      accuse(report, unit);
    }
  }

  /// An element that fails.
  void accuse(const element_report& report, std::size_t unit) {
    ++v_.outside;
    const bool of_class = is_class_failure(report.what);
    if (of_class) {
      ++v_.class_failures;
    } else {
      ++(report.what == finding::beyond_bound ? v_.bound_failures : v_.bit_failures);
    }
    if (failing_.size() < most_failing) failing_.push_back({report.result, report.index, unit});
    const severity s{of_class ? 2 : 1, std::isfinite(report.share) ? report.share : 1e300};
    if (worst_.size() == options_.worst && (worst_.empty() || !(worst_.back().first < s))) return;
    if (worst_.size() == options_.worst) worst_.pop_back();
    const auto at = std::find_if(worst_.begin(), worst_.end(), [&](const auto& k) { return k.first < s; });
    worst_.insert(at, {s, report});
    worst_units_.emplace_back(report.index, unit);
  }

  /// Elements beyond the likely bound, but within the rigorous one. The likely bound rests on roundings that do not
  /// conspire; on some inputs (equal terms, sums that stagnate) they do, for honest kernels too. So it only counts
  /// where emulated honest kernels stay within half of it on these very lines.
  void decide_suspects() {
    if (suspects_.empty()) return;
    constexpr std::size_t most_units = 16, most_kernels = 6;
    std::vector<std::size_t> units;
    const std::size_t step = std::max<std::size_t>(1, suspects_.size() / most_units);
    for (std::size_t k = 0; k < suspects_.size(); k += step) units.push_back(suspects_[k].second);
    std::sort(units.begin(), units.end());
    units.erase(std::unique(units.begin(), units.end()), units.end());
    const part p = parts_.take(units);
    const std::vector<examined_result> examined = detail::examine(court_, p.call());
    bool conspire = false, emulated = false;
    for (const detail::honest_kernel& k : detail::honest_kernels(court_, most_kernels)) {
      const auto run = detail::emulate(court_, p.call(), k.with);
      if (!run) continue;
      emulated = true;
      for (std::size_t r = 0; r < results_.size() && !conspire; ++r) {
        if (results_[r].size() == 0) continue;
        for (std::size_t i = 0; i < examined[r].size() && !conspire; ++i) {
          const double value = to_double((*run)[r][i] & court_.outputs[r].code_mask(), court_.outputs[r]);
          const double beyond = std::abs(value - examined[r].center(i)) - 0.5 * examined[r].ulp(i);
          conspire = beyond > 0.5 * examined[r].error(i) && examined[r].error(i) > 0;
        }
      }
      if (conspire) break;
    }
    // Without an emulation there is no telling: then only the rigorous bound counts.
    for (const auto& [report, unit] : suspects_) {
      if (conspire || !emulated) {
        ++v_.within;
      } else {
        accuse(report, unit);
      }
    }
  }

  /// Which of a part's units an element belongs to: units come first, or the extents say so.
  std::size_t unit_of(const part& p, std::size_t r, std::size_t i, const examined_result& e) const {
    return parts_.unit_of_element(p, r, i, e.size());
  }

  static finding compare_bits(std::uint64_t due, std::uint64_t got, format f) {
    if (due == got) return finding::fine;
    const auto value = decode(got, f), expected = decode(due, f);
    if (expected.is_nan()) return value.is_nan() ? finding::fine : finding::number_for_a_nan;
    if (value.is_nan()) return finding::nan_for_a_number;
    if (expected.is_infinite()) {
      return value.is_infinite() ? finding::infinity_of_wrong_sign : finding::number_for_an_infinity;
    }
    if (value.is_infinite()) return finding::infinity_for_a_number;
    return value.is_zero() && expected.is_zero() ? finding::other_zero : finding::other_bits;
  }

  void finish_elements() {
    if (!bounds_.empty()) {
      const auto middle = bounds_.begin() + static_cast<std::ptrdiff_t>(bounds_.size() / 2);
      std::nth_element(bounds_.begin(), middle, bounds_.end());
      v_.median_bound = *middle;
    }
    for (auto& [s, report] : worst_) {
      const auto unit = std::find_if(worst_units_.begin(), worst_units_.end(),
                                     [&, place = report.index](const auto& w) { return w.first == place; });
      if (unit != worst_units_.end() && parts_.unit_size() < (1u << 22)) {
        const std::size_t only[]{unit->second};
        report.inputs = inputs_in_short(parts_.take(only).call());
      }
      v_.worst.push_back(report);
    }
    for (detail::painter& p : painters_) v_.pictures.push_back(p.take());
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

  static constexpr std::size_t most_failing = 1 << 16;

  const kernel_call& call_;
  const judge_options& options_;
  claim claim_;
  std::vector<tensor> results_;
  detail::partition parts_;
  court court_;
  verdict v_;
  std::vector<detail::painter> painters_;
  std::vector<double> bounds_;
  std::size_t bounds_seen_ = 0;
  std::vector<std::pair<severity, element_report>> worst_;
  std::vector<std::pair<std::size_t, std::size_t>> worst_units_;
  std::vector<detail::failing_element> failing_;
  std::vector<std::pair<element_report, std::size_t>> suspects_;
};

}  // namespace

verdict judge(const kernel_call& call, std::span<const tensor> got, const claim& claimed,
              const judge_options& options) {
  call.check();
  return trial(call, got, claimed, options).run();
}

verdict judge(const kernel_call& call, std::span<const tensor> got, const judge_options& options) {
  call.check();
  return trial(call, got, default_claim(call), options).run();
}

std::string summary(const verdict& v) {
  std::string text = std::string(v.pass ? "PASS " : "FAIL ") + v.kernel + ": " + v.claim + "\n";
  for (const test_report& t : v.tests) {
    if (!t.pass) {
      char numbers[128];
      std::snprintf(numbers, sizeof numbers, "%.4g, threshold %.4g, probability %.2g", t.statistic, t.threshold,
                    t.probability);
      text += "  " + t.layer + ", " + t.name + ": " + t.what + ": " + numbers + "\n";
    }
  }
  for (const element_report& e : v.worst) {
    char numbers[256];
    std::snprintf(numbers, sizeof numbers,
                  "  element %zu: %s: got %.9g, truth %.9g, %.4g ulp off, bound %.4g, share %.4g\n", e.index,
                  std::string(describe(e.what)).c_str(), e.got_value, e.truth_value, e.distance, e.bound, e.share);
    text += numbers;
  }
  for (const hypothesis_report& h : v.diagnosis) {
    char numbers[128];
    std::snprintf(numbers, sizeof numbers, "%zu of %zu failing, %zu of %zu others%s", h.failing_explained, h.failing,
                  h.others_explained, h.others, h.bit_for_bit ? " bit for bit" : " within bounds");
    text += "  diagnosis: " + h.explanation + " (" + (h.evidence.empty() ? numbers : h.evidence.c_str()) + ")\n";
  }
  return text;
}

}  // namespace assay
