// The integer path with the format as a run-time argument: compiled once, and sure to take no short cut.
#pragma once

#include <assay/number/order.hpp>

namespace assay::scalar_test::integer_path {

std::uint64_t sum(std::uint64_t a, std::uint64_t b, format f);
std::uint64_t difference(std::uint64_t a, std::uint64_t b, format f);
std::uint64_t product(std::uint64_t a, std::uint64_t b, format f);
std::uint64_t quotient(std::uint64_t a, std::uint64_t b, format f);
std::uint64_t root(std::uint64_t a, format f);
std::uint64_t fused(std::uint64_t a, std::uint64_t b, std::uint64_t c, format f);
std::uint64_t converted(std::uint64_t a, format from, format to);
double value(std::uint64_t a, format f);
std::partial_ordering order(std::uint64_t a, std::uint64_t b, format f);

}  // namespace assay::scalar_test::integer_path
