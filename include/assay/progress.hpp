// How far a long computation has come. Truths, emulated kernels, products of matrices and the judge tell whoever wants to
// know on the thread that calls them:
//
//   const observed watching([](const stage_progress& p) { std::cerr << p.what << ' ' << p.done << '/' << p.total << '\n'; });
//   const auto truths = reference::truth_of(call, want);
//
// Without an observer it costs nothing; with one it is counted by blocks of work, and changes no bit.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string_view>
#include <utility>

namespace assay {

/// A stage of a computation. One computation may have several, one after the other, of the same name too.
struct stage_progress {
  std::string_view what;  ///< "truth", "emulation", "judging", "tests", "diagnosis"
  std::string_view unit;  ///< what is counted, in the plural: "elements", "hypotheses"; empty where only the share counts
  std::size_t done = 0;   ///< 0 in a stage's first report, then more in each than in the one before
  std::size_t total = 0;  ///< what done ends at, unless the stage ends early: by an exception, or with all found
};

/// Called on any of a computation's threads, by one at a time, at most some twenty times a second and at the start and
/// the end of each stage; never after the computation has returned. Must not throw.
using progress_observer = std::function<void(const stage_progress&)>;

namespace detail {
inline constinit thread_local const progress_observer* observer_here = nullptr;
}  // namespace detail

/// While one lives, what its thread computes is observed. The innermost counts; an empty observer is none. Ends on its
/// own thread, in the reverse order of the others.
class observed {
 public:
  explicit observed(progress_observer tell)
      : tell_(std::move(tell)), before_(std::exchange(detail::observer_here, tell_ ? &tell_ : nullptr)) {}
  observed(const observed&) = delete;
  observed& operator=(const observed&) = delete;
  ~observed() { detail::observer_here = before_; }

 private:
  const progress_observer tell_;
  const progress_observer* before_;
};

/// Counts a stage and tells the observer of the thread that makes it. What this thread computes while the stage lives is
/// part of it and tells nothing itself. Ends on its own thread; any thread may add.
class progress_stage {
 public:
  /// `steps` are counted; an observer sees them as shares of `amount`, or as they are. The names must live on.
  progress_stage(std::string_view what, std::string_view unit, std::size_t steps, std::size_t amount)
      : observer_(std::exchange(detail::observer_here, nullptr)), steps_(steps), now_{what, unit, 0, amount} {
    if (observer_ != nullptr) tell(0);
  }
  progress_stage(std::string_view what, std::string_view unit, std::size_t steps)
      : progress_stage(what, unit, steps, steps) {}
  progress_stage(const progress_stage&) = delete;
  progress_stage& operator=(const progress_stage&) = delete;
  ~progress_stage() {
    if (observer_ != nullptr) detail::observer_here = observer_;
  }

  bool is_observed() const { return observer_ != nullptr; }

  void add(std::size_t steps) {
    if (observer_ == nullptr || steps == 0) return;
    const bool is_last = done_.fetch_add(steps) + steps == steps_;
    std::unique_lock lock(mutex_, std::defer_lock);
    if (is_last) {
      lock.lock();
    } else if (clock::now().time_since_epoch().count() < next_ || !lock.try_lock()) {
      return;
    }
    tell(done_);
  }

 private:
  using clock = std::chrono::steady_clock;

  void tell(std::size_t steps) {
    const double share = steps_ == 0 ? 0 : static_cast<double>(steps) / static_cast<double>(steps_);
    const std::size_t done =
        steps == steps_ ? now_.total : static_cast<std::size_t>(share * static_cast<double>(now_.total));
    if (steps != 0 && done <= now_.done) return;
    now_.done = done;
    (*observer_)(now_);
    next_ = (clock::now() + std::chrono::milliseconds(50)).time_since_epoch().count();
  }

  const progress_observer* observer_;
  const std::size_t steps_;
  std::atomic<std::size_t> done_{0};
  std::atomic<clock::rep> next_{0};  ///< when the next report is due
  std::mutex mutex_;                 ///< held while telling
  stage_progress now_;
};

}  // namespace assay
