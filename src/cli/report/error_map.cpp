#include "error_map.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include <fmt/format.h>

#include "terminal.hpp"

namespace assay::cli {
namespace {

constexpr std::size_t most_cells = std::size_t{1} << 20;
constexpr int per_octave = 3, smallest_octave = -10, highest_level = 126, other_class = -128;  // as in heat_map.js

int level_of(float ulps) {
  if (std::isnan(ulps)) return other_class;
  if (ulps == 0) return 0;
  const double octave = std::isinf(ulps) ? 64 : std::log2(std::abs(static_cast<double>(ulps)));
  const int level = 1 + static_cast<int>(std::lround((octave - smallest_octave) * per_octave));
  return (ulps < 0 ? -1 : 1) * std::clamp(level, 1, highest_level);
}

/// Which of two elements a cell shows: one that fails, then the larger error.
int weight(int level, bool failing) { return (failing ? 256 : 0) + std::abs(level); }

struct cell {
  int level = 0;
  bool failing = false;
};

/// The tensor in cells of row_step x column_step elements, each its worst element.
struct cell_map {
  std::size_t rows, columns, row_step, column_step;
  std::vector<cell> cells;

  cell_map(const element_errors& errors, const map_layout& layout, std::size_t row_step_, std::size_t column_step_)
      : rows((layout.rows + row_step_ - 1) / row_step_),
        columns((layout.columns + column_step_ - 1) / column_step_),
        row_step(row_step_),
        column_step(column_step_),
        cells(rows * columns) {
    for (std::size_t n = 0; n < errors.ulps.size(); ++n) {
      cell& c = cells[n / layout.columns / row_step * columns + n % layout.columns / column_step];
      const cell one{level_of(errors.ulps[n]), errors.failing[n]};
      if (weight(one.level, one.failing) > weight(c.level, c.failing)) c = one;
    }
  }
};

std::string base64(const std::vector<std::uint8_t>& bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t word = 0;
    for (std::size_t k = 0; k < 3; ++k) word = word << 8 | (i + k < bytes.size() ? bytes[i + k] : 0u);
    for (std::size_t k = 0; k < 4; ++k) {
      text += i + k > bytes.size() ? '=' : digits[word >> (18 - 6 * k) & 63];
    }
  }
  return text;
}

}  // namespace

map_layout::map_layout(const extents& shape) {
  const std::size_t count = shape.count();
  columns = shape.rank() == 0 ? 1 : shape[shape.rank() - 1];
  if (shape.rank() == 1 && count > 256) {
    columns = 64;
    while (columns * columns < count && columns < 4096) columns *= 2;
    folded = true;
  }
  columns = std::max<std::size_t>(columns, 1);
  rows = std::max<std::size_t>((count + columns - 1) / columns, 1);
}

nlohmann::ordered_json map_json(const element_errors& errors) {
  const map_layout layout(errors.shape);
  std::size_t row_step = 1, column_step = 1;
  const auto parts = [](std::size_t whole, std::size_t step) { return (whole + step - 1) / step; };
  while (parts(layout.rows, row_step) * parts(layout.columns, column_step) > most_cells) {
    (parts(layout.rows, row_step) > parts(layout.columns, column_step) ? row_step : column_step) *= 2;
  }
  const cell_map map(errors, layout, row_step, column_step);
  std::vector<std::uint8_t> levels(map.cells.size()), failing((map.cells.size() + 7) / 8);
  for (std::size_t i = 0; i < map.cells.size(); ++i) {
    levels[i] = static_cast<std::uint8_t>(map.cells[i].level);
    if (map.cells[i].failing) failing[i / 8] = static_cast<std::uint8_t>(failing[i / 8] | 1u << i % 8);
  }
  return {{"rows", map.rows},           {"columns", map.columns},         {"row_step", row_step},
          {"column_step", column_step}, {"full_columns", layout.columns}, {"folded", layout.folded},
          {"levels", base64(levels)},   {"failing", base64(failing)}};
}

std::string map_text(const element_errors& errors, std::size_t columns, std::size_t rows, const std::string& indent) {
  if (errors.ulps.size() < 2) return "";
  const map_layout layout(errors.shape);
  const cell_map map(errors, layout, (layout.rows + rows - 1) / rows, (layout.columns + columns - 1) / columns);
  // Where anything fails the shades tell failures apart, and all that passes is light: a pipe shows no colours.
  const bool any_failing = std::any_of(map.cells.begin(), map.cells.end(), [](const cell& c) { return c.failing; });
  int smallest = highest_level, largest = 0;
  for (const cell& c : map.cells) {
    if (c.level == 0 || c.level == other_class || c.failing != any_failing) continue;
    smallest = std::min(smallest, std::abs(c.level));
    largest = std::max(largest, std::abs(c.level));
  }
  smallest = std::max(smallest, largest - 4 * per_octave);  // the shades tell octaves of the larger errors apart
  constexpr std::array<std::string_view, 4> shades{"░", "▒", "▓", "█"};
  const auto shade = [&](const cell& c) {
    if (any_failing && !c.failing) return shades[0];
    const int first = any_failing ? 1 : 0;
    const int place = first + (std::abs(c.level) - smallest) * (3 - first) / std::max(largest - smallest, 1);
    return shades[static_cast<std::size_t>(std::clamp(place, first, 3))];
  };
  std::string text;
  for (std::size_t r = 0; r < map.rows; ++r) {
    text += indent;
    for (std::size_t c = 0; c < map.columns; ++c) {
      const cell& one = map.cells[r * map.columns + c];
      const std::string_view mark = one.level == other_class ? "X"
                                    : one.level == 0         ? (one.failing ? "·" : " ")
                                                             : shade(one);
      text += one.failing ? painted(mark, colour::red) : painted(mark, colour::dim);
    }
    text += '\n';
  }
  return text;
}

}  // namespace assay::cli
