#include "sample.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <random>
#include <set>

namespace assay::detail {
namespace {

/// Elements of a part. Codes, enclosures and, where an element asks for them, bounds take some forty bytes each, which
/// should stay in the cache; a matrix product is faster in large parts. Each thread has one part at a time.
std::size_t elements_at_once(std::string_view kernel) {
  const bool product = kernel == "gemm" || kernel == "conv2d" || kernel == "attention";
  return std::size_t{1} << (product ? 20 : 17);
}

}  // namespace

std::vector<std::size_t> spread_units(std::size_t units, std::size_t count, std::uint64_t seed) {
  std::vector<std::size_t> chosen;
  if (count >= units) {
    chosen.resize(units);
    std::iota(chosen.begin(), chosen.end(), std::size_t{0});
    return chosen;
  }
  // One from each of `count` equal stretches.
  std::mt19937_64 random(seed);
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t from = k * units / count, to = (k + 1) * units / count;
    chosen.push_back(from + random() % std::max<std::size_t>(1, to - from));
  }
  chosen.front() = 0;
  chosen.back() = units - 1;
  return chosen;
}

unit_sample units_to_judge(const kernel_call& call, const partition& parts, std::size_t elements, std::size_t most,
                           std::uint64_t seed) {
  unit_sample s;
  const std::size_t units = parts.units();
  const std::size_t each = std::max<std::size_t>(1, elements / std::max<std::size_t>(1, units));
  s.at_once = std::clamp<std::size_t>(elements_at_once(call.name()) / each, 1, std::max<std::size_t>(1, units));
  if (most == 0 || elements <= most || units <= 16) {
    s.units.resize(units);
    std::iota(s.units.begin(), s.units.end(), std::size_t{0});
    return s;
  }
  const std::size_t count = std::clamp<std::size_t>(most / each, 16, units);
  std::set<std::size_t> chosen;
  for (std::size_t k = 0; k < std::min<std::size_t>(4, units); ++k) chosen.insert({k, units - 1 - k});
  // A tile of neighbours at a random place, and one at the end of the last full 128.
  std::mt19937_64 random(seed);
  const std::size_t tile = std::min<std::size_t>(count / 8, 32);
  const std::size_t start = random() % (units - tile + 1);
  for (std::size_t k = 0; k < tile; ++k) chosen.insert(start + k);
  // The units whose inputs are largest: of as many candidates as cost no more than the sample itself.
  for (const auto& [name, x] : call.inputs()) {
    if (!x.type().is_floating() || x.size() % units != 0 || x.size() == 0) continue;
    const std::size_t length = x.size() / units;
    const std::uint64_t mask = x.type().layout.magnitude_mask();
    std::uint64_t largest = 0;
    std::size_t where = 0;
    for (std::size_t u = 0; u < units; ++u) {
      for (std::size_t i = 0; i < length; i += std::max<std::size_t>(1, length / 64)) {
        const std::uint64_t m = x[u * length + i] & mask;
        if (m > largest) {
          largest = m;
          where = u;
        }
      }
    }
    chosen.insert(where);
  }
  for (const std::size_t u : spread_units(units, count, seed + 1)) {
    if (chosen.size() < count) chosen.insert(u);
  }
  while (chosen.size() < count) chosen.insert(random() % units);
  s.units.assign(chosen.begin(), chosen.end());
  const double share = static_cast<double>(s.units.size()) / static_cast<double>(units);
  // A fault that sits in f of the units escapes n independent draws with probability (1 - f)^n.
  const double n = static_cast<double>(s.units.size());
  char text[256];
  std::snprintf(
      text, sizeof text,
      "%zu of %zu units (%.3g%%) were judged: a fault in %.3g%% of them is among these with probability 99%%, "
      "one in a single unit with %.3g%%",
      s.units.size(), units, 100 * share, 100 * (1 - std::pow(0.01, 1 / n)), 100 * share);
  s.in_words = text;
  s.at_once = std::min(s.at_once, s.units.size());
  return s;
}

}  // namespace assay::detail
