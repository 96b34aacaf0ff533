#include "matrix_sums.hpp"

#include <map>

#include "blas.hpp"
#include "check.hpp"
#include "products.hpp"
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

/// Numbers proved not to be above zero become zero.
ASSAY_VECTORISED void relu_line(std::span<double> values, std::span<double> radii) {
  for (std::size_t j = 0; j < values.size(); ++j) {
    const double reach = radii[j] * (1 + 0x1p-20);
    const bool zero = values[j] + reach <= 0;
    values[j] = zero ? 0.0 : values[j];
    radii[j] = zero ? 0.0 : radii[j];
  }
}

/// a + b >= 0, rounded up.
double sum_upward(double a, double b) {
  const double s = a + b;
  return s - a == b && s - b == a ? s : s * (1 + 0x1p-51);
}

/// Memory of one thread, for one line at a time.
struct line_memory {
  std::vector<double> values, radii, terms, errors, scales;
  std::vector<double> special;  ///< sums of the addends that are not finite; 0 elsewhere
};

/// A row of a block of sums.
class sum_line {
 public:
  static constexpr bool estimates_beside_specials = true;

  sum_line(const matrix_sums& sums, const product_block& block, place row, std::size_t row_of_block,
           stretch_of_vectors columns, bool downward, bool scales, line_memory& memory)
      : sums_(sums),
        block_(block),
        row_(row),
        row_of_block_(row_of_block),
        columns_(columns),
        downward_(downward),
        m_(memory),
        any_special_(block.any_special(row_of_block)) {
    const auto found = block.values(row_of_block);
    m_.values.assign(found.begin(), found.end());
    m_.radii.resize(columns.count);
    m_.special.assign(columns.count, 0.0);
    block.radii(row_of_block, m_.radii);
    if (scales) {
      m_.scales.resize(columns.count);
      block.magnitudes(row_of_block, m_.scales);
    }
    for (const addend& more : sums.addends) add(more, scales);
  }

  std::size_t outputs() const { return columns_.count; }
  bool any_special() const { return any_special_; }
  std::optional<special_value> special(std::size_t j) const {
    const double sum = special_sum_of(j);
    return std::isfinite(sum) ? std::nullopt : special_of_value(activated_special(sums_.then, sum));
  }

  void estimate(std::span<double> values, std::span<double> radii) const {
    std::copy(m_.values.begin(), m_.values.end(), values.begin());
    std::copy(m_.radii.begin(), m_.radii.end(), radii.begin());
    if (sums_.then == activation::relu) relu_line(values, radii);
    if (is_transcendental(sums_.then)) {
      for (std::size_t j = 0; j < values.size(); ++j) {
        const ball y = activated(sums_.then, ball(values[j], radii[j]));
        values[j] = y.value, radii[j] = y.radius;
      }
    }
    for (std::size_t j = 0; any_special_ && j < values.size(); ++j) {
      const double sum = special_sum_of(j);
      if (!std::isfinite(sum)) values[j] = activated_special(sums_.then, sum), radii[j] = 0;
    }
  }

  template <class Real, class Emit>
  void evaluate(selection which, const Emit& emit) const {
    for (const std::size_t j : which) emit(j, activated(sums_.then, from_exact<Real>(exact(j))));
  }
  std::optional<int> compare(std::size_t j, const rational& t) const {
    return compare_activated(sums_.then, exact(j), t);
  }

  int strict_sign(std::size_t j) const {
    if (!is_transcendental(sums_.then)) return 0;
    const auto known = exact_.find(j);
    const double reach = m_.radii[j] * (1 + 0x1p-20), x = m_.values[j];
    return strict_sign_of(sums_.then, known != exact_.end() ? known->second.sign()
                                      : x > reach           ? 1
                                      : x < -reach          ? -1
                                                            : 0);
  }
  bool zero_is_negative(std::size_t j) const {
    if (sums_.then == activation::relu) return false;
    if (sums_.addends.empty() && !downward_) return false;                   // +0 is one of the terms
    if (std::abs(m_.values[j]) > m_.radii[j] * (1 + 0x1p-20)) return false;  // no zero
    zero_terms terms = zeros_of(sums_.a, row_, sums_.b, column(j));
    if (sums_.addends.empty()) terms.positive = true;
    for (const addend& more : sums_.addends) {
      const double x = (*more.values)[index(more, j)] * sign_or_special(more.factor);
      (x != 0 ? terms.nonzero : std::signbit(x) ? terms.negative : terms.positive) = true;
    }
    if (terms.nonzero) return downward_;
    return terms.negative && (downward_ || !terms.positive);
  }

 private:
  place column(std::size_t j) const { return {row_.batch, columns_.first + j}; }
  std::size_t index(const addend& more, std::size_t j) const {
    return row_.batch % more.period * more.steps.batch + row_.vector * more.steps.row +
           (columns_.first + j) * more.steps.column;
  }

  void add(const addend& more, bool scales) {
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

  double special_sum_of(std::size_t j) const {
    static const std::vector<packed_vectors::special> none;
    const auto& of_column = block_.right().any_special ? block_.right().specials[j] : none;
    return m_.special[j] +
           special_sum(sums_.a, row_, block_.left().specials[row_of_block_], sums_.b, column(j), of_column);
  }
  static std::optional<special_value> special_of_value(double y) {
    return std::isfinite(y) && y != 0 ? std::nullopt : special_from(y);
  }

  const dyadic& exact(std::size_t j) const {
    const auto [at, is_new] = exact_.try_emplace(j);
    if (is_new) {
      at->second = exact_product(sums_.a, row_, sums_.b, column(j));
      for (const addend& more : sums_.addends) {
        at->second += dyadic((*more.values)[index(more, j)]) * dyadic(more.factor);
      }
    }
    return at->second;
  }

  const matrix_sums& sums_;
  const product_block& block_;
  place row_;
  std::size_t row_of_block_;
  stretch_of_vectors columns_;
  bool downward_;
  line_memory& m_;
  bool any_special_;
  mutable std::map<std::size_t, dyadic> exact_;
};

/// The n-th of the blocks that a batch of matrices is cut into.
struct block_grid {
  std::size_t batches, rows, columns, most_rows, most_columns;

  std::size_t down() const { return (rows + most_rows - 1) / most_rows; }
  std::size_t across() const { return (columns + most_columns - 1) / most_columns; }
  std::size_t count() const { return batches * down() * across(); }
  std::size_t batch(std::size_t n) const { return n / (down() * across()); }
  static stretch_of_vectors stretch(std::size_t n, std::size_t most, std::size_t all) {
    return {n * most, std::min(most, all - n * most)};
  }
  stretch_of_vectors row_stretch(std::size_t n) const { return stretch(n / across() % down(), most_rows, rows); }
  stretch_of_vectors column_stretch(std::size_t n) const { return stretch(n % across(), most_columns, columns); }
};

}  // namespace

truth evaluate(const matrix_sums& sums, const extents& shape, const request& want) {
  const output_rule rule(want.to, want.how);
  truth result = make_truth(want, shape);
  if (want.scales) result.scale = tensor(element_type::of(binary64), shape);
  const bool downward = want.how.mode == rounding::downward;
  const std::size_t most_rows = want.threads == 1 ? product_block::most_rows : product_block::most_rows / 4;
  const block_grid grid{sums.batches, sums.a.count, sums.b.count, most_rows, product_block::most_columns};
  if (shape.count() == 0) return result;
  const single_threaded_blas own_threads_only;
  result.decided =
      in_parallel(grid.count(), want.threads, [&](std::size_t first, std::size_t last, workspace& w, decisions& made) {
        product_block block;
        line_memory memory;
        for (std::size_t n = first; n < last; ++n) {
          const std::size_t batch = grid.batch(n);
          const stretch_of_vectors rows = grid.row_stretch(n), columns = grid.column_stretch(n);
          block.compute(sums.a, rows, sums.b, columns, batch, want.scales);
          for (std::size_t r = 0; r < rows.count; ++r) {
            const place row{batch, rows.first + r};
            const sum_line line(sums, block, row, r, columns, downward, want.scales, memory);
            const std::size_t at = (batch * grid.rows + row.vector) * grid.columns + columns.first;
            decide(line, rule, want, w, line_of_truth(result, at, 1), made);
            if (want.scales) {
              const auto bytes = std::as_bytes(std::span(memory.scales).first(columns.count));
              std::copy(bytes.begin(), bytes.end(), result.scale.bytes().begin() + static_cast<std::ptrdiff_t>(8 * at));
            }
          }
        }
      });
  return result;
}

}  // namespace assay::reference
