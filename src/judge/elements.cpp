#include "elements.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <assay/kernel/run.hpp>
#include <assay/number/convert.hpp>

#include "census.hpp"

namespace assay::detail {
namespace {

/// An element that is not the correctly rounded truth: where it is in the part, and in the whole.
struct odd_element {
  std::size_t i, place;
};

/// Some elements of a tensor.
tensor taken(const tensor& x, std::span<const odd_element> which) {
  if (x.size() == 0) return x;
  tensor some(x.type(), {which.size()});
  for (std::size_t k = 0; k < which.size(); ++k) some.set(k, x[which[k].i]);
  return some;
}

/// Blocks of a tensor's elements, behind each other; its first axis counts blocks, or it is taken as a line.
tensor blocks_of(const tensor& x, std::span<const std::size_t> blocks, std::size_t each, std::size_t all) {
  if (x.size() == 0) return x;
  std::vector<std::size_t> sizes(x.shape().begin(), x.shape().end());
  if (!sizes.empty() && sizes[0] == all) {
    sizes[0] = blocks.size();
  } else {
    sizes = {blocks.size() * each};
  }
  tensor some(x.type(), extents(std::span<const std::size_t>(sizes)));
  const std::size_t bytes = each * static_cast<std::size_t>(x.type().bytes());
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    std::memcpy(some.bytes().data() + k * bytes, x.bytes().data() + blocks[k] * bytes, bytes);
  }
  return some;
}

finding compare_bits(std::uint64_t due, std::uint64_t got, format f) {
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

/// Bounds of the elements of some units.
struct bounded_units {
  std::vector<examined_result> of;    ///< by result
  std::vector<std::size_t> each;      ///< elements of a unit, by result
  std::vector<std::size_t> position;  ///< by the part's unit; empty: all units are there

  std::size_t index(std::size_t r, std::size_t i) const {
    return position.empty() ? i : position[i / each[r]] * each[r] + i % each[r];
  }
};

class hearing {
 public:
  hearing(const charge& c, const part& p, const part_request& how)
      : charge_(c), part_(p), request_(how), court_(c.of), how_(c.how), t_(blank_pictures(c), c.options.worst) {
    court_.threads = how.threads;
    truths_ = truths_of(court_, p.call(), how.scales);
    if (court_.claimed.exact && !court_.correctly_rounded()) expected_ = expected();
    odd_.resize(c.results.size());
    for (std::size_t r = 0; r < c.results.size(); ++r) {
      sizes_.push_back(truths_[r].value.size());
      if (c.results[r].size() == 0) continue;
      check_shape(r);
      take_census(r);
    }
  }

  part_findings judge() {
    double share = 0;
    if (request_.all_bounds) share = share_needing_scales();
    if (!request_.scales) pass_by_least_scales(true);
    judge_units();
    return {std::move(t_), share};
  }

 private:
  static std::vector<picture_cells> blank_pictures(const charge& c) {
    std::vector<picture_cells> all;
    for (const painter& p : c.painters) all.push_back(p.blank());
    return all;
  }

  /// Emulated results for a claim that leaves nothing open.
  std::vector<tensor> expected() const {
    std::vector<tensor> all;
    for (std::size_t r = 0; r < charge_.results.size(); ++r) {
      arithmetic with = court_.claimed.base;
      with.to = court_.outputs[r];
      if (r == 0 || !(court_.outputs[r] == court_.outputs[0])) {
        std::vector<tensor> these = run_kernel(part_.call(), with, court_.threads);
        if (r == 0) {
          all = std::move(these);
        } else {
          all[r] = std::move(these[r]);
        }
      }
    }
    return all;
  }

  void check_shape(std::size_t r) const {
    const tensor& got = charge_.results[r];
    const extents& due = truths_[r].value.shape();
    const bool blocked = !part_.blocks.empty() && part_.blocks[r] != 0;
    const bool whole = part_.blocks.empty() || (!blocked && part_.places[r].empty());
    const std::size_t count = whole     ? got.size()
                              : blocked ? part_.blocks[r] * part_.units.size()
                                        : part_.places[r].size();
    const bool same = whole ? due == got.shape() : due.count() == count;
    if (!same) {
      throw std::invalid_argument("got's " + std::string(charge_.call.info().results[r].name) + " has shape " +
                                  to_string(got.shape()) + "; expected " + to_string(due) +
                                  (whole ? "." : " for a part of it."));
    }
  }

  /// Counts what is the correctly rounded truth, and lists what is not.
  void take_census(std::size_t r) {
    const reference::truth& truth = truths_[r];
    const tensor& got = charge_.results[r];
    const auto bytes = static_cast<std::size_t>(got.type().bytes());
    measured_stretch m;
    for (const part::run& run : part_.runs(r, sizes_[r])) {
      if (charge_.options.only) {
        const std::size_t at = *charge_.options.only - run.place;
        if (r == 0 && at < run.count) odd_[r].push_back({run.first + at, *charge_.options.only});
        continue;
      }
      for (std::size_t done = 0; done < run.count; done += stretch::longest) {
        const std::size_t first = run.first + done, place = run.place + done,
                          count = std::min(stretch::longest, run.count - done);
        const stretch s{court_.outputs[r],
                        got.bytes().data() + place * bytes,
                        truth.value.bytes().data() + first * bytes,
                        reinterpret_cast<const double*>(truth.lower.bytes().data()) + first,
                        reinterpret_cast<const double*>(truth.upper.bytes().data()) + first,
                        count};
        if (!expected_.empty() &&
            std::memcmp(expected_[r].bytes().data() + first * bytes, s.truth, count * bytes) != 0) {
          for (std::size_t k = 0; k < count; ++k) odd_[r].push_back({first + k, place + k});
          continue;
        }
        const std::size_t counted = count_rounded(s, m, t_);
        charge_.painters[r].add(t_.pictures[r], place, std::span(m.distances, count), std::span(m.counted, count));
        for (std::size_t k = 0; counted != count && k < count; ++k) {
          if (m.counted[k] == 0) odd_[r].push_back({first + k, place + k});
        }
      }
    }
  }

  /// Bounds for odd elements as if each scale were |sum|, in the order of odd_.
  std::vector<examined_result> least_bounds() const {
    std::vector<reference::truth> some;
    for (std::size_t r = 0; r < truths_.size(); ++r) {
      const std::span<const odd_element> which = r < odd_.size() ? std::span(odd_[r]) : std::span<const odd_element>();
      const reference::truth& t = truths_[r];
      some.push_back({taken(t.value, which), taken(t.lower, which), taken(t.upper, which), {}, {}});
    }
    return with_bounds(court_, how_, part_.call(), std::move(some));
  }

  /// Elements that pass even so pass. Without recording them: only says which others there are.
  std::vector<std::vector<odd_element>> pass_by_least_scales(bool record_them) {
    std::vector<std::vector<odd_element>> open(odd_.size());
    if (std::all_of(odd_.begin(), odd_.end(), [](const auto& some) { return some.empty(); })) return open;
    const std::vector<examined_result> least = least_bounds();
    for (std::size_t r = 0; r < odd_.size(); ++r) {
      for (std::size_t k = 0; k < odd_[r].size(); ++k) {
        const std::uint64_t got = got_at(r, odd_[r][k].place);
        double share = 0;
        if (least[r].judge(k, got, share) != finding::fine) {
          open[r].push_back(odd_[r][k]);
        } else if (record_them) {
          record(r, odd_[r][k], least[r], k, got, finding::fine, 0);
        }
      }
    }
    if (record_them) odd_ = open;
    return open;
  }

  double share_needing_scales() {
    std::vector<bool> needing(std::max<std::size_t>(1, part_.units.size()));
    const std::vector<std::vector<odd_element>> open = pass_by_least_scales(false);
    for (std::size_t r = 0; r < open.size(); ++r) {
      for (const odd_element& e : open[r]) needing[unit_in_part(r, e.i)] = true;
    }
    return static_cast<double>(std::count(needing.begin(), needing.end(), true)) / static_cast<double>(needing.size());
  }

  std::size_t unit_in_part(std::size_t r, std::size_t i) const {
    return charge_.parts.unit_of_element(part_, r, i, sizes_[r]);
  }
  std::uint64_t got_at(std::size_t r, std::size_t place) const {
    return charge_.results[r][place] & court_.outputs[r].code_mask();
  }
  /// Bounds of the elements of some of the part's units.
  bounded_units bounds_of(std::span<const std::size_t> units) {
    bounded_units b;
    const std::size_t all = part_.units.size();
    bool apart = units.size() <= all / 2;
    for (std::size_t r = 0; r < truths_.size(); ++r) {
      const std::size_t size = truths_[r].value.size();
      const auto each = size == 0 ? std::size_t{1} : charge_.parts.elements_of_unit(part_, r, size).value_or(0);
      apart = apart && each != 0;
      b.each.push_back(each);
    }
    if (!apart) {
      if (!request_.scales) truths_ = truths_of(court_, part_.call(), true);
      b.of = with_bounds(court_, how_, part_.call(), std::move(truths_));
      return b;
    }
    std::vector<std::size_t> of_whole;
    b.position.resize(all);
    for (const std::size_t u : units) {
      b.position[u] = of_whole.size();
      of_whole.push_back(part_.units[u]);
    }
    const part some = charge_.parts.take(of_whole);
    std::vector<reference::truth> truths;
    if (request_.scales) {
      for (std::size_t r = 0; r < truths_.size(); ++r) {
        const reference::truth& t = truths_[r];
        const auto cut = [&](const tensor& x) { return blocks_of(x, units, b.each[r], all); };
        truths.push_back({cut(t.value), cut(t.lower), cut(t.upper), cut(t.scale), {}});
      }
    } else {
      truths = truths_of(court_, some.call(), true);
    }
    b.of = with_bounds(court_, how_, some.call(), std::move(truths));
    return b;
  }

  /// Units that show how wide bounds are.
  bool is_sampled(std::size_t unit) const {
    if (charge_.options.only || court_.correctly_rounded()) return false;
    return request_.all_bounds || (request_.scales && unit % 16 == 0);
  }

  void judge_units() {
    std::vector<bool> wanted(std::max<std::size_t>(1, part_.units.size()));
    for (std::size_t u = 0; u < wanted.size(); ++u) wanted[u] = is_sampled(u);
    for (std::size_t r = 0; r < odd_.size(); ++r) {
      for (const odd_element& e : odd_[r]) wanted[unit_in_part(r, e.i)] = true;
    }
    std::vector<std::size_t> units;
    for (std::size_t u = 0; u < wanted.size(); ++u) {
      if (wanted[u]) units.push_back(u);
    }
    if (units.empty()) return;
    const bounded_units b = bounds_of(units);
    for (std::size_t r = 0; r < odd_.size(); ++r) {
      for (const odd_element& e : odd_[r]) judge_element(r, e, b.of[r], b.index(r, e.i));
      if (charge_.results[r].size() != 0) sample_bounds(b, r);
    }
  }

  /// One in eight of the sampled units' elements.
  void sample_bounds(const bounded_units& b, std::size_t r) {
    constexpr std::size_t step = 8;
    const auto add = [&](std::size_t i) { t_.bounds.push_back(b.of[r].error(i) / b.of[r].ulp(i)); };
    if (charge_.options.only) {
      for (const odd_element& e : odd_[r]) add(b.index(r, e.i));
      return;
    }
    const std::size_t each = b.each[r];
    if (each == 0) {  // units lie in between each other: all elements for any
      for (std::size_t i = 0; i < sizes_[r]; i += step * (request_.all_bounds ? 1 : 8)) add(i);
      return;
    }
    for (std::size_t u = 0; u * each < sizes_[r]; ++u) {
      for (std::size_t i = 0; is_sampled(u) && i < each; i += step) add(b.index(r, u * each + i));
    }
  }

  void judge_element(std::size_t r, odd_element at, const examined_result& e, std::size_t i) {
    const std::uint64_t got = got_at(r, at.place);
    double share = 0;
    finding what = finding::fine;
    if (expected_.empty()) {
      what = e.judge(i, got, share);
      if (what == finding::beyond_bound && court_.claimed.exact) what = finding::other_bits;
    } else {
      what = compare_bits(expected_[r][at.i] & court_.outputs[r].code_mask(), got, court_.outputs[r]);
    }
    record(r, at, e, i, got, what, share);
  }

  void record(std::size_t r, odd_element at, const examined_result& e, std::size_t i, std::uint64_t got, finding what,
              double share) {
    const format f = court_.outputs[r];
    verdict& v = t_.counts;
    const std::uint64_t due = e.truth_code(i);
    const double distance = e.distance(i, got);
    ++v.judged;
    ++t_.distances[ulp_histogram::bucket_of(std::abs(distance))];
    v.exact += distance == 0;
    const double value = e.value(got);
    v.correctly_rounded += got == due || (value == 0 && e.value(due) == 0);
    v.faithful += std::abs(distance) < 1;
    if (std::isfinite(distance)) {
      if (distance != 0) ((distance < 0) == (e.center(i) > 0) ? v.low : v.high) += 1;
      v.largest_distance = std::max(v.largest_distance, std::abs(distance));
    }
    v.overflow_allowed += what == finding::fine && !std::isfinite(value) && got != due && !std::isnan(e.lower(i));
    if (what == finding::fine) {
      ++v.within;
      v.largest_share = std::max(v.largest_share, share);
      charge_.painters[r].add(t_.pictures[r], at.place, distance, share, false);
      return;
    }
    const std::size_t unit = part_.units[unit_in_part(r, at.i)];
    element_report report;
    report.index = at.place;
    report.result = r;
    report.what = what;
    report.got = got;
    report.truth = due;
    report.expected = expected_.empty() ? due : expected_[r][at.i] & f.code_mask();
    report.got_value = value;
    report.truth_value = e.center(i);
    report.distance = distance;
    report.bound = e.error(i) / e.ulp(i) + (court_.any_rounding() ? 1 : 0.5);
    report.scale = e.scale(i) / e.ulp(i);
    report.lower = e.lower(i);
    report.upper = e.upper(i);
    report.share = share;
    // What only the likely bound forbids is painted when it is decided.
    const bool only_likely = what == finding::beyond_bound && !court_.claimed.exact && e.within_worst(i, got);
    if (only_likely && t_.suspects_more({report, unit, e.share_of_worst(i, got)})) return;
    if (std::isfinite(share)) v.largest_share = std::max(v.largest_share, share);
    charge_.painters[r].add(t_.pictures[r], at.place, distance, share, true);
    t_.accuse(report, unit);
  }

  const charge& charge_;
  const part& part_;
  part_request request_;
  court court_;
  std::optional<roundings> how_;  ///< its own: it remembers its last answer
  tally t_;
  std::vector<reference::truth> truths_;
  std::vector<tensor> expected_;  ///< for a claim of bits
  std::vector<std::size_t> sizes_;
  std::vector<std::vector<odd_element>> odd_;  ///< by result
};

}  // namespace

bool has_costly_scales(const court& c) {
  if (c.claimed.exact && !c.correctly_rounded()) return false;
  if (c.claimed.whole_numbers) return false;  // whose bounds need none
  const kernel_call& call = c.call;
  // Behind an activation the sum is not known from the result.
  if (call.name() == "gemm") return call.choice("activation") == "none";
  return call.name() == "conv2d" || call.name() == "gemm_backward";
}

part_findings judge_part(const charge& c, const part& p, const part_request& how) { return hearing(c, p, how).judge(); }

}  // namespace assay::detail
