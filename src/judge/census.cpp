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
void compare(const std::byte* a, const std::byte* b, std::uint64_t* same, std::size_t count) {
  const Code *x = codes<Code>(a, count).data(), *y = codes<Code>(b, count).data();
  for (std::size_t i = 0; i < count; ++i) same[i] = x[i] == y[i] ? 1 : 0;
}

/// Counts as the verdict has them.
struct counts {
  std::uint64_t counted = 0, exact = 0, within_half = 0, below_one = 0, within_one = 0, low = 0, high = 0;
  std::uint64_t largest = 0;  ///< the bits of a magnitude, which are ordered as magnitudes are
};

/// From values that were got to distances in ulps; NaN or infinite where a value is. Away from zero is positive in
/// `away`.
ASSAY_FOR_EVERY_PROCESSOR void measure(const double* __restrict lower, const double* __restrict upper,
                                       std::size_t count, std::int64_t least, std::int64_t most,
                                       std::int64_t fraction_bits, double* __restrict distances,
                                       double* __restrict away) {
  for (std::size_t i = 0; i < count; ++i) {
    const double l = lower[i], u = upper[i], middle = l / 2 + u / 2, center = l == u ? l : middle;
    const auto field = static_cast<std::int64_t>(std::bit_cast<std::uint64_t>(center) >> 52 & 0x7ff) - 1023;
    const std::int64_t at_least = field < least ? least : field;
    const std::int64_t exponent = (at_least > most ? most : at_least) - fraction_bits;
    // 2^-exponent may be beyond double: half of it twice, which is as exact.
    const std::uint64_t half = static_cast<std::uint64_t>(exponent + 2048) >> 1,
                        rest = static_cast<std::uint64_t>(exponent) - half;
    const double once = std::bit_cast<double>((2047 - half) << 52), again = std::bit_cast<double>(~rest << 52);
    const double d = (distances[i] - center) * once * again;
    distances[i] = d;
    away[i] = center > 0 ? d : -d;
  }
}

/// `counted` says which codes are the same, and then which elements count; the distances of others become 0.
ASSAY_FOR_EVERY_PROCESSOR void count(std::size_t n, double* __restrict distances, const double* __restrict away,
                                     std::uint64_t* __restrict counted, counts& all) {
  constexpr std::uint64_t sign = std::uint64_t{1} << 63, infinity = 0x7ff0000000000000, one = 0x3ff0000000000000,
                          half = 0x3fe0000000000000;
  std::uint64_t c = 0, moved = 0, within_half = 0, below_one = 0, within_one = 0, low = 0;
  std::int64_t largest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const auto bits = std::bit_cast<std::uint64_t>(distances[i]), size = bits & ~sign;
    const std::uint64_t in = size < infinity ? counted[i] : 0, kept = in != 0 ? bits : 0, magnitude = kept & ~sign;
    const std::uint64_t inward = std::bit_cast<std::uint64_t>(away[i]) >> 63, differs = magnitude != 0 ? in : 0;
    c += in;
    moved += differs;
    within_half += magnitude <= half ? in : 0;
    below_one += magnitude < one ? in : 0;
    within_one += magnitude <= one ? in : 0;
    low += inward & differs;
    largest = std::max(largest, static_cast<std::int64_t>(magnitude));
    distances[i] = std::bit_cast<double>(kept);
    counted[i] = in;
  }
  all = {c, c - moved, within_half, below_one, within_one, low, moved - low, static_cast<std::uint64_t>(largest)};
}

}  // namespace

std::size_t count_rounded(const stretch& s, measured_stretch& m, tally& t) {
  double away[stretch::longest];
  std::uint64_t same[stretch::longest];
  with_code_type(s.f, [&](auto code) {
    using type = decltype(code);
    compare<type>(s.got, s.truth, same, s.count);
    convert(codes<type>(s.got, s.count), std::span(m.distances, s.count), s.f);
  });
  const std::int64_t least = s.f.min_exponent(), most = s.f.max_exponent();
  counts c;
  measure(s.lower, s.upper, s.count, least, most, s.f.fraction_bits, m.distances, away);
  count(s.count, m.distances, away, same, c);
  for (std::size_t i = 0; i < s.count; ++i) m.counted[i] = static_cast<std::uint8_t>(same[i]);
  verdict& v = t.counts;
  v.judged += c.counted;
  v.within += c.counted;
  v.correctly_rounded += c.counted;
  v.exact += c.exact;
  v.faithful += c.below_one;
  v.low += c.low;
  v.high += c.high;
  v.largest_distance = std::max(v.largest_distance, std::bit_cast<double>(c.largest));
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
