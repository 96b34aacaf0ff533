// What kernels ask of their arguments, with one wording of every complaint.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include <assay/tensor/extents.hpp>
#include <assay/tensor/view.hpp>

#include "output_rule.hpp"

namespace assay::reference {

// Each throws std::invalid_argument that names the argument, what it is, and what was expected.
void check_finite(double x, const char* name);
void check_positive(double x, const char* name);      ///< and finite
void check_not_negative(double x, const char* name);  ///< and finite
void check_same_shape(const extents& found, const char* name, const extents& expected, const char* other);

/// The values of a view that has `length` elements; of a view without data nothing.
std::vector<double> optional_vector(const code_view& view, std::size_t length, const char* name);

bool all_finite(std::span<const double> x);

inline int sign_of(double x) { return (x > 0 ? 1 : 0) - (x < 0 ? 1 : 0); }

/// What a double that is not finite, or a zero, says as a special value; nothing for other numbers.
inline std::optional<special_value> special_from(double x) {
  if (std::isnan(x)) return special_value{};
  if (std::isinf(x)) return special_value{value_class::infinity, x < 0};
  if (x == 0) return special_value{value_class::zero, std::signbit(x)};
  return std::nullopt;
}

}  // namespace assay::reference
