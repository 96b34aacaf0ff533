// Layer 3. Every element's error is taken from the correctly rounded truth, e = (got - rounded truth) / w, in units of
// what the element may err at all, w = its bound + half an ulp of the output: |e| <= 1 where the second layer passes.
// The same is done with emulated honest kernels on the same inputs, the claim's members of honest.hpp. A claim is a set
// of arithmetics, so each test's null hypothesis is composite: the results fail only if they are too far from every
// member, and from all between them.
//
// Errors of one line are not independent of each other: a softmax's share a denominator. Lines are: the unit of all
// tests is the mean of a line (a cluster), and standard errors come from the spread of these means.
#include "distribution.hpp"

#include <cmath>
#include <numeric>

#include <assay/format/name.hpp>
#include <assay/number/convert.hpp>
#include <assay/progress.hpp>

#include "errors.hpp"
#include "honest.hpp"
#include "matched.hpp"
#include "sample.hpp"

namespace assay::detail {
namespace {

/// Whether the errors lean one way: toward larger or smaller magnitudes than any honest kernel's do.
test_report bias_test(const errors& e, bool with_functions, double level) {
  test_report report;
  report.layer = "distribution";
  report.name = "bias";
  report.what = "mean error toward or away from zero, beyond that of every emulated honest kernel, in standard errors";
  double largest = 0;
  for (const auto& h : e.honest) largest = std::max(largest, mean_square(h));
  // Honest kernels that are not among the emulated differ a little; functions may be off to one side.
  const double margin = (with_functions ? 1.0 : 0.25) * std::sqrt(largest);
  report.threshold = threshold_of(level / 2, std::max(1.0, e.clusters - 1.0));
  for (const double side : {1.0, -1.0}) {
    double least = HUGE_VAL, probability = 1;
    for (const auto& h : e.honest) {
      const comparison beyond(
          cluster_means(e, [&](std::size_t i) { return side * e.sign[i] * (e.got[i] - h[i]) - margin; }));
      if (beyond.t < least) {
        least = beyond.t;
        probability = beyond.probability;
      }
    }
    if (least > report.statistic || side == 1.0) {
      report.statistic = std::max(0.0, least);
      report.probability = std::min(1.0, 2 * probability);
    }
  }
  report.pass = !(report.statistic > report.threshold);
  return report;
}

/// Whether the errors are larger than any honest kernel's.
test_report rms_test(const errors& e, double level) {
  test_report report;
  report.layer = "distribution";
  report.name = "rms";
  report.what = "mean square error beyond 1.5^2 times that of every emulated honest kernel, in standard errors";
  report.threshold = threshold_of(level, std::max(1.0, e.clusters - 1.0));
  report.statistic = HUGE_VAL;
  constexpr double margin = 1.5 * 1.5;
  for (const auto& h : e.honest) {
    const comparison beyond(
        cluster_means(e, [&](std::size_t i) { return e.got[i] * e.got[i] - margin * h[i] * h[i]; }));
    if (beyond.t < report.statistic) {
      report.statistic = beyond.t;
      report.probability = beyond.probability;
    }
  }
  report.statistic = std::max(0.0, report.statistic);
  report.pass = !(report.statistic > report.threshold);
  return report;
}

/// Whether one lane of the output (a column, or all columns of one remainder) errs more than honest kernels do in any.
test_report structure_test(const errors& e, double level) {
  test_report report;
  report.layer = "distribution";
  report.name = "structure";
  report.what =
      "largest mean square error of one output lane (columns, and columns modulo 2 to 128) beyond four times "
      "the honest kernels', as -log10 of its probability";
  double least = 0, tests = 0;
  std::uint32_t columns = 0;
  for (const std::uint32_t c : e.column) columns = std::max(columns, c + 1);
  double honest_mean = 0;
  for (const auto& h : e.honest) honest_mean = std::max(honest_mean, mean_square(h));
  const auto scan = [&](std::uint32_t modulus) {
    std::vector<double> sums(modulus), counts(modulus);
    std::vector<std::vector<double>> honest(e.honest.size(), std::vector<double>(modulus));
    for (std::size_t i = 0; i < e.got.size(); ++i) {
      const std::uint32_t lane = e.column[i] % modulus;
      counts[lane] += 1;
      sums[lane] += std::min(1.0, e.got[i] * e.got[i]);
      for (std::size_t k = 0; k < honest.size(); ++k) honest[k][lane] += e.honest[k][i] * e.honest[k][i];
    }
    for (std::uint32_t lane = 0; lane < modulus; ++lane) {
      if (counts[lane] < 16) continue;
      tests += 1;
      double due = honest_mean;
      for (const auto& h : honest) due = std::max(due, h[lane] / counts[lane]);
      due = 4 * due;
      const double tail =
          std::log10(std::max(bernstein_tail(due, sums[lane] / counts[lane] - due, counts[lane]), 1e-300));
      least = std::min(least, tail);
    }
  };
  for (std::uint32_t modulus = 2; modulus <= 128 && modulus < columns; modulus *= 2) scan(modulus);
  if (columns > 1) scan(columns);
  report.statistic = -least;
  report.threshold = std::log10(std::max(1.0, tests) / level);
  report.probability = std::min(1.0, std::pow(10.0, least) * std::max(1.0, tests));
  report.pass = !(report.statistic > report.threshold);
  return report;
}

/// Units enough for the sample, and no more than its size in elements.
std::vector<std::size_t> sampled_units(const partition& parts, std::size_t elements, std::size_t sample,
                                       std::uint64_t seed) {
  const std::size_t each = std::max<std::size_t>(1, elements / std::max<std::size_t>(1, parts.units()));
  return spread_units(parts.units(), std::clamp<std::size_t>(sample / each, 1, parts.units()), seed);
}

constexpr std::size_t fewest_clusters = 24;

/// Terms in the sum of one element, for kernels whose emulation takes time in proportion.
std::size_t terms_of(const kernel_call& call) {
  if (call.name() == "gemm" || call.name() == "dot" || call.name() == "gemm_backward") {
    const extents& a = call.input("a").shape();
    const bool transposed = call.name() == "gemm" && call.flag("transpose_a");
    return a[a.rank() - (transposed ? 2 : 1)];
  }
  if (call.name() == "conv2d") {
    const extents& w = call.input("weight").shape();
    return w[1] * w[2] * w[3];
  }
  return 1;
}

/// Elements to emulate: as asked, but no more than some work in multiply-adds, which promoted matrix units need much
/// longer for.
std::size_t sample_size(const court& c, std::size_t asked) {
  const auto& all = c.claimed.accumulators;
  const bool slow = std::any_of(all.begin(), all.end(),
                                [](const accumulator& a) { return std::holds_alternative<accumulate::promotion>(a); });
  const std::size_t work = std::size_t{1} << (slow ? 23 : 27);
  return std::min(asked, std::max<std::size_t>(2048, work / std::max<std::size_t>(1, terms_of(c.call))));
}

}  // namespace

distribution_result judge_distribution(const court& c, const partition& parts, std::span<const tensor> results,
                                       const judge_options& options) {
  distribution_result all;
  const auto skip = [&](std::string why) {
    for (const char* name : {"bias", "rms", "structure", "matched"}) {
      test_report t;
      t.layer = "distribution";
      t.name = name;
      t.skipped = why;
      all.tests.push_back(std::move(t));
    }
    return all;
  };
  constexpr std::size_t most_kernels = 16;
  std::vector<honest_kernel> kernels = honest_kernels(c, most_kernels);
  if (kernels.empty()) return skip("the kernel has no emulation to compare with");
  std::size_t elements = 0;
  for (const tensor& r : results) elements += r.size();
  const part p =
      parts.take(sampled_units(parts, elements, sample_size(c, options.distribution_sample), options.seed + 7));
  const std::vector<examined_result> examined = examine(c, p.call());
  std::vector<std::vector<tensor>> honest;
  progress_stage told("tests", "honest kernels", kernels.size());
  for (const honest_kernel& k : kernels) {
    if (auto run = emulate(c, p.call(), k.with)) honest.push_back(std::move(*run));
    told.add(1);
  }
  if (honest.empty()) return skip("the claim's arithmetic cannot be emulated on these inputs");

  const std::size_t made = static_cast<std::size_t>(
      std::count_if(results.begin(), results.end(), [](const tensor& r) { return r.size() != 0; }));
  const double level = options.confidence / 2 / 4 / static_cast<double>(std::max<std::size_t>(1, made));
  bool any = false;
  for (std::size_t r = 0; r < results.size(); ++r) {
    if (results[r].size() == 0 || r >= examined.size()) continue;
    const examined_result& x = examined[r];
    const format f = c.outputs[r];
    const extents& shape = x.truth().value.shape();
    std::size_t line = shape.rank() == 0 ? 1 : shape[shape.rank() - 1];
    if (line < 2 || x.size() / line < fewest_clusters) line = std::clamp<std::size_t>(x.size() / 64, 1, 64);
    const std::size_t columns = shape.rank() < 2 ? 1 : shape[shape.rank() - 1];
    errors e;
    e.honest.resize(honest.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double center = x.center(i), w = x.error(i) + 0.5 * x.ulp(i);
      const double due = to_double(x.truth_code(i), f), got = to_double(results[r][p.place(r, i)] & f.code_mask(), f);
      bool usable = std::isfinite(center) && std::isfinite(w) && std::isfinite(due) && std::isfinite(got);
      for (const auto& h : honest) usable = usable && std::isfinite(to_double(h[r][i] & f.code_mask(), f));
      if (!usable) continue;
      const auto unit = [&](double value) { return std::clamp((value - due) / w, -2.0, 2.0); };
      e.got.push_back(unit(got));
      for (std::size_t k = 0; k < honest.size(); ++k) {
        e.honest[k].push_back(unit(to_double(honest[k][r][i] & f.code_mask(), f)));
      }
      e.sign.push_back(static_cast<signed char>(center > 0 ? 1 : center < 0 ? -1 : 0));
      e.cluster.push_back(static_cast<std::uint32_t>(i / line));
      e.column.push_back(static_cast<std::uint32_t>(i % columns));
      e.element.push_back(static_cast<std::uint32_t>(i));
      e.width.push_back(w);
    }
    std::vector<bool> seen(x.size() / line + 1);
    for (const std::uint32_t k : e.cluster) {
      e.clusters += !seen[k];
      seen[k] = true;
    }
    if (e.clusters < fewest_clusters) continue;
    e.clusters = static_cast<std::uint32_t>(x.size() / line + 1);
    any = true;
    for (test_report t : {bias_test(e, uses_functions(c.call.name()), level), rms_test(e, level),
                          structure_test(e, level), matched_test(c, p.call(), r, x, e, level)}) {
      if (results.size() > 1) t.name += " of " + std::string(c.call.info().results[r].name);
      all.tests.push_back(std::move(t));
    }
  }
  if (!any) return skip("there are too few independent lines for statistics");
  return all;
}

}  // namespace assay::detail
