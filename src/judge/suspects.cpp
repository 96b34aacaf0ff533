#include "suspects.hpp"

#include <algorithm>
#include <cmath>

#include <assay/number/convert.hpp>

#include "honest.hpp"

namespace assay::detail {
namespace {

/// Whether an emulated kernel comes to more than half of the likely bound somewhere.
bool comes_close(const court& c, std::span<const tensor> results, const std::vector<tensor>& run,
                 const std::vector<examined_result>& examined) {
  for (std::size_t r = 0; r < results.size(); ++r) {
    if (results[r].size() == 0) continue;
    const examined_result& x = examined[r];
    const format f = c.outputs[r];
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double value = to_double(run[r][i] & f.code_mask(), f);
      const double beyond = std::abs(value - x.center(i)) - 0.5 * x.ulp(i);
      if (beyond > 0.5 * x.error(i) && x.error(i) > 0) return true;
    }
  }
  return false;
}

}  // namespace

bool likely_bound_counts(const court& c, const partition& parts, std::span<const tensor> results,
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
  for (const honest_kernel& k : honest_kernels(c, most_kernels)) {
    const auto run = emulate(c, p.call(), k.with);
    if (!run) continue;
    emulated = true;
    if (comes_close(c, results, *run, examined)) return false;
  }
  // Without an emulation there is no telling: then only the rigorous bound counts.
  return emulated;
}

}  // namespace assay::detail
