// Shapes and element types in words, for messages and reports.
#pragma once

#include <string>

#include <assay/format/name.hpp>
#include <assay/tensor/tensor.hpp>

namespace assay {

/// As Python writes it: (1500, 16), (3,), ().
inline std::string to_string(const extents& shape) {
  std::string text = "(";
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    if (axis != 0) text += ", ";
    text += std::to_string(shape[axis]);
  }
  return text + (shape.rank() == 1 ? ",)" : ")");
}

inline std::string to_string(const element_type& type) {
  switch (type.what) {
    case element_type::kind::floating: return format_name(type.layout);
    case element_type::kind::signed_integer: return "int" + std::to_string(type.integer_bits);
    case element_type::kind::unsigned_integer: return "uint" + std::to_string(type.integer_bits);
    case element_type::kind::boolean: break;
  }
  return "bool";
}

}  // namespace assay
