// How far a long run has come: one line on standard error that is written over itself, on a terminal only.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>

namespace assay::cli {

/// "12 of 40 checks, 3.1 a second, 9 s left". Shows nothing in the first second. Any thread may add.
class progress {
 public:
  progress(std::string what, std::size_t total);
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;
  ~progress();

  void add(std::size_t count);

 private:
  using clock = std::chrono::steady_clock;

  std::string what_;
  std::size_t total_, done_ = 0;
  bool on_terminal_, shown_ = false;
  clock::time_point start_ = clock::now(), last_ = start_;
  std::mutex mutex_;
};

}  // namespace assay::cli
