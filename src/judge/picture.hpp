// Draws error_picture: a result as a matrix of its last axis against all others, in a grid of at most 64 by 64 cells.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include <assay/judge/verdict.hpp>

namespace assay::detail {

/// What some elements add to a picture. Each part of a check has its own, and they are put together in the parts'
/// order.
struct picture_cells {
  std::vector<double> sums;  ///< of distances
  std::vector<float> largest;
  std::vector<std::uint32_t> failing, counts;

  // Elements come line by line, so that a line's cells are looked up once.
  std::size_t line = std::size_t{1} << 63, of_line = 0;  ///< the last element's: first element and cell; at first none

  explicit picture_cells(std::size_t cells = 0) : sums(cells), largest(cells), failing(cells), counts(cells) {}
  void add(const picture_cells& other) {
    for (std::size_t cell = 0; cell < sums.size(); ++cell) {
      sums[cell] += other.sums[cell];
      largest[cell] = std::max(largest[cell], other.largest[cell]);
      failing[cell] += other.failing[cell];
      counts[cell] += other.counts[cell];
    }
  }
};

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
    all_ = blank();
    for (std::size_t column = 0; column < p_.output_columns; ++column) {
      const std::size_t cell = column * p_.columns / p_.output_columns;
      if (cell == first_column_.size()) first_column_.push_back(column);
      cell_of_column_.push_back(static_cast<std::uint16_t>(cell));
    }
    first_column_.push_back(p_.output_columns);
    if (keep_elements) {
      p_.distances.assign(shape.count(), 0);
      fails_.assign(shape.count(), 0);
    }
  }

  picture_cells blank() const { return picture_cells(p_.rows * p_.columns); }

  /// One element. On several threads for different elements, each with its own cells.
  void add(picture_cells& cells, std::size_t place, double distance, double share, bool fails) {
    if (place - cells.line >= p_.output_columns) {
      const std::size_t row = place / p_.output_columns;
      cells.line = row * p_.output_columns;
      cells.of_line = cell_of_row(row);
    }
    const std::size_t cell = cells.of_line + cell_of_column_[place - cells.line];
    cells.sums[cell] += std::isnan(distance) ? (fails ? most : 0) : std::min(most, std::abs(distance));
    cells.largest[cell] = std::max(cells.largest[cell], static_cast<float>(std::min(share, most)));
    cells.failing[cell] += fails;
    ++cells.counts[cell];
    keep(place, distance, fails);
  }

  /// Elements behind each other: those with `counted` 1, as they pass without a share; the others' distances are 0.
  void add(picture_cells& cells, std::size_t place, std::span<const double> distances,
           std::span<const std::uint8_t> counted) {
    for (std::size_t i = 0; i < distances.size();) {
      const std::size_t row = (place + i) / p_.output_columns, column = (place + i) % p_.output_columns;
      const std::size_t of_row = cell_of_row(row);
      const std::size_t end = std::min(distances.size(), i + p_.output_columns - column), start = i - column;
      for (std::size_t c = cell_of_column_[column]; i < end; ++c) {
        const std::size_t last = std::min(end, start + first_column_[c + 1]);
        cells.sums[of_row + c] += sum_of(distances.subspan(i, last - i));
        for (; i < last; ++i) cells.counts[of_row + c] += counted[i];
      }
    }
    if (p_.distances.empty()) return;
    for (std::size_t i = 0; i < distances.size(); ++i) {
      if (counted[i] != 0) p_.distances[place + i] = static_cast<float>(distances[i]);
    }
  }

  void put_together(const picture_cells& cells) { all_.add(cells); }
  picture_cells& whole() { return all_; }

  error_picture take() {
    std::vector<double> rows(p_.rows), columns(p_.columns);
    std::vector<std::size_t> in_row(p_.rows), in_column(p_.columns);
    for (std::size_t cell = 0; cell < all_.sums.size(); ++cell) {
      const std::size_t row = cell / p_.columns, column = cell % p_.columns;
      rows[row] += all_.sums[cell];
      columns[column] += all_.sums[cell];
      in_row[row] += all_.counts[cell];
      in_column[column] += all_.counts[cell];
      p_.mean.push_back(share(all_.sums[cell], all_.counts[cell]));
    }
    p_.largest = std::move(all_.largest);
    p_.failing = std::move(all_.failing);
    for (std::size_t row = 0; row < p_.rows; ++row) p_.row_mean.push_back(share(rows[row], in_row[row]));
    for (std::size_t c = 0; c < p_.columns; ++c) p_.column_mean.push_back(share(columns[c], in_column[c]));
    p_.fails.assign(fails_.begin(), fails_.end());
    return std::move(p_);
  }

 private:
  static constexpr double most = 1e6;

  static float share(double sum, std::size_t count) {
    return count == 0 ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(sum / static_cast<double>(count));
  }
  /// Of magnitudes, in four sums that do not wait for each other.
  static double sum_of(std::span<const double> x) {
    double sums[4]{};
    std::size_t i = 0;
    for (; i + 4 <= x.size(); i += 4) {
      for (std::size_t k = 0; k < 4; ++k) sums[k] += std::min(most, std::abs(x[i + k]));
    }
    for (; i < x.size(); ++i) sums[0] += std::min(most, std::abs(x[i]));
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
  }
  std::size_t cell_of_row(std::size_t row) const { return row * p_.rows / p_.output_rows * p_.columns; }
  void keep(std::size_t place, double distance, bool fails) {
    if (p_.distances.empty()) return;
    p_.distances[place] = static_cast<float>(distance);
    fails_[place] = fails ? 1 : 0;
  }

  error_picture p_;
  picture_cells all_;
  std::vector<std::uint16_t> cell_of_column_;
  std::vector<std::size_t> first_column_;  ///< of each cell, and one more
  std::vector<std::uint8_t> fails_;        ///< bytes, which threads may write side by side
};

}  // namespace assay::detail
