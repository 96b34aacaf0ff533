#include "check.hpp"

#include <bit>
#include <stdexcept>
#include <string>

#include <assay/tensor/describe.hpp>

#include "reader.hpp"
#include "vectorised.hpp"

namespace assay::reference {

namespace {

[[noreturn]] void complain(const char* name, double found, const char* expected) {
  throw std::invalid_argument(std::string(name) + " is " + std::to_string(found) + "; expected " + expected);
}

}  // namespace

// Adding one to an exponent field of all ones carries into the sign's place.
ASSAY_VECTORISED bool all_finite(std::span<const double> x) {
  constexpr std::uint64_t one = std::uint64_t{1} << 52, field = one * 0x7ff;
  std::uint64_t carried = 0;
  for (const double v : x) carried |= (std::bit_cast<std::uint64_t>(v) & field) + one;
  return carried >> 63 == 0;
}

void check_finite(double x, const char* name) {
  if (!std::isfinite(x)) complain(name, x, "a finite number");
}

void check_positive(double x, const char* name) {
  if (!(x > 0) || std::isinf(x)) complain(name, x, "a finite number above zero");
}

void check_not_negative(double x, const char* name) {
  if (!(x >= 0) || std::isinf(x)) complain(name, x, "a finite number of at least zero");
}

void check_same_shape(const extents& found, const char* name, const extents& expected, const char* other) {
  if (found == expected) return;
  throw std::invalid_argument(std::string(name) + " has shape " + to_string(found) + "; expected " +
                              to_string(expected) + ", the shape of " + other);
}

std::vector<double> optional_vector(const code_view& view, std::size_t length, const char* name) {
  if (!view.has_data()) return {};
  if (view.size() != length) {
    throw std::invalid_argument(std::string(name) + " has shape " + to_string(view.shape()) + "; expected " +
                                std::to_string(length) + " elements");
  }
  return reader(view, name).all();
}

}  // namespace assay::reference
