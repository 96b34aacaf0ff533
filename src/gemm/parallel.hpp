// Work shared out over threads. Which thread does what never shows in the results.
#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace assay::gemm_kernels {

/// Calls work(i) once for every i below count, on up to `threads` threads, the caller's among them. The first exception
/// is thrown again here after all threads have ended. If the system gives fewer threads, fewer do it all.
template <class Work>
void parallel_for(std::size_t threads, std::size_t count, const Work& work) {
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::mutex failure_guard;
  const auto loop = [&] {
    try {
      for (std::size_t i = next++; i < count; i = next++) work(i);
    } catch (...) {
      next = count;
      const std::lock_guard lock(failure_guard);
      if (!failure) failure = std::current_exception();
    }
  };
  std::vector<std::thread> others;
  others.reserve(threads);
  try {
    while (others.size() + 1 < threads && others.size() + 1 < count) others.emplace_back(loop);
  } catch (const std::system_error&) {  // no more threads to be had
  }
  loop();
  for (std::thread& other : others) other.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace assay::gemm_kernels
