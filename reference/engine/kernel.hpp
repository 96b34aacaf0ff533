// A kernel as the engine sees it: one group of elements that share their inputs (a row of softmax, one dot product).
//
//   std::size_t outputs() const;                          how many elements the group has
//   template <class Real, class Emit>
//   void evaluate(selection which, const Emit& emit) const;   calls emit(i, value) for each selected element i: the
//                                                         mathematical definition, over any number type
// and where it applies
//   bool any_special() const;                             whether special() has anything to say in this group
//   std::optional<special_value> special(std::size_t i) const;    elements that the formula is not evaluated for
//   static constexpr bool nonnegative = true;             no element is below zero
//   bool zero_is_negative(std::size_t i) const;           the sign of an element that is zero exactly; else +0
//   int strict_sign(std::size_t i) const;                 1 or -1: element i is above or below zero, never zero itself
//   using exact_field = rational | surd | exponential;    a field that holds every element: decides exact cases
//   std::optional<int> compare(std::size_t i, const rational& t) const;   or the sign of element i - t, where reasoning
//                                                         tells it; asked only near a rounding boundary
//
//   void estimate(std::span<double> values, std::span<double> radii) const;   all elements as balls, in a quick loop of
//                                                         the kernel's own; what it leaves undecided goes to evaluate()
//   static constexpr bool estimates_beside_specials = true;   estimate() serves groups with special elements as well
//
// Number types: ball (fast), interval (any precision), and the exact field if there is one. Inputs are doubles, which
// hold every number of the formats; Real(double) is exact.
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "output_rule.hpp"

namespace assay::reference {

using selection = std::span<const std::size_t>;

template <class Kernel>
concept has_specials = requires(const Kernel& f, std::size_t i) {
  { f.any_special() } -> std::same_as<bool>;
  { f.special(i) } -> std::same_as<std::optional<special_value>>;
};
template <class Kernel>
concept has_exact_field = requires {
  typename Kernel::exact_field;
};
template <class Kernel>
concept has_comparison = requires(const Kernel& f, std::size_t i, const rational& t) {
  { f.compare(i, t) } -> std::same_as<std::optional<int>>;
};

template <class Kernel>
concept has_estimate = requires(const Kernel& f, std::span<double> line) {
  f.estimate(line, line);
};

template <class Kernel>
concept estimates_beside_specials = has_estimate<Kernel> && requires { Kernel::estimates_beside_specials; };

template <class Kernel>
sign_knowledge sign_of(const Kernel& f, std::size_t i) {
  sign_knowledge sign;
  if constexpr (requires { Kernel::nonnegative; }) sign.nonnegative = Kernel::nonnegative;
  if constexpr (requires { f.strict_sign(i); }) sign.strict = f.strict_sign(i);
  if constexpr (requires { f.zero_is_negative(i); }) sign.zero_is_negative = f.zero_is_negative(i);
  return sign;
}

}  // namespace assay::reference
