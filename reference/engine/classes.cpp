#include "classes.hpp"

#include <stdexcept>
#include <string>

#include <assay/tensor/describe.hpp>

#include "check.hpp"

namespace assay::reference {

class_targets::class_targets(const tensor& classes, const class_lines& lines, std::int64_t ignore_index)
    : classes_(classes), ignore_index_(ignore_index), counts_(lines.classes()) {
  const element_type type = classes.type();
  if (type.what != element_type::kind::signed_integer && type.what != element_type::kind::unsigned_integer) {
    throw std::invalid_argument("target holds " + to_string(type) + "; expected integers");
  }
  check_same_shape(classes.shape(), "target", lines.shape, "x without its classes");
  for (std::size_t n = 0; n < classes.size(); ++n) {
    const std::int64_t c = at(n);
    if (c == ignore_index) continue;
    if (c < 0 || static_cast<std::uint64_t>(c) >= counts_.size()) {
      throw std::invalid_argument("element " + std::to_string(n) + " of target is " + std::to_string(c) +
                                  "; expected 0 to " + std::to_string(counts_.size()) + " - 1, or " +
                                  std::to_string(ignore_index) + " to ignore it");
    }
    ++counts_[static_cast<std::size_t>(c)];
  }
}

std::int64_t class_targets::at(std::size_t line) const {
  const std::uint64_t bits = classes_[line];
  if (classes_.type().what == element_type::kind::unsigned_integer) return static_cast<std::int64_t>(bits);
  const int unused = 64 - classes_.type().integer_bits;
  return static_cast<std::int64_t>(bits << unused) >> unused;
}

std::vector<double> finite_weights(const code_view& weight, std::size_t length, const char* name) {
  std::vector<double> all = optional_vector(weight, length, name);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!std::isfinite(all[i])) {
      throw std::invalid_argument("element " + std::to_string(i) + " of " + name + " is " + std::to_string(all[i]) +
                                  "; expected a finite number");
    }
  }
  return all;
}

}  // namespace assay::reference
