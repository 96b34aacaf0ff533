// Block scales: for each block of k a product in binary32 by whatever route serves it, then one pass that scales it and
// adds it up.
#include <algorithm>

#include "engine.hpp"
#include "parallel.hpp"
#include "routes.hpp"
#include "scale_sums.hpp"

namespace assay::gemm_kernels {

namespace {

/// Rows of D at a time, of which blocks of k are walked together: a thread's sums and products stay in its second-level
/// cache, but not so few rows that packing the columns again for each of them would count. Within 2^22 sums a thread.
std::size_t rows_at_a_time(std::size_t n, std::size_t threads) {
  constexpr std::size_t in_cache = std::size_t{3} << 16, most = std::size_t{1} << 22, fewest_rows = 2 * block_rows;
  return std::max({in_cache / n, std::min(fewest_rows, most / n), std::size_t{1}}) * threads;
}

/// The scales of one side, decoded: one for each block of lines and of k.
class scales {
 public:
  /// `by_rows`: the blocks of lines are the matrix's rows.
  scales(const matrix& x, std::size_t batch, bool by_rows) {
    if (x.codes == nullptr) return;
    const strides s = strides_of(x);
    lines_ = by_rows ? x.rows : x.columns;
    const std::size_t blocks = by_rows ? x.columns : x.rows;
    values_.resize(lines_ * blocks);
    for (std::size_t k = 0; k < blocks; ++k) {
      decode_run(batch_of(x, batch), x.type, k * (by_rows ? s.column : s.row), by_rows ? s.row : s.column, lines_,
                 values_.data() + k * lines_);
    }
  }
  bool is_on() const { return !values_.empty(); }
  float at(std::size_t line, std::size_t k) const { return values_[k * lines_ + line]; }

 private:
  std::size_t lines_ = 0;
  std::vector<float> values_;
};

/// The scales of one block of k for every column; ones without.
std::vector<float> for_columns(const scales& s, std::size_t block_n, std::size_t k, std::size_t n) {
  std::vector<float> all(n, 1.0f);
  for (std::size_t j = 0; s.is_on() && j < n; ++j) all[j] = s.at(j / block_n, k);
  return all;
}

/// Rows [row, row + rows) of op(A) with the k of one block, and so on.
matrix part(const matrix& x, std::size_t batch, std::size_t row, std::size_t rows, std::size_t column,
            std::size_t columns) {
  const strides s = strides_of(x);
  matrix y = x;
  const std::size_t first = row * s.row + column * s.column;
  y.codes = static_cast<const std::byte*>(batch_of(x, batch)) + first * bytes_of(x.type);
  y.rows = rows;
  y.columns = columns;
  y.leading_dimension = std::max(s.row, s.column);
  y.batch_stride = 0;
  return y;
}
matrix part_of(const matrix& x, bool transposed, std::size_t batch, std::size_t row, std::size_t rows,
               std::size_t column, std::size_t columns) {
  return transposed ? part(x, batch, column, columns, row, rows) : part(x, batch, row, rows, column, columns);
}

integer_vector part_of(const integer_vector& v, std::size_t first, std::size_t count) {
  return v.size > 1 ? integer_vector{v.values + first, count} : v;
}

}  // namespace

bool block_scaled_route(const batch& work) {
  const gemm_problem& p = work.problem;
  const gemm_block_scales& by = p.block_scales;
  if (!by.is_on()) return false;
  const std::size_t m = work.size.m, n = work.size.n, k = work.size.k;
  const std::size_t batch = work.out.batch_number();
  const scales a(by.a, batch, true), b(by.b, batch, false);
  const std::size_t slab = rows_at_a_time(n, work.threads);
  const aligned_buffer<float> sums(std::min(slab, m) * n), products(std::min(slab, m) * n);

  for (std::size_t first = 0; first < m; first += slab) {
    const std::size_t rows = std::min(slab, m - first);
    parallel_for(work.threads, rows, [&](std::size_t i) {
      float* const y = sums.data() + i * n;
      if (work.out.has_start())
        work.out.start(first + i, 0, n, binary32, {}, y);
      else
        std::fill_n(y, n, 0.0f);
    });
    for (std::size_t block = 0, done = 0; done < k; ++block, done += by.block_k) {
      const std::size_t count = std::min(by.block_k, k - done);
      gemm_problem q;
      q.a = part_of(p.a, p.transpose_a, batch, first, rows, done, count);
      q.b = part_of(p.b, p.transpose_b, batch, done, count, 0, n);
      q.transpose_a = p.transpose_a;
      q.transpose_b = p.transpose_b;
      q.d = {.codes = products.data(), .type = binary32, .rows = rows, .columns = n};
      q.with = p.with;
      q.order = p.order;
      q.threads = work.threads;
      q.zero_a = part_of(p.zero_a, first, rows);
      q.zero_b = p.zero_b;
      gemm(q);
      const std::vector<float> columns = for_columns(b, by.block_n, block, n);
      parallel_for(work.threads, rows, [&](std::size_t i) {
        const float scale = a.is_on() ? a.at((first + i) / by.block_m, block) : 1.0f;
        add_scaled(by.order, products.data() + i * n, scale, columns.data(), n, sums.data() + i * n);
      });
      if (count < by.block_k) break;
    }
    parallel_for(work.threads, rows, [&](std::size_t i) { work.out.finish(first + i, 0, n, sums.data() + i * n); });
    work.told.add(rows * n);
  }
  return true;
}

}  // namespace assay::gemm_kernels
