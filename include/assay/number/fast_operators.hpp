// The operations that operators use, on codes of one format with the default policy: the quickest way that F allows,
// and the integer path in constant expressions and where there is none. The ways agree bit for bit.
#pragma once

#include <type_traits>

#include <assay/number/arithmetic.hpp>
#include <assay/number/convert.hpp>
#include <assay/number/fast_arithmetic.hpp>
#include <assay/number/fast_convert.hpp>
#include <assay/number/fast_fma.hpp>
#include <assay/number/fast_table.hpp>

namespace assay::fast {

template <format F>
ASSAY_ALWAYS_INLINE constexpr std::uint64_t sum_of(storage_of<F> a, storage_of<F> b) {
  if constexpr (computes(F)) {
    if (!std::is_constant_evaluated()) {
      if constexpr (is_tabulated<F>) {
        return table_of<F, &add<F>>()(a, b);
      } else {
        return add<F>(a, b);
      }
    }
  }
  return assay::add(encoded{a, F}, encoded{b, F}, F).code;
}

template <format F>
ASSAY_ALWAYS_INLINE constexpr std::uint64_t difference_of(storage_of<F> a, storage_of<F> b) {
  if constexpr (computes(F)) {
    if (!std::is_constant_evaluated()) {
      if constexpr (is_tabulated<F>) {
        return table_of<F, &subtract<F>>()(a, b);
      } else {
        return subtract<F>(a, b);
      }
    }
  }
  return assay::subtract(encoded{a, F}, encoded{b, F}, F).code;
}

template <format F>
ASSAY_ALWAYS_INLINE constexpr std::uint64_t product_of(storage_of<F> a, storage_of<F> b) {
  if constexpr (has_multiply<F>) {
    if (!std::is_constant_evaluated()) {
      if constexpr (is_tabulated<F>) {
        return table_of<F, &multiply<F>>()(a, b);
      } else {
        return multiply<F>(a, b);
      }
    }
  }
  return assay::multiply(encoded{a, F}, encoded{b, F}, F).code;
}

template <format F>
ASSAY_ALWAYS_INLINE constexpr std::uint64_t quotient_of(storage_of<F> a, storage_of<F> b) {
  if constexpr (has_divide<F>) {
    if (!std::is_constant_evaluated()) return divide<F>(a, b);
  }
  return assay::divide(encoded{a, F}, encoded{b, F}, F).code;
}

template <format F>
ASSAY_ALWAYS_INLINE constexpr std::uint64_t root_of(storage_of<F> a) {
  if constexpr (computes(F)) {
    if (!std::is_constant_evaluated()) return sqrt<F>(a);
  }
  return assay::sqrt(encoded{a, F}, F).code;
}

template <format F>
ASSAY_ALWAYS_INLINE constexpr std::uint64_t fused_of(storage_of<F> a, storage_of<F> b, storage_of<F> c) {
  if constexpr (has_fma<F>) {
    if (!std::is_constant_evaluated()) return fma<F>(a, b, c);
  }
  return assay::fma(encoded{a, F}, encoded{b, F}, encoded{c, F}, F).code;
}

template <format F, class Real>
ASSAY_ALWAYS_INLINE constexpr std::uint64_t code_of(Real x) {
  if constexpr (converts<Real>(F)) {
    if (!std::is_constant_evaluated()) return from_real<F>(x);
  }
  return assay::convert(x, F).code;
}

template <format F, class Real>
ASSAY_ALWAYS_INLINE constexpr Real value_of(storage_of<F> code) {
  if constexpr (converts<Real>(F)) {
    if (!std::is_constant_evaluated()) return to_real<F, Real>(code);
  }
  if constexpr (std::same_as<Real, float>) {
    return assay::to_float(code, F);
  } else {
    return assay::to_double(code, F);
  }
}

template <format To, format From>
ASSAY_ALWAYS_INLINE constexpr std::uint64_t code_of_other(storage_of<From> code) {
  if constexpr (has_bridge<From, To>) {
    if (!std::is_constant_evaluated()) return from_real<To>(to_real<From, bridge_of<From, To>>(code));
  }
  return assay::convert(encoded{code, From}, To).code;
}

}  // namespace assay::fast
