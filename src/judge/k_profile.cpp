// The errors e of some elements are regressed on the sums S_b of the blocks b of their products, all blocks at once:
// the shares that make sum over elements of (e - sum_b share_b S_b)^2 least. A block that is missing has a share of -1,
// one that was added twice 1, one whose scale is a factor f off f - 1, and all others 0, up to roundings. What the
// shares explain of the sum of e^2 must be most of it, beyond what as many columns of noise would: rounding errors
// follow no block.
#include "k_profile.hpp"

#include <algorithm>
#include <cmath>

#include "products.hpp"

namespace assay::detail {
namespace {

using column = std::vector<double>;

double product(const column& x, const column& y) {
  double sum = 0;
  for (std::size_t n = 0; n < x.size(); ++n) sum += x[n] * y[n];
  return sum;
}

/// The least squares' solution by the normal equations, a trace of ridge for columns that are alike or zero.
column regress(const std::vector<column>& s, const column& e) {
  const std::size_t n = s.size();
  std::vector<column> rows(n, column(n + 1));
  double trace = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) rows[i][j] = j < i ? rows[j][i] : product(s[i], s[j]);
    rows[i][n] = product(s[i], e);
    trace += rows[i][i];
  }
  for (std::size_t i = 0; i < n; ++i) rows[i][i] += trace * 1e-9 / static_cast<double>(n);
  // The matrix is positive definite: elimination needs no pivots.
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) {
      const double factor = rows[i][i] > 0 ? rows[j][i] / rows[i][i] : 0;
      for (std::size_t k = i; k <= n; ++k) rows[j][k] -= factor * rows[i][k];
    }
  }
  column share(n);
  for (std::size_t i = n; i-- > 0;) {
    double rest = rows[i][n];
    for (std::size_t k = i + 1; k < n; ++k) rest -= rows[i][k] * share[k];
    share[i] = rows[i][i] > 0 ? rest / rows[i][i] : 0;
  }
  return share;
}

}  // namespace

k_profile profile_along_k(const kernel_call& call, std::span<const std::size_t> elements,
                          std::span<const double> errors) {
  k_profile none;
  constexpr std::size_t fewest = 16, most_blocks = 64, shortest = 8;
  if (!products_of::can_tell(call) || elements.size() < fewest) return none;
  const products_of products(call);
  if (products.length() < 2 * shortest) return none;
  k_profile p;
  p.length = products.length();
  p.block = shortest;
  while (p.length > p.block * most_blocks) p.block *= 2;
  while ((p.length + p.block - 1) / p.block * 4 > elements.size()) p.block *= 2;
  const std::size_t blocks = (p.length + p.block - 1) / p.block;
  if (blocks < 2) return none;
  std::vector<column> sums(blocks);
  column e;
  for (std::size_t n = 0; n < elements.size(); ++n) {
    if (!std::isfinite(errors[n])) continue;
    e.push_back(errors[n]);
    const std::vector<double> terms = products(elements[n]);
    for (std::size_t b = 0; b < blocks; ++b) {
      double sum = 0;
      for (std::size_t k = b * p.block; k < std::min((b + 1) * p.block, p.length); ++k) sum += terms[k];
      sums[b].push_back(sum);
    }
  }
  if (e.size() < fewest) return none;
  const column share = regress(sums, e);
  double explained = 0;
  for (std::size_t b = 0; b < blocks; ++b) {
    p.share.push_back(std::isfinite(share[b]) ? static_cast<float>(share[b]) : 0);
    explained += share[b] * product(sums[b], e);
  }
  constexpr double most_of_it = 0.6;
  const double by_chance = static_cast<double>(blocks) / static_cast<double>(e.size());
  return explained > (most_of_it + (1 - most_of_it) * by_chance) * product(e, e) ? p : none;
}

}  // namespace assay::detail
