// How far a long command has come: one line on standard error that is written over itself, on a terminal only.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include <assay/progress.hpp>

namespace assay::cli {

/// "truth of gemm: 34%, 1.2e+06 elements a second, 12 s left", "12 of 40 checks, 3.1 a second, 9 s left". While one
/// lives, its thread's computations are observed. Shows nothing in the first second (ASSAY_PROGRESS_AFTER has another
/// number of them), nothing where standard error is no terminal, and nothing that is not `wanted`.
class progress_line {
 public:
  /// `of` is the kernel, or nothing.
  explicit progress_line(std::string of, bool wanted = true);
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;
  ~progress_line() { end(); }

  /// What goes on now where nothing is counted: "reading files".
  void say(const std::string& what);
  /// Erases the line, for good: messages come after it.
  void end();

 private:
  using clock = std::chrono::steady_clock;

  void tell(const stage_progress& p);
  void show_now_and_then();
  void draw(std::string_view line);
  std::string text() const;

  std::string of_;
  std::string what_;                  ///< with the number of its step
  std::map<std::string, int> steps_;  ///< how often a stage of a name began
  std::optional<stage_progress> stage_;
  clock::time_point start_;  ///< of the stage
  bool is_over_ = false;
  bool is_shown_ = false;  ///< of the drawing thread while it runs
  std::mutex mutex_;
  std::condition_variable ending_;
  std::thread drawing_;
  std::optional<observed> watching_;
};

/// Calls work(n) for every n below `elements`, a stage of this name.
template <class Work>
void in_counted_blocks(std::string_view what, std::size_t elements, const Work& work) {
  constexpr std::size_t block = 4096;
  progress_stage told(what, "elements", elements);
  for (std::size_t first = 0; first < elements; first += block) {
    const std::size_t last = std::min(elements, first + block);
    for (std::size_t n = first; n < last; ++n) work(n);
    told.add(last - first);
  }
}

}  // namespace assay::cli
