// The certified truth of the gradients of layer_norm and rms_norm, of a loss whose gradient by the norm's result is dy.
// Over the last axes of a line of n elements, with g_i = dy_i weight_i,
//
//   layer_norm    n_i = (x_i - m) s,   s = 1 / sqrt(v + eps),   m = sum x / n,   v = sum (x - m)^2 / n
//                 dx_i = s (g_i - mean(g) - n_i mean(g n)),   dweight_i = sum over the lines of dy_i n_i,
//                 dbias_i = sum over the lines of dy_i
//   rms_norm      n_i = x_i s,   s = 1 / sqrt(q + eps),   q = sum x^2 / n
//                 dx_i = s (g_i - n_i mean(g n)),   dweight_i = sum over the lines of dy_i n_i
//
// as torch.autograd and ONNX's training operators have them. eps is the very number given.
//
// Specials of dx, by line:
//   NaN or an infinity in x               NaN everywhere
//   v + eps = 0, or q + eps = 0           NaN everywhere: n is 0 / 0
//   some g not finite                     as IEEE 754 has the formula, the means' infinities times the signs of n_i:
//                                             infinities or NaN everywhere
// Of dweight, by element, from the terms dy_i n_i of the lines: n_i is NaN where layer_norm or rms_norm without a
// weight is, and zero at finite elements of a line of rms_norm with an infinity; a term is as IEEE 754 has the product;
// NaN or infinities of both signs give NaN, else an infinity gives itself. Of dbias: those of a sum of dy. An exact
// zero is +0. No lines give +0.
//
// Exact cases: an element of dx is p sqrt(r) with rational p and r, decided by comparing squares; dbias is rational. An
// element of dweight is a sum of rational multiples of square roots, one root a line. Roots of numbers whose quotient
// is no square of a rational are linearly independent over the rationals (Besicovitch, 1940), so after roots that are
// rational multiples of each other are collected, the sum is rational only when no irrational root is left.
#pragma once

#include <assay/reference/layer_norm.hpp>
#include <assay/reference/rms_norm.hpp>

namespace assay::reference {

struct norm_gradients {
  truth dx;       ///< of x's shape
  truth dweight;  ///< of the normalised axes' shape
  truth dbias;    ///< likewise; empty for rms_norm
};

// dy has x's shape; `weight` holds as many elements as a line, or none: then 1. Both throw std::invalid_argument for
// shapes that do not fit, a negative or non-finite eps, or a format that binary64 does not hold; rms_norm_backward also
// when the options have a cast_before_weight, which has no derivative.
norm_gradients layer_norm_backward(const code_view& x, const code_view& weight, const code_view& dy,
                                   const layer_norm_options& options = {}, const request& want = {});
norm_gradients rms_norm_backward(const code_view& x, const code_view& weight, const code_view& dy,
                                 const rms_norm_options& options = {}, const request& want = {});

}  // namespace assay::reference
