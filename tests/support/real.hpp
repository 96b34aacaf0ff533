// An MPFR number that cleans up after itself: no operators, so that every rounding in a test is written out.
#pragma once

#include <mpfr.h>

#include <utility>

namespace oracle {

class real {
 public:
  /// 128 bits hold any product of two binary64 numbers, and 53 digits with 32 random bits and a sticky one below.
  static constexpr mpfr_prec_t default_precision = 128;

  explicit real(mpfr_prec_t precision = default_precision) { mpfr_init2(x_, precision); }
  real(const real& other) : real(mpfr_get_prec(other.x_)) { mpfr_set(x_, other.x_, MPFR_RNDN); }
  real(real&& other) noexcept : real(MPFR_PREC_MIN) { mpfr_swap(x_, other.x_); }
  real& operator=(real other) noexcept {
    mpfr_swap(x_, other.x_);
    return *this;
  }
  ~real() { mpfr_clear(x_); }

  mpfr_ptr get() { return x_; }
  mpfr_srcptr get() const { return x_; }
  operator mpfr_ptr() { return x_; }
  operator mpfr_srcptr() const { return x_; }

 private:
  mpfr_t x_;
};

}  // namespace oracle
