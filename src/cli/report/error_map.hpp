// Errors over a tensor as a picture: for the report's page and, in block characters, for the terminal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <assay/tensor/extents.hpp>

namespace assay::cli {

/// One kernel's errors, an entry an element in C order.
struct element_errors {
  extents shape;
  std::vector<float> ulps;  ///< negative below the truth; NaN for another class
  std::vector<bool> failing;
};

/// A tensor as rows and columns: the last axis across, the others down; a long vector folded.
struct map_layout {
  std::size_t rows = 1, columns = 1;
  bool folded = false;

  explicit map_layout(const extents& shape);
};

/// What heat_map.js draws: the worst of each cell, at most a million cells.
nlohmann::ordered_json map_json(const element_errors& errors);

/// At most `columns` characters wide and `rows` lines high; empty for fewer than two elements. `indent` begins each
/// line.
std::string map_text(const element_errors& errors, std::size_t columns, std::size_t rows, const std::string& indent);

}  // namespace assay::cli
