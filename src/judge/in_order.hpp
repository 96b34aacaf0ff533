// Parts of a check on several threads, their findings put together in the parts' order: no number of threads changes a
// verdict.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>

#include "gemm/parallel.hpp"

namespace assay::detail {

/// Calls merge(work(k)) for every k below count: work on up to `threads` threads, the caller's among them, merge for
/// one k at a time, in order. Throws what the first k that throws does; nothing behind it is merged.
template <class Work, class Merge>
void in_order(std::size_t count, std::size_t threads, const Work& work, const Merge& merge) {
  std::atomic<std::size_t> next{0};
  std::mutex guard;
  std::condition_variable turn;
  std::size_t merged = 0, failed = count;
  std::exception_ptr failure;
  const auto fail = [&](std::size_t k) {
    const std::lock_guard lock(guard);
    if (k < failed) {
      failed = k;
      failure = std::current_exception();
    }
    turn.notify_all();
  };
  const auto loop = [&] {
    for (std::size_t k = next++; k < count; k = next++) {
      try {
        auto found = work(k);
        std::unique_lock lock(guard);
        turn.wait(lock, [&] { return merged == k || failed < k; });
        if (failed < k) return;
        merge(std::move(found));
        ++merged;
        turn.notify_all();
      } catch (...) {
        fail(k);
        return;
      }
    }
  };
  const std::size_t loops = std::max<std::size_t>(1, std::min(threads, count));
  gemm_kernels::parallel_for(loops, loops, [&](std::size_t) { loop(); });
  if (failure) std::rethrow_exception(failure);
}

}  // namespace assay::detail
