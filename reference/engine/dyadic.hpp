// Exact dyadic numbers, significand * 2^exponent: what sums of products of floating-point numbers are.
#pragma once

#include <cmath>
#include <cstdint>

#include "ball.hpp"
#include "interval.hpp"
#include "rational.hpp"
#include "real.hpp"

namespace assay::reference {

class dyadic {
 public:
  using integer = boost::multiprecision::number<boost::multiprecision::gmp_int, boost::multiprecision::et_off>;

  dyadic() = default;
  /// Of a finite double.
  explicit dyadic(double x) {
    int exponent = 0;
    significand_ = static_cast<std::int64_t>(std::ldexp(std::frexp(x, &exponent), 53));
    exponent_ = exponent - 53;
  }
  dyadic(integer significand, std::int64_t exponent) : significand_(std::move(significand)), exponent_(exponent) {}

  int sign() const { return significand_.sign(); }
  const integer& significand() const { return significand_; }
  std::int64_t exponent() const { return exponent_; }

  friend dyadic operator*(const dyadic& a, const dyadic& b) {
    return {a.significand_ * b.significand_, a.exponent_ + b.exponent_};
  }
  dyadic& operator+=(const dyadic& b) {
    if (b.sign() == 0) return *this;
    if (sign() == 0) return *this = b;
    const std::int64_t lower = std::min(exponent_, b.exponent_);
    significand_ <<= static_cast<std::size_t>(exponent_ - lower);
    significand_ += b.significand_ << static_cast<std::size_t>(b.exponent_ - lower);
    exponent_ = lower;
    return *this;
  }

  /// y = this, rounded in this direction to y's precision.
  void round_to(mpfr_ptr y, mpfr_rnd_t direction) const {
    mpfr_set_z_2exp(y, significand_.backend().data(), exponent_, direction);
  }

 private:
  integer significand_ = 0;
  std::int64_t exponent_ = 0;
};

/// As a number type that kernels are evaluated in.
template <class Real>
Real from_exact(const dyadic& x);

template <>
inline interval from_exact<interval>(const dyadic& x) {
  interval y;
  x.round_to(&y.get()->left, MPFR_RNDD);
  x.round_to(&y.get()->right, MPFR_RNDU);
  return y;
}
template <>
inline ball from_exact<ball>(const dyadic& x) {
  real lower(53), upper(53);
  x.round_to(lower.get(), MPFR_RNDD);
  x.round_to(upper.get(), MPFR_RNDU);
  // Subnormal or beyond the largest number: rounded once more, but outward.
  const double low = mpfr_get_d(lower.get(), MPFR_RNDD), high = mpfr_get_d(upper.get(), MPFR_RNDU);
  return low == high ? ball(low) : ball(low, high - low);
}
template <>
inline rational from_exact<rational>(const dyadic& x) {
  const auto places = static_cast<std::size_t>(std::abs(x.exponent()));
  const rational scale(boost::multiprecision::mpz_int(1) << places), s(x.significand());
  return x.exponent() < 0 ? s / scale : s * scale;
}

}  // namespace assay::reference
