#include "progress.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <sys/ioctl.h>
#include <unistd.h>

namespace assay::cli {
namespace {

bool has_terminal() {
  const char* terminal = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

/// Columns of the terminal. What is longer than a line cannot be erased.
std::size_t columns() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0 ? size.ws_col : 80;
}

std::chrono::milliseconds first_shown_after() {
  double seconds = 1;
  if (const char* text = std::getenv("ASSAY_PROGRESS_AFTER")) {
    double given = 0;
    const char* const end = text + std::strlen(text);
    const auto read = std::from_chars(text, end, given);
    if (read.ec == std::errc() && read.ptr == end && given >= 0) seconds = std::min(given, 1e9);
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(1000 * seconds));
}

/// Never 0 s, which would be wrong for as long as it is seen.
std::string time_left(double seconds) {
  if (seconds > 1e7) return "days left";
  if (seconds >= 100 * 60) return fmt::format("{:.1f} h left", seconds / 3600);
  if (seconds >= 100) return fmt::format("{:.0f} min left", std::ceil(seconds / 60));
  return fmt::format("{:.0f} s left", std::max(1.0, std::ceil(seconds)));
}

}  // namespace

progress_line::progress_line(std::string of, bool wanted) : of_(std::move(of)) {
  if (!wanted || !has_terminal()) return;
  try {
    drawing_ = std::thread([this] { show_now_and_then(); });
  } catch (const std::system_error&) {  // no more threads to be had: the command matters more
    return;
  }
  watching_.emplace([this](const stage_progress& p) { tell(p); });
}

void progress_line::say(const std::string& what) {
  const std::lock_guard lock(mutex_);
  what_ = what;
  stage_.reset();
}

void progress_line::tell(const stage_progress& p) {
  const std::lock_guard lock(mutex_);
  if (p.done == 0) {
    const int step = ++steps_[std::string(p.what)];
    what_ = p.what;
    if (!what_.empty() && !of_.empty()) what_ += " of " + of_;
    if (step > 1) what_ += fmt::format(", step {}", step);
    start_ = clock::now();
  }
  stage_ = p;
}

void progress_line::end() {
  watching_.reset();
  if (!drawing_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  ending_.notify_all();
  drawing_.join();
  if (!is_shown_) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
}

void progress_line::show_now_and_then() {
  std::unique_lock lock(mutex_);
  const auto is_over = [this] { return is_over_; };
  using std::chrono::milliseconds;
  const milliseconds first = first_shown_after(), period = std::clamp(first / 5, milliseconds(10), milliseconds(200));
  if (ending_.wait_for(lock, first, is_over)) return;
  do {
    const std::string line = text();
    lock.unlock();  // a terminal that is held (Ctrl-S) holds no computation
    draw(line);
    lock.lock();
  } while (!ending_.wait_for(lock, period, is_over));
}

void progress_line::draw(std::string_view line) {
  if (line.empty()) return;
  fmt::print(stderr, "\r{}\x1b[K", line.substr(0, columns() - 1));
  std::fflush(stderr);
  is_shown_ = true;
}

std::string progress_line::text() const {
  if (!stage_ || stage_->total == 0) return what_;
  constexpr std::size_t few = 1000;
  const stage_progress& p = *stage_;
  const double done = static_cast<double>(p.done), total = static_cast<double>(p.total);
  const bool by_number = !p.unit.empty() && p.total < few;
  std::string line = what_.empty() ? "" : what_ + ": ";
  line += by_number ? fmt::format("{} of {} {}", p.done, p.total, p.unit)
                    : fmt::format("{:.0f}%", std::floor(100 * done / total));
  if (p.done == 0 || p.done == p.total) return line;
  const double seconds = std::chrono::duration<double>(clock::now() - start_).count();
  if (!p.unit.empty())
    line += fmt::format(", {:.3g} {}a second", done / seconds, by_number ? "" : std::string(p.unit) + " ");
  return line + ", " + time_left(seconds * (total - done) / done);
}

}  // namespace assay::cli
