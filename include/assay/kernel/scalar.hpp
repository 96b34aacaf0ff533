// What kernels are written in: a scalar arithmetic, and the few loops that all kernels share.
//
// A kernel is a function template over a type A with these members. Every operation is one rounding in the arithmetic's
// compute format; values never mix with C++'s operators. The instances are
//
//   emulated           any format, mode, accumulator, order and function model, on codes (needs assay::runtime)
//   machine<T>         binary32 or binary64, ties to even, in the machine's own operations
//   rounded_machine<T> small formats, ties to even: T's operations, rounded once more (see rounded_machine.hpp)
//
// and give the same bits where they meet.
//
//   A::value                    a number of the compute format
//   constant(double)            the nearest number, ties to even, whatever the mode of operations
//   lowest()                    -infinity, or the lowest number of a format without
//   add(x, y) subtract(x, y) multiply(x, y) divide(x, y) fma(x, y, z) sqrt(x)
//   call(elementary, x)         by the function model
//   negate(x) absolute(x)       sign operations: exact
//   less(x, y) is_nan(x) is_infinite(x)   false with NaN, as IEEE 754's quiet predicates
//   sum(n, term)                term(0) + ... + term(n - 1), kept in the accumulator, in the arithmetic's order
//   dot(n, left, right)         likewise of products
//   through(const cast*, x)     x cast there and back into the compute format; x itself for a null pointer
#pragma once

#include <concepts>
#include <cstddef>
#include <span>

#include <assay/kernel/arithmetic.hpp>

namespace assay::kernel {

template <class A>
concept scalar_arithmetic = requires(A& a, typename A::value x, const cast* point) {
  { a.constant(1.0) } -> std::same_as<typename A::value>;
  { a.lowest() } -> std::same_as<typename A::value>;
  { a.add(x, x) } -> std::same_as<typename A::value>;
  { a.subtract(x, x) } -> std::same_as<typename A::value>;
  { a.multiply(x, x) } -> std::same_as<typename A::value>;
  { a.divide(x, x) } -> std::same_as<typename A::value>;
  { a.fma(x, x, x) } -> std::same_as<typename A::value>;
  { a.sqrt(x) } -> std::same_as<typename A::value>;
  { a.call(elementary::exp, x) } -> std::same_as<typename A::value>;
  { a.negate(x) } -> std::same_as<typename A::value>;
  { a.absolute(x) } -> std::same_as<typename A::value>;
  { a.less(x, x) } -> std::same_as<bool>;
  { a.is_nan(x) } -> std::same_as<bool>;
  { a.is_infinite(x) } -> std::same_as<bool>;
  { a.through(point, x) } -> std::same_as<typename A::value>;
};

/// The values of a line.
template <scalar_arithmetic A>
using line = std::span<const typename A::value>;
/// The values of a line to write; it may be the same memory as the line that is read.
template <scalar_arithmetic A>
using line_out = std::span<typename A::value>;

/// The larger; NaN when either is.
template <scalar_arithmetic A>
typename A::value larger(const A& a, typename A::value x, typename A::value y) {
  return a.less(x, y) || a.is_nan(y) ? y : x;
}

/// The largest of a line that is not empty; NaN when one is.
template <scalar_arithmetic A>
typename A::value largest(const A& a, line<A> x) {
  typename A::value most = x[0];
  for (const auto& v : x) most = larger(a, most, v);
  return most;
}

template <scalar_arithmetic A>
typename A::value sum(A& a, line<A> x) {
  return a.sum(x.size(), [x](std::size_t i) { return x[i]; });
}

}  // namespace assay::kernel
