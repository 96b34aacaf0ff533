#include "sum_row.hpp"

#include "vectorised.hpp"

namespace assay::reference {

namespace {

/// values += addends, whose errors and the sums' own go into the radii.
ASSAY_VECTORISED void add_line(std::span<double> values, std::span<double> radii, const double* addends,
                               const double* errors) {
  for (std::size_t j = 0; j < values.size(); ++j) {
    const double a = values[j], b = addends[j], s = a + b, from_b = s - a;
    const double error = (a - (s - from_b)) + (b - from_b);
    values[j] = s;
    radii[j] += errors[j] + std::abs(error);
  }
}

/// a + b >= 0, rounded up.
double sum_upward(double a, double b) {
  const double s = a + b;
  return s - a == b && s - b == a ? s : s * (1 + 0x1p-51);
}

}  // namespace

sum_row::sum_row(batched_factor a, batched_factor b, std::span<const addend> addends, const product_block& block,
                 std::size_t row, std::size_t row_of_block, stretch_of_vectors columns, bool scales, row_memory& memory)
    : a_(a),
      b_(b),
      addends_(addends),
      block_(block),
      row_(row),
      row_of_block_(row_of_block),
      columns_(columns),
      m_(memory),
      any_special_(block.any_special(row_of_block)) {
  const auto products = block.values(row_of_block);
  m_.values.assign(products.begin(), products.end());
  m_.radii.resize(columns.count);
  block.radii(row_of_block, m_.radii);
  m_.special.assign(columns.count, 0.0);
  if (scales) {
    m_.scales.resize(columns.count);
    block.magnitudes(row_of_block, m_.scales);
  }
  for (const addend& more : addends) add(more, scales);
}

void sum_row::add(const addend& more, bool scales) {
  m_.terms.resize(columns_.count);
  m_.errors.assign(columns_.count, 0.0);
  more.values->read(index(more, 0), more.steps.column, m_.terms);
  for (std::size_t j = 0; j < columns_.count; ++j) {
    double& term = m_.terms[j];
    if (!std::isfinite(term)) {
      any_special_ = true;
      m_.special[j] += term * sign_or_special(more.factor);
      term = 0;
    } else if (more.factor != 1) {
      const ball product = ball(more.factor) * ball(term);
      term = product.value, m_.errors[j] = product.radius;
    }
    if (scales) m_.scales[j] = sum_upward(m_.scales[j], sum_upward(std::abs(term), m_.errors[j]));
  }
  add_line(m_.values, m_.radii, m_.terms.data(), m_.errors.data());
}

double sum_row::special(std::size_t j) const {
  return m_.special[j] +
         special_sum(a_.of, left(), block_.left().specials[row_of_block_], b_.of, right(j), block_.right().specials[j]);
}

const dyadic& sum_row::exact(std::size_t j) const {
  const auto [at, is_new] = exact_.try_emplace(j);
  if (is_new) {
    at->second = exact_product(a_.of, left(), b_.of, right(j));
    for (const addend& more : addends_) {
      at->second += dyadic((*more.values)[index(more, j)]) * dyadic(more.factor);
    }
  }
  return at->second;
}

int sum_row::sign(std::size_t j) const {
  const auto known = exact_.find(j);
  if (known != exact_.end()) return known->second.sign();
  const double x = m_.values[j], reach = m_.radii[j] * (1 + 0x1p-20);
  return x > reach ? 1 : x < -reach ? -1 : 0;
}

bool sum_row::zero_is_negative(std::size_t j, bool downward) const {
  if ((addends_.empty() && !downward) || sign(j) != 0) return false;
  zero_terms terms = zeros_of(a_.of, left(), b_.of, right(j));
  if (addends_.empty()) terms.positive = true;
  for (const addend& more : addends_) {
    const double x = (*more.values)[index(more, j)] * sign_or_special(more.factor);
    (x != 0 ? terms.nonzero : std::signbit(x) ? terms.negative : terms.positive) = true;
  }
  return terms.nonzero ? downward : terms.negative && (downward || !terms.positive);
}

}  // namespace assay::reference
