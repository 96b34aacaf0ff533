#include "columns.hpp"

#include "vectorised.hpp"

namespace assay::reference {

namespace {

constexpr double u = 0x1p-53;

// TwoSum in every column. The errors are added up as well, with their signs, and their magnitudes bound what that
// misses: at most a rounding for each addition made.
ASSAY_VECTORISED void add_rows(const double* x, std::size_t rows, std::size_t width, double* sums, double* radii) {
  constexpr std::size_t block = 64;
  for (std::size_t first = 0; first < width; first += block) {
    double sum[block] = {}, errors[block] = {}, magnitudes[block] = {};
    const std::size_t count = std::min(block, width - first);
    for (std::size_t r = 0; r < rows; ++r) {
      const double* const row = x + r * width + first;
      for (std::size_t i = 0; i < count; ++i) {
        const double s = sum[i] + row[i], from_row = s - sum[i];
        const double error = (sum[i] - (s - from_row)) + (row[i] - from_row);
        sum[i] = s;
        errors[i] += error;
        magnitudes[i] += std::abs(error);
      }
    }
    for (std::size_t i = 0; i < count; ++i) {
      const ball y = ball(sum[i]) + ball(errors[i], magnitudes[i] * (static_cast<double>(rows) * u));
      sums[first + i] = y.value;
      radii[first + i] = y.radius;
    }
  }
}

}  // namespace

bool column_sums::zero_is_negative(std::size_t i) const {
  if (!zeros_by_rule || of.rows() == 0) return false;
  bool all_negative = true, all_positive = true;
  for (std::size_t r = 0; r < of.rows(); ++r) {
    const double v = of.at(r, i);
    all_negative = all_negative && v == 0 && std::signbit(v);
    all_positive = all_positive && v == 0 && !std::signbit(v);
  }
  return all_negative || (mode == rounding::downward && !all_positive);
}

void column_sums::estimate(std::span<double> values, std::span<double> radii) const {
  add_rows(of.x.data(), of.rows(), of.width, values.data(), radii.data());
}

// A sum of n terms rounded upward by n u and a little.
double column_magnitude(const column_block& of, std::size_t column) {
  double sum = 0;
  for (std::size_t r = 0; r < of.rows(); ++r) {
    if (std::isfinite(of.at(r, column))) sum += std::abs(of.at(r, column));
  }
  return sum * (1 + static_cast<double>(of.rows() + 1) * 0x1p-52);
}

std::size_t columns_together(std::size_t rows, std::size_t columns) {
  constexpr std::size_t least = 32, most = std::size_t{1} << 17;
  return std::min(columns, std::max(least, most / std::max<std::size_t>(rows, 1)));
}

void read_columns(const reader& x, std::size_t rows, std::size_t columns, std::size_t first, std::size_t width,
                  std::vector<double>& out) {
  out.resize(rows * width);
  for (std::size_t r = 0; r < rows; ++r) x.read(r * columns + first, 1, std::span(out).subspan(r * width, width));
}

truth sum_of_columns(const reader& x, std::size_t rows, const extents& shape, bool zeros_by_rule, const request& want) {
  const output_rule rule(want.to, want.how);
  truth result = make_truth(want, shape);
  if (want.scales) result.scale = tensor(element_type::of(binary64), shape);
  const std::size_t columns = result.value.size(), together = columns_together(rows, columns);
  const std::size_t blocks = columns == 0 ? 0 : (columns + together - 1) / together;
  result.decided = in_parallel(
      blocks, want.threads, result.value.size(),
      [&](std::size_t first, std::size_t last, workspace& w, decisions& made) {
        std::vector<double> values;
        for (std::size_t c = first * together; c < std::min(last * together, columns); c += together) {
          const std::size_t width = std::min(together, columns - c);
          read_columns(x, rows, columns, c, width, values);
          const column_block block{values, width};
          decide(column_sums{block, want.how.mode, zeros_by_rule}, rule, want, w, line_of_truth(result, c, 1), made);
          for (std::size_t i = 0; want.scales && i < width; ++i) {
            result.scale.set(c + i, std::bit_cast<std::uint64_t>(column_magnitude(block, i)));
          }
        }
      });
  return result;
}

}  // namespace assay::reference
