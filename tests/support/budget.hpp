// How much a default run may spend. Under sanitizers, which are 5 to 20 times slower, sweeps take every nth step.
#pragma once

#include <cstdint>

namespace test {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool is_sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool is_sanitized = true;
#else
inline constexpr bool is_sanitized = false;
#endif
#else
inline constexpr bool is_sanitized = false;
#endif

/// Step of a sweep over codes. A prime, so that a strided sweep of 16 bits still meets every fraction and every exponent.
inline constexpr std::uint64_t stride = is_sanitized ? 53 : 1;
/// Number of random cases, given how many a release build takes.
constexpr std::uint64_t cases(std::uint64_t in_release) { return in_release / stride; }
/// A size, or a number of cases of which each is like the others: an eighth under sanitizers.
template <class T>
constexpr T fewer(T in_release) {
  return is_sanitized ? (in_release + 7) / 8 : in_release;
}
/// Of a list of cases: whether the i-th is taken. The step divides the lengths of few cycles in such lists.
constexpr bool taken(std::uint64_t i) { return !is_sanitized || i % 37 == 0; }

}  // namespace test
