#include "activation.hpp"

#include <cmath>

#include "../pointwise/exponentials.hpp"

namespace assay::reference {

namespace {

bool is_negative(const ball& x) { return x.value < 0; }
bool is_negative(const interval& x) { return mpfr_sgn(x.upper()) < 0; }

template <class Real>
Real sigmoid(const Real& x) {
  return sigmoid_of(x, is_negative(x));
}

/// x/2 erfc(-x / sqrt 2), which cancels nothing.
template <class Real>
Real gelu(const Real& x) {
  return x / Real(2) * erfc(-x / sqrt(Real(2)));
}

/// (1 + tanh u) / 2 = sigmoid(2u).
template <class Real>
Real gelu_tanh(const Real& x) {
  const Real cubic = Real(44715) / Real(1e6);
  Real pi;
  set_pi(pi);
  return x * sigmoid(sqrt(Real(8) / pi) * (x + cubic * (x * x * x)));
}

template <class Real>
Real formula(activation f, const Real& x) {
  switch (f) {
    case activation::none: return x;
    case activation::relu: return max(x, Real(0));
    case activation::gelu: return gelu(x);
    case activation::gelu_tanh: return gelu_tanh(x);
    case activation::silu: return x * sigmoid(x);
    case activation::sigmoid: return sigmoid(x);
    case activation::tanh: break;
  }
  return tanh(x);
}

}  // namespace

double activated_special(activation f, double x) {
  if (std::isnan(x) || f == activation::none) return x;
  const bool is_bounded = f == activation::sigmoid || f == activation::tanh;
  if (x > 0) return is_bounded ? 1 : x;
  if (f == activation::tanh) return -1;
  return f == activation::relu || f == activation::sigmoid ? 0.0 : -0.0;
}

ball activated(activation f, const ball& x) {
  if (x.value == 0 && x.radius == 0) return f == activation::sigmoid ? ball(0.5) : x;
  if (f == activation::relu) {
    const ball::bounds_pair bounds = x.bounds();
    return bounds.upper <= 0 ? ball(0) : bounds.lower >= 0 ? x : max(x, ball(0));
  }
  return formula(f, x);
}

interval activated(activation f, const interval& x) { return formula(f, x); }

std::optional<int> compare_activated(activation f, const dyadic& z, const rational& t) {
  const rational x = from_exact<rational>(z);
  const exponential e(x);
  switch (f) {
    case activation::none: return x.compare(t);
    case activation::relu: return max(x, rational(0)).compare(t);
    case activation::sigmoid: return compare(sigmoid_of(e, false), t);
    case activation::silu: return compare(e * sigmoid_of(e, false), t);
    case activation::tanh: return compare(tanh(e), t);
    case activation::gelu:
    case activation::gelu_tanh: break;
  }
  // The value lies between 0 and x.
  if (t == 0) return x.sign();
  return t == x ? std::optional(-x.sign()) : std::nullopt;
}

}  // namespace assay::reference
