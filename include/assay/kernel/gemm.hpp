// What a matrix product does with the sum of an element, each step an operation of the compute format:
//
//   y = activation(alpha sum + beta c + bias)
//
// Steps that a call does not ask for are not done at all: alpha = 1 multiplies nothing. The sum itself, its start
// included, is the accumulator's business.
//
// Specials: as the steps give them. A NaN stays one through every activation; -infinity gives -0 in gelu and silu, and
// NaN in gelu_tanh, -infinity times 0.
#pragma once

#include <assay/bulk/gemm.hpp>
#include <assay/kernel/pointwise.hpp>

namespace assay::kernel {

enum class addend_form {
  rounded,  ///< alpha sum, then plus beta c: three roundings
  fused,    ///< fma(alpha, sum, beta c)
  inside,   ///< sums start from c, in the accumulator
};
enum class scale_form {
  one_by_one,   ///< y = y + (d a) b for each block's sum d and its scales a and b
  scale_first,  ///< y = y + d (a b)
  fused,        ///< y = fma(d a, b, y)
  factors,      ///< the factors are multiplied by their scales before the product
};

inline constexpr attribute_info addend_variant{"addend", attribute_info::kind::choice, "rounded",
                                               "alpha sum + beta c rounded one by one, with one fma, or sums that "
                                               "start from c in the accumulator",
                                               "rounded fused inside"};
inline constexpr attribute_info scale_variant{"scaling", attribute_info::kind::choice, "one_by_one",
                                              "a block's sum d enters as y + (d a) b, y + d (a b) or fma(d a, b, y); "
                                              "or the factors are scaled before the product",
                                              "one_by_one scale_first fused factors"};
inline constexpr attribute_info gemm_variants[]{addend_variant, scale_variant};
inline constexpr store_info gemm_stores[]{{"sums", "the products' sums, before alpha, c, bias and activation"}};

template <scalar_arithmetic A>
typename A::value activated(A& a, typename A::value x, activation f) {
  switch (f) {
    case activation::none: break;
    case activation::relu: return relu(a, x);
    case activation::gelu: return a.call(elementary::gelu, x);
    case activation::gelu_tanh: return gelu_tanh(a, x);
    case activation::silu: return a.call(elementary::silu, x);
    case activation::sigmoid: return a.call(elementary::sigmoid, x);
    case activation::tanh: return a.call(elementary::tanh, x);
  }
  return x;
}

struct gemm_end {
  double alpha = 1, beta = 1;
  activation then = activation::none;
  addend_form addend = addend_form::rounded;
};

/// c and bias: null for none; a c that sums started from is none.
template <scalar_arithmetic A>
typename A::value finished(A& a, typename A::value sum, const typename A::value* c, const typename A::value* bias,
                           const gemm_end& end) {
  auto x = sum;
  const auto added = [&] { return end.beta == 1 ? *c : a.multiply(a.constant(end.beta), *c); };
  if (c != nullptr && end.addend == addend_form::fused) {
    x = a.fma(a.constant(end.alpha), x, added());
  } else {
    if (end.alpha != 1) x = a.multiply(a.constant(end.alpha), x);
    if (c != nullptr) x = a.add(x, added());
  }
  if (bias != nullptr) x = a.add(x, *bias);
  return activated(a, x, end.then);
}

/// y with a block's sum d, times the scales of the block; null for 1.
template <scalar_arithmetic A>
typename A::value scaled_sum(A& a, typename A::value y, typename A::value d, const typename A::value* left,
                             const typename A::value* right, scale_form form) {
  if (left == nullptr || right == nullptr) {
    const auto* scale = left != nullptr ? left : right;
    if (scale == nullptr) return a.add(y, d);
    return form == scale_form::fused ? a.fma(d, *scale, y) : a.add(y, a.multiply(d, *scale));
  }
  if (form == scale_form::fused) return a.fma(a.multiply(d, *left), *right, y);
  if (form == scale_form::scale_first) return a.add(y, a.multiply(d, a.multiply(*left, *right)));
  return a.add(y, a.multiply(a.multiply(d, *left), *right));
}

}  // namespace assay::kernel
