#include "progress.hpp"

#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include <unistd.h>

namespace assay::cli {

progress::progress(std::string what, std::size_t total)
    : what_(std::move(what)), total_(total), on_terminal_(::isatty(STDERR_FILENO) == 1) {}

progress::~progress() {
  if (shown_) fmt::print(stderr, "\r\x1b[K");
}

void progress::add(std::size_t count) {
  const std::lock_guard lock(mutex_);
  done_ += count;
  const clock::time_point now = clock::now();
  const double seconds = std::chrono::duration<double>(now - start_).count();
  if (!on_terminal_ || seconds < 1 || now - last_ < std::chrono::milliseconds(200)) return;
  last_ = now;
  shown_ = true;
  const double rate = static_cast<double>(done_) / seconds;
  fmt::print(stderr, "\r\x1b[K{} of {} {}, {:.3g} a second, {:.0f} s left", done_, total_, what_, rate,
             static_cast<double>(total_ - done_) / rate);
  std::fflush(stderr);
}

}  // namespace assay::cli
