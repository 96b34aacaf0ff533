#include "tally.hpp"

#include <algorithm>
#include <cmath>

namespace assay::detail {
namespace {

double finite_share(const element_report& r) { return std::isfinite(r.share) ? r.share : 1e300; }

}  // namespace

void add_counts(verdict& all, const verdict& v) {
  for (std::size_t verdict::*count :
       {&verdict::class_failures, &verdict::bound_failures, &verdict::bit_failures, &verdict::exact,
        &verdict::correctly_rounded, &verdict::faithful, &verdict::low, &verdict::high, &verdict::overflow_allowed,
        &verdict::within, &verdict::outside, &verdict::judged}) {
    all.*count += v.*count;
  }
  all.largest_distance = std::max(all.largest_distance, v.largest_distance);
  all.largest_share = std::max(all.largest_share, v.largest_share);
}

bool tally::accused::operator<(const accused& other) const {
  return std::pair(of_class(), finite_share(report)) < std::pair(other.of_class(), finite_share(other.report));
}

void tally::rank(accused one) {
  if (worst.size() == most_worst_) {
    if (worst.empty() || !(worst.back() < one)) return;
    worst.pop_back();
  }
  const auto at = std::find_if(worst.begin(), worst.end(), [&](const accused& other) { return other < one; });
  worst.insert(at, std::move(one));
}

void tally::accuse(const element_report& report, std::size_t unit) {
  ++counts.outside;
  if (is_class_failure(report.what)) {
    ++counts.class_failures;
  } else {
    ++(report.what == finding::beyond_bound ? counts.bound_failures : counts.bit_failures);
  }
  if (failing.size() < most_failing) failing.push_back({report.result, report.index, unit});
  rank({report, unit});
}

bool tally::suspects_more(suspect s) {
  if (suspects.size() == most_failing) return false;
  suspects.push_back(std::move(s));
  return true;
}

void tally::add(tally&& later) {
  add_counts(counts, later.counts);
  for (std::size_t b = 0; b < distances.size(); ++b) distances[b] += later.distances[b];
  bounds.insert(bounds.end(), later.bounds.begin(), later.bounds.end());
  failing.insert(failing.end(), later.failing.begin(),
                 later.failing.begin() +
                     static_cast<std::ptrdiff_t>(std::min(later.failing.size(), most_failing - failing.size())));
  for (suspect& s : later.suspects) suspects.push_back(std::move(s));
  for (accused& one : later.worst) rank(std::move(one));
}

ulp_histogram tally::histogram() const {
  ulp_histogram all;
  for (std::size_t b = 0; b < distances.size(); ++b) {
    // A distance that falls into the bucket.
    const double ulps = b == ulp_histogram::other_class ? std::nan("")
                        : b == 0                        ? 0
                                                        : std::ldexp(1.0, static_cast<int>(b) - 2);
    for (std::size_t n = 0; n < distances[b]; ++n) all.add(ulps);
  }
  return all;
}

}  // namespace assay::detail
