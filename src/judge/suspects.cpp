#include "suspects.hpp"

#include <algorithm>
#include <cmath>

#include <assay/number/convert.hpp>

#include "honest.hpp"

namespace assay::detail {
namespace {

/// How far an emulated kernel's errors come, at most, in units of the likely bound.
double reach(const court& c, std::span<const tensor> results, const std::vector<tensor>& run,
             const std::vector<examined_result>& examined) {
  double most = 0;
  for (std::size_t r = 0; r < results.size(); ++r) {
    if (results[r].size() == 0) continue;
    const examined_result& x = examined[r];
    const format f = c.outputs[r];
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double value = to_double(run[r][i] & f.code_mask(), f);
      const double beyond = std::abs(value - x.center(i)) - 0.5 * x.ulp(i);
      if (x.error(i) > 0 && beyond > most * x.error(i)) most = beyond / x.error(i);
    }
  }
  return most;
}

}  // namespace

double likely_limit(const court& c, const partition& parts, std::span<const tensor> results,
                    std::span<const suspect> suspects) {
  constexpr std::size_t most_units = 16, most_kernels = 6;
  std::vector<std::size_t> units;
  const std::size_t step = std::max<std::size_t>(1, suspects.size() / most_units);
  for (std::size_t k = 0; k < suspects.size(); k += step) units.push_back(suspects[k].unit);
  std::sort(units.begin(), units.end());
  units.erase(std::unique(units.begin(), units.end()), units.end());
  const part p = parts.take(units);
  const std::vector<examined_result> examined = examine(c, p.call());
  bool emulated = false;
  double furthest = 0;
  for (const honest_kernel& k : honest_kernels(c, most_kernels)) {
    const auto run = emulate(c, p.call(), k.with);
    if (!run) continue;
    emulated = true;
    furthest = std::max(furthest, reach(c, results, *run, examined));
  }
  if (!emulated) return HUGE_VAL;
  return furthest > 0.5 ? 3 * furthest : 1;
}

}  // namespace assay::detail
