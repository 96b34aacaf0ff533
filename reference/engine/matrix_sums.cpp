#include "matrix_sums.hpp"

#include "blas.hpp"
#include "check.hpp"
#include "vectorised.hpp"

namespace assay::reference {

namespace {

/// Numbers proved not to be above zero become zero.
ASSAY_VECTORISED void relu_line(std::span<double> values, std::span<double> radii) {
  for (std::size_t j = 0; j < values.size(); ++j) {
    const double reach = radii[j] * (1 + 0x1p-20);
    const bool zero = values[j] + reach <= 0;
    values[j] = zero ? 0.0 : values[j];
    radii[j] = zero ? 0.0 : radii[j];
  }
}

/// A row of sums, and what the activation makes of them.
struct activated_row {
  static constexpr bool estimates_beside_specials = true;

  const sum_row& sums;
  activation then;
  bool downward;

  std::size_t outputs() const { return sums.size(); }
  bool any_special() const { return sums.any_special(); }
  /// An activation's limit that is neither zero nor infinite is an estimate without an error.
  std::optional<special_value> special(std::size_t j) const {
    const double sum = sums.special(j);
    return std::isfinite(sum) ? std::nullopt : special_from(activated_special(then, sum));
  }

  void estimate(std::span<double> values, std::span<double> radii) const {
    std::copy(sums.values().begin(), sums.values().end(), values.begin());
    std::copy(sums.radii().begin(), sums.radii().end(), radii.begin());
    if (then == activation::relu) relu_line(values, radii);
    if (is_transcendental(then)) {
      for (std::size_t j = 0; j < values.size(); ++j) {
        const ball y = activated(then, ball(values[j], radii[j]));
        values[j] = y.value, radii[j] = y.radius;
      }
    }
    for (std::size_t j = 0; any_special() && j < values.size(); ++j) {
      const double sum = sums.special(j);
      if (!std::isfinite(sum)) values[j] = activated_special(then, sum), radii[j] = 0;
    }
  }

  template <class Real, class Emit>
  void evaluate(selection which, const Emit& emit) const {
    for (const std::size_t j : which) emit(j, activated(then, from_exact<Real>(sums.exact(j))));
  }
  std::optional<int> compare(std::size_t j, const rational& t) const {
    return compare_activated(then, sums.exact(j), t);
  }
  int strict_sign(std::size_t j) const { return is_transcendental(then) ? strict_sign_of(then, sums.sign(j)) : 0; }
  bool zero_is_negative(std::size_t j) const { return then != activation::relu && sums.zero_is_negative(j, downward); }
};

}  // namespace

truth evaluate(const matrix_sums& sums, const extents& shape, const request& want) {
  const output_rule rule(want.to, want.how);
  truth result = make_truth(want, shape);
  if (want.scales) result.scale = tensor(element_type::of(binary64), shape);
  if (shape.count() == 0) return result;
  // Smaller blocks when several threads are to have some.
  const std::size_t most_rows = want.threads == 1 ? product_block::most_rows : product_block::most_rows / 4;
  const block_grid grid{sums.batches, sums.a.count, sums.b.count, most_rows, product_block::most_columns};
  const single_threaded_blas own_threads_only;
  result.decided = in_parallel(
      grid.count(), want.threads, result.value.size(),
      [&](std::size_t first, std::size_t last, workspace& w, decisions& made) {
        product_block block;
        row_memory memory;
        for (std::size_t n = first; n < last; ++n) {
          const batched_factor a{sums.a, grid.batch(n)}, b{sums.b, grid.batch(n)};
          const stretch_of_vectors rows = grid.row_stretch(n), columns = grid.column_stretch(n);
          block.compute(a, rows, b, columns, want.scales);
          for (std::size_t r = 0; r < rows.count; ++r) {
            const std::size_t i = rows.first + r, at = (a.batch * grid.rows + i) * grid.columns + columns.first;
            const sum_row row(a, b, sums.addends, block, i, r, columns, want.scales, memory);
            const activated_row line{row, sums.then, want.how.mode == rounding::downward};
            decide(line, rule, want, w, line_of_truth(result, at, 1), made);
            if (want.scales) put_scales(result, at, row.scales());
          }
        }
      });
  return result;
}

}  // namespace assay::reference
