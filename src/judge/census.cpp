#include "census.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include <assay/bulk/convert.hpp>

// The loop over elements is compiled for several processors; no two give different bits. Clang 14 would give the chosen
// clone a name that nothing calls.
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
#define ASSAY_FOR_EVERY_PROCESSOR [[gnu::target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")]]
#else
#define ASSAY_FOR_EVERY_PROCESSOR
#endif

namespace assay::detail {
namespace {

template <class Code>
std::span<const Code> codes(const std::byte* data, std::size_t count) {
  return {reinterpret_cast<const Code*>(data), count};
}

/// Calls use(an empty span's code type) for the type that holds codes of f.
template <class Use>
void with_code_type(format f, const Use& use) {
  switch (storage_bytes(f)) {
    case 1: return use(std::uint8_t{});
    case 2: return use(std::uint16_t{});
    case 4: return use(std::uint32_t{});
    default: return use(std::uint64_t{});
  }
}

template <class Code>
void compare(const std::byte* a, const std::byte* b, std::uint8_t* same, std::size_t count) {
  const Code *x = codes<Code>(a, count).data(), *y = codes<Code>(b, count).data();
  for (std::size_t i = 0; i < count; ++i) same[i] = x[i] == y[i] ? 1 : 0;
}

/// Counts as the verdict has them.
struct counts {
  std::uint64_t counted = 0, exact = 0, within_half = 0, below_one = 0, within_one = 0, low = 0, high = 0;
  double largest = 0;
};

/// In: m.counted says which codes are the same, m.distances holds the values that were got.
ASSAY_FOR_EVERY_PROCESSOR void measure(const double* lower, const double* upper, std::size_t count, std::int64_t least,
                                       std::int64_t most, std::int64_t fraction_bits, double* distances,
                                       std::uint8_t* counted, counts& all) {
  std::uint64_t n = 0, exact = 0, within_half = 0, below_one = 0, within_one = 0, low = 0, high = 0;
  double largest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double l = lower[i], u = upper[i], center = l == u ? l : l / 2 + u / 2;
    const auto field = static_cast<std::int64_t>(std::bit_cast<std::uint64_t>(center) >> 52 & 0x7ff) - 1023;
    const std::int64_t exponent = std::min(std::max(field, least), most) - fraction_bits;
    // 2^-exponent may be beyond double: half of it twice, which is as exact.
    const auto half = static_cast<std::uint64_t>(exponent + 2048) >> 1,
               rest = static_cast<std::uint64_t>(exponent) - half;
    const double once = std::bit_cast<double>((2047 - half) << 52), again = std::bit_cast<double>(~rest << 52);
    const double d = (distances[i] - center) * once * again, size = std::abs(d);  // NaN or infinite where a value is
    const bool counts_in = (counted[i] != 0) & (size <= 0x1.fffffffffffffp1023);
    const double kept = counts_in ? d : 0.0, magnitude = std::abs(kept);
    const std::uint64_t one = counts_in ? 1 : 0;
    n += one;
    exact += magnitude == 0 ? one : 0;
    within_half += magnitude <= 0.5 ? one : 0;
    below_one += magnitude < 1 ? one : 0;
    within_one += magnitude <= 1 ? one : 0;
    const double away = center > 0 ? kept : -kept;
    low += away < 0 ? one : 0;
    high += away > 0 ? one : 0;
    largest = largest < magnitude ? magnitude : largest;
    distances[i] = kept;
    counted[i] = static_cast<std::uint8_t>(one);
  }
  all = {n, exact, within_half, below_one, within_one, low, high, largest};
}

}  // namespace

std::size_t count_rounded(const stretch& s, measured_stretch& m, tally& t) {
  with_code_type(s.f, [&](auto code) {
    using type = decltype(code);
    compare<type>(s.got, s.truth, m.counted, s.count);
    convert(codes<type>(s.got, s.count), std::span(m.distances, s.count), s.f);
  });
  const std::int64_t least = s.f.min_exponent(), most = s.f.max_exponent();
  counts c;
  measure(s.lower, s.upper, s.count, least, most, s.f.fraction_bits, m.distances, m.counted, c);
  verdict& v = t.counts;
  v.judged += c.counted;
  v.within += c.counted;
  v.correctly_rounded += c.counted;
  v.exact += c.exact;
  v.faithful += c.below_one;
  v.low += c.low;
  v.high += c.high;
  v.largest_distance = std::max(v.largest_distance, c.largest);
  t.distances[ulp_histogram::bucket_of(0)] += c.exact;
  t.distances[ulp_histogram::bucket_of(0.5)] += c.within_half - c.exact;
  t.distances[ulp_histogram::bucket_of(1)] += c.within_one - c.within_half;
  // Saturated numbers are the rounded truth, however far from it.
  for (std::size_t i = 0; c.within_one != c.counted && i < s.count; ++i) {
    const double size = std::abs(m.distances[i]);
    if (size > 1) ++t.distances[ulp_histogram::bucket_of(size)];
  }
  return c.counted;
}

}  // namespace assay::detail
