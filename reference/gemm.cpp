#include <assay/reference/gemm.hpp>

#include <cmath>
#include <memory>
#include <optional>

#include <assay/tensor/describe.hpp>

#include "engine/check.hpp"
#include "engine/matrix_sums.hpp"

namespace assay::reference {

namespace {

/// A matrix or a batch of them.
struct matrix_shape {
  std::size_t batch = 1, rows = 0, columns = 0;
  bool has_batch = false;

  std::size_t size() const { return rows * columns; }
  /// From one matrix of a batch to the next, where one may serve all.
  std::size_t batch_step() const { return has_batch ? size() : 0; }
};

matrix_shape matrix_of(const code_view& view, const char* name) {
  const extents& s = view.shape();
  const std::size_t rank = s.rank();
  if (rank != 2 && rank != 3) {
    throw std::invalid_argument(std::string(name) + " has shape " + to_string(s) +
                                "; expected a matrix or a batch of matrices");
  }
  return {rank == 3 ? s[0] : 1, s[rank - 2], s[rank - 1], rank == 3};
}

[[noreturn]] void refuse(const char* name, const code_view& view, const std::string& expected) {
  throw std::invalid_argument(std::string(name) + " has shape " + to_string(view.shape()) + "; expected " + expected);
}

std::string pair_text(std::size_t rows, std::size_t columns) { return to_string(extents{rows, columns}); }

/// The extent of a block when `extent` is cut into `blocks`; nothing when it cannot be.
std::optional<std::size_t> block_extent(std::size_t extent, std::size_t blocks) {
  if (blocks == 0) return extent == 0 ? std::optional<std::size_t>(1) : std::nullopt;
  const std::size_t each = std::max<std::size_t>((extent + blocks - 1) / blocks, 1);
  if (extent == 0 ? blocks != 1 : (extent + each - 1) / each != blocks) return std::nullopt;
  return each;
}

/// The scales of a factor of rows x columns. `by_row`: the factor's vectors are its rows.
block_scales scales_of(const code_view& view, const reader& values, const char* name, std::size_t batch,
                       std::size_t rows, std::size_t columns, bool by_row) {
  const std::string due = "() or as many rows and columns of scales as cut " + pair_text(rows, columns) +
                          " into equal blocks, such as (1, 1) or " + pair_text(by_row ? rows : 1, by_row ? 1 : columns);
  const matrix_shape s = view.shape().rank() == 0 ? matrix_shape{1, 1, 1, false} : matrix_of(view, name);
  const auto block_rows = block_extent(rows, s.rows), block_columns = block_extent(columns, s.columns);
  if (!block_rows || !block_columns || (s.has_batch && s.batch != batch)) refuse(name, view, due);
  if (by_row) return {&values, *block_rows, *block_columns, s.batch_step(), s.columns, 1};
  return {&values, *block_columns, *block_rows, s.batch_step(), 1, s.columns};
}

}  // namespace

truth gemm(const gemm_inputs& in, const gemm_options& options, const request& want) {
  check_finite(options.alpha, "alpha");
  check_finite(options.beta, "beta");
  const matrix_shape a = matrix_of(in.a, "a"), b = matrix_of(in.b, "b");
  const std::size_t m = options.transpose_a ? a.columns : a.rows, k = options.transpose_a ? a.rows : a.columns;
  const std::size_t n = options.transpose_b ? b.rows : b.columns, depth = options.transpose_b ? b.columns : b.rows;
  if (k != depth) {
    refuse("b", in.b,
           (options.transpose_b ? "(N, " : "(") + std::to_string(k) + (options.transpose_b ? ")" : ", N)") +
               ": a, of shape " + to_string(in.a.shape()) + ", has K = " + std::to_string(k));
  }
  if (a.has_batch && b.has_batch && a.batch != b.batch) {
    refuse("b", in.b, "a batch of " + std::to_string(a.batch) + ", as a has");
  }
  const bool has_batch = a.has_batch || b.has_batch;
  const std::size_t batch = a.has_batch ? a.batch : b.batch;
  const extents shape = has_batch ? extents{batch, m, n} : extents{m, n};

  const reader a_values(in.a, "a"), b_values(in.b, "b");
  using steps = strided_factor::steps;
  strided_factor left(a_values, m, k, options.transpose_a ? steps{a.batch_step(), 1, m} : steps{a.batch_step(), k, 1});
  strided_factor right(b_values, n, k, options.transpose_b ? steps{b.batch_step(), k, 1} : steps{b.batch_step(), 1, n});
  left.multiplier = options.alpha;

  std::optional<reader> a_scales, b_scales, c_values, bias_values;
  if (in.a_scale.has_data()) {
    left.scales = scales_of(in.a_scale, a_scales.emplace(in.a_scale, "a_scale"), "a_scale", batch, m, k, true);
  }
  if (in.b_scale.has_data()) {
    right.scales = scales_of(in.b_scale, b_scales.emplace(in.b_scale, "b_scale"), "b_scale", batch, k, n, false);
  }
  matrix_sums sums{left, right, batch, {}, options.then};
  if (in.c.has_data()) {
    const matrix_shape c = matrix_of(in.c, "c");
    if (c.rows != m || c.columns != n || (c.has_batch && c.batch != batch)) refuse("c", in.c, to_string(shape));
    if (options.beta != 0) {
      sums.addends.push_back({&c_values.emplace(in.c, "c"), {c.batch_step(), n, 1}, options.beta});
    }
  }
  if (in.bias.has_data()) {
    if (in.bias.shape() != extents{n}) refuse("bias", in.bias, to_string(extents{n}));
    sums.addends.push_back({&bias_values.emplace(in.bias, "bias"), {0, 0, 1}});
  }
  return evaluate(sums, shape, want);
}

}  // namespace assay::reference
