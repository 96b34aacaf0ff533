#include "integer_path.hpp"

#include <assay/number/convert.hpp>

namespace assay::scalar_test::integer_path {

std::uint64_t sum(std::uint64_t a, std::uint64_t b, format f) { return add({a, f}, {b, f}, f).code; }
std::uint64_t difference(std::uint64_t a, std::uint64_t b, format f) { return subtract({a, f}, {b, f}, f).code; }
std::uint64_t product(std::uint64_t a, std::uint64_t b, format f) { return multiply({a, f}, {b, f}, f).code; }
std::uint64_t quotient(std::uint64_t a, std::uint64_t b, format f) { return divide({a, f}, {b, f}, f).code; }
std::uint64_t root(std::uint64_t a, format f) { return sqrt({a, f}, f).code; }
std::uint64_t fused(std::uint64_t a, std::uint64_t b, std::uint64_t c, format f) {
  return fma({a, f}, {b, f}, {c, f}, f).code;
}
std::uint64_t converted(std::uint64_t a, format from, format to) { return convert(encoded{a, from}, to).code; }
double value(std::uint64_t a, format f) { return to_double(a, f); }
std::partial_ordering order(std::uint64_t a, std::uint64_t b, format f) { return compare({a, f}, {b, f}); }

}  // namespace assay::scalar_test::integer_path
