// From groups to tensors: runs a kernel's groups on several threads and stores what they decide.
#pragma once

#include <chrono>
#include <exception>
#include <mutex>
#include <thread>

#include <assay/progress.hpp>

#include "decide.hpp"
#include "reader.hpp"

namespace assay::reference {

/// Lines of a tensor along one axis: the k-th element of line n in C order is at first(n) + k * step().
struct axis_lines {
  std::size_t outer = 1, length = 1, inner = 1;

  /// `axis` counts from the front, or from the back when negative. Throws std::invalid_argument, naming the input.
  axis_lines(const extents& shape, int axis, const char* name);
  axis_lines(std::size_t lines, std::size_t each) : outer(lines), length(each) {}

  std::size_t count() const { return outer * inner; }
  std::size_t first(std::size_t n) const { return n / inner * length * inner + n % inner; }
  std::size_t step() const { return inner; }
};

/// The last `axes` axes of a shape as one. Throws std::invalid_argument when there are fewer.
axis_lines last_axes(const extents& shape, std::size_t axes, const char* name);

/// A mask over the elements of x: empty, or as large as x; where it is 0, x counts as -infinity.
class line_mask {
 public:
  /// Throws std::invalid_argument for a mask of another size.
  line_mask(std::span<const std::uint8_t> keep, const extents& shape, const axis_lines& lines);

  void apply(std::size_t n, std::span<double> line) const {
    if (keep_.empty()) return;
    for (std::size_t k = 0; k < line.size(); ++k) {
      if (keep_[lines_.first(n) + k * lines_.step()] == 0) line[k] = -HUGE_VAL;
    }
  }

 private:
  std::span<const std::uint8_t> keep_;
  const axis_lines& lines_;
};

/// Room for a result of this shape.
truth make_truth(const request& want, const extents& shape);

/// An element's bounds, in C order, if they were asked for.
inline void put_bounds(truth& t, std::size_t n, ball::bounds_pair bounds) {
  if (t.lower.size() == 0) return;
  t.lower.set(n, std::bit_cast<std::uint64_t>(bounds.lower));
  t.upper.set(n, std::bit_cast<std::uint64_t>(bounds.upper));
}
/// Writes one element of a truth, in C order.
inline void put(truth& t, std::size_t n, std::uint64_t code, ball::bounds_pair bounds) {
  t.value.set(n, code);
  put_bounds(t, n, bounds);
}
/// Writes the codes of elements from the n-th on.
void put_codes(truth& t, std::size_t n, std::span<const std::uint64_t> codes);

/// Writes the scales of elements from the n-th on.
void put_scales(truth& t, std::size_t n, std::span<const double> scales);

/// Elements of a truth that a group decides: the k-th is at first + k step in C order.
class line_of_truth {
 public:
  line_of_truth(truth& t, std::size_t first, std::size_t step) : truth_(t), first_(first), step_(step) {}

  void operator()(std::size_t k, std::uint64_t code, ball::bounds_pair bounds) const {
    put(truth_, first_ + k * step_, code, bounds);
  }
  /// All that the workspace holds.
  void line(const workspace& w) const;

 private:
  truth& truth_;
  std::size_t first_, step_;
};

/// MPFR keeps constants and numbers for each thread, and a thread that ends leaves them behind unless it lets them go.
struct cached_constants {
  cached_constants() = default;
  cached_constants(const cached_constants&) = delete;
  cached_constants& operator=(const cached_constants&) = delete;
  ~cached_constants() { mpfr_free_cache(); }
};

/// Calls work(range's first, last) on ranges that make up [first, last): on all of it at once, or, where somebody
/// watches, on as much at a time as takes some milliseconds, which costs nothing that one could measure.
template <class Work>
void in_watched_ranges(std::size_t first, std::size_t last, progress_stage& told, const Work& work) {
  using clock = std::chrono::steady_clock;
  constexpr auto due = std::chrono::milliseconds(20);
  if (!told.is_observed()) return work(first, last);
  for (std::size_t next = first, size = 1; next < last;) {
    const std::size_t count = std::min(size, last - next);
    const clock::time_point start = clock::now();
    work(next, next + count);
    const auto taken = clock::now() - start;
    told.add(count);
    next += count;
    size = taken < due ? 2 * size : std::max<std::size_t>(1, size / 2);
  }
}

/// Calls work(first, last, workspace, decisions) on ranges that make up [0, count), on several threads, and adds up
/// their decisions. Rethrows the first exception. Tells how far it is, in shares of the truth's `elements`; of 0, in
/// shares alone.
template <class Work>
decisions in_parallel(std::size_t count, unsigned threads, std::size_t elements, const Work& work) {
  const unsigned wanted = threads != 0 ? threads : std::max(std::thread::hardware_concurrency(), 1U);
  const auto used = static_cast<std::size_t>(std::min<std::size_t>(wanted, std::max<std::size_t>(count, 1)));
  decisions total;
  std::exception_ptr failure;
  std::mutex mutex;
  progress_stage told("truth", elements == 0 ? "" : "elements", count, elements == 0 ? count : elements);
  const auto run = [&](std::size_t t) {
    const widest_exponents range;
    const cached_constants constants;
    workspace w;
    decisions made;
    try {
      in_watched_ranges(count * t / used, count * (t + 1) / used, told,
                        [&](std::size_t first, std::size_t last) { work(first, last, w, made); });
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
      return;
    }
    const std::lock_guard lock(mutex);
    total += made;
  };
  std::vector<std::thread> others;
  for (std::size_t t = 1; t < used; ++t) others.emplace_back(run, t);
  run(0);
  for (std::thread& thread : others) thread.join();
  if (failure) std::rethrow_exception(failure);
  return total;
}

/// Kernels whose groups are the lines of x along an axis and whose results have x's shape. `kernel_of(line, values)`
/// makes the group's kernel from its line's number and its values, which it may change.
template <class KernelOf>
truth along_lines(const reader& x, const axis_lines& lines, const request& want, const KernelOf& kernel_of) {
  const output_rule rule(want.to, want.how);
  truth result = make_truth(want, x.view().shape());
  result.decided = in_parallel(lines.count(), want.threads, result.value.size(),
                               [&](std::size_t first, std::size_t last, workspace& w, decisions& made) {
                                 std::vector<double> values(lines.length);
                                 for (std::size_t n = first; n < last; ++n) {
                                   x.read(lines.first(n), lines.step(), values);
                                   const line_of_truth store(result, lines.first(n), lines.step());
                                   decide(kernel_of(n, std::span<double>(values)), rule, want, w, store, made);
                                 }
                               });
  return result;
}

/// A shape after a reduction along an axis, which stays with extent 1 or goes.
extents without_axis(const extents& shape, int axis, bool keep);

/// Kernels that make one element of each line of x: the n-th line's is the n-th of the result.
template <class KernelOf>
truth one_per_line(const reader& x, const axis_lines& lines, const extents& shape, const request& want,
                   const KernelOf& kernel_of) {
  const output_rule rule(want.to, want.how);
  truth result = make_truth(want, shape);
  result.decided =
      in_parallel(lines.count(), want.threads, result.value.size(),
                  [&](std::size_t first, std::size_t last, workspace& w, decisions& made) {
                    std::vector<double> values(lines.length);
                    for (std::size_t n = first; n < last; ++n) {
                      x.read(lines.first(n), lines.step(), values);
                      decide(kernel_of(n, std::span<double>(values)), rule, want, w, line_of_truth(result, n, 1), made);
                    }
                  });
  return result;
}

}  // namespace assay::reference
