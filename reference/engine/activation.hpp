// Activations of a sum: what gemm applies to each element at its end.
#pragma once

#include <assay/reference/gemm.hpp>

#include "dyadic.hpp"

namespace assay::reference {

inline bool is_transcendental(activation f) { return f != activation::none && f != activation::relu; }

/// Of an argument that is not finite.
double activated_special(activation f, double x);

/// Of the value at an argument of this sign, when it is never zero there; else 0.
inline int strict_sign_of(activation f, int sign) {
  return f == activation::sigmoid ? 1 : is_transcendental(f) ? sign : 0;
}

ball activated(activation f, const ball& x);
interval activated(activation f, const interval& x);

/// The sign of the value - t, where exact arithmetic or reasoning tells it.
std::optional<int> compare_activated(activation f, const dyadic& x, const rational& t);

}  // namespace assay::reference
