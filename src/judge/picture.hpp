// Draws error_picture: a result as a matrix of its last axis against all others, in a grid of at most 64 by 64 cells.
#pragma once

#include <cmath>
#include <limits>

#include <assay/judge/verdict.hpp>

namespace assay::detail {

class painter {
 public:
  static constexpr std::size_t most_cells = 64;

  painter(std::size_t result, std::string_view name, const extents& shape, bool keep_elements) {
    p_.result = result;
    p_.result_name = name;
    p_.output_columns = shape.rank() == 0 ? 1 : shape[shape.rank() - 1];
    p_.output_rows = p_.output_columns == 0 ? 0 : shape.count() / p_.output_columns;
    p_.rows = std::min(most_cells, p_.output_rows);
    p_.columns = std::min(most_cells, p_.output_columns);
    p_.mean.assign(p_.rows * p_.columns, 0);
    p_.largest = p_.mean;
    p_.failing.assign(p_.mean.size(), 0);
    counts_.assign(p_.mean.size(), 0);
    for (std::size_t c = 0; c < p_.output_columns; ++c) {
      cell_of_column_.push_back(static_cast<std::uint16_t>(c * p_.columns / p_.output_columns));
    }
    if (keep_elements) {
      p_.distances.assign(shape.count(), 0);
      p_.fails.assign(shape.count(), false);
    }
  }

  void add(std::size_t place, double distance, double share, bool fails) {
    // Elements come line by line, so that a line's cells are looked up once.
    if (place - first_ >= p_.output_columns) {
      const std::size_t row = place / p_.output_columns;
      first_ = row * p_.output_columns;
      cells_ = row * p_.rows / p_.output_rows * p_.columns;
    }
    const std::size_t cell = cells_ + cell_of_column_[place - first_];
    constexpr double most = 1e6;
    const double size = std::isnan(distance) ? (fails ? most : 0) : std::min(most, std::abs(distance));
    p_.mean[cell] += static_cast<float>(size);
    p_.largest[cell] = std::max(p_.largest[cell], static_cast<float>(std::min(share, most)));
    p_.failing[cell] += fails;
    ++counts_[cell];
    if (p_.distances.empty()) return;
    p_.distances[place] = static_cast<float>(distance);
    p_.fails[place] = fails;
  }

  error_picture take() {
    std::vector<double> rows(p_.rows), columns(p_.columns);
    std::vector<std::size_t> in_row(p_.rows), in_column(p_.columns);
    for (std::size_t cell = 0; cell < p_.mean.size(); ++cell) {
      const std::size_t row = cell / p_.columns, column = cell % p_.columns;
      rows[row] += p_.mean[cell];
      columns[column] += p_.mean[cell];
      in_row[row] += counts_[cell];
      in_column[column] += counts_[cell];
      p_.mean[cell] = share(p_.mean[cell], counts_[cell]);
    }
    for (std::size_t row = 0; row < p_.rows; ++row) p_.row_mean.push_back(share(rows[row], in_row[row]));
    for (std::size_t c = 0; c < p_.columns; ++c) p_.column_mean.push_back(share(columns[c], in_column[c]));
    return std::move(p_);
  }

 private:
  static float share(double sum, std::size_t count) {
    return count == 0 ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(sum / static_cast<double>(count));
  }

  error_picture p_;
  std::vector<std::uint32_t> counts_;
  std::vector<std::uint16_t> cell_of_column_;
  std::size_t first_ = std::size_t{1} << 63, cells_ = 0;  ///< of the current line; at first none
};

}  // namespace assay::detail
