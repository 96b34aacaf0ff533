// A real number between two MPFR numbers: MPFI, at the thread's working precision.
//
// Boost.Multiprecision's wrapper counts precision in decimal digits and lends MPFI numbers functions that are not
// interval functions, so this class wraps MPFI itself and has only what is proved to enclose.
#pragma once

#include <utility>

#include <mpfi.h>

namespace assay::reference {

/// The precision, in bits, of every interval that the thread makes from here to the end of the scope.
class working_precision {
 public:
  explicit working_precision(int bits) : before_(std::exchange(current(), bits)) {}
  working_precision(const working_precision&) = delete;
  working_precision& operator=(const working_precision&) = delete;
  ~working_precision() { current() = before_; }

  static int bits() { return current(); }

 private:
  static int& current() {
    static thread_local int bits = 64;
    return bits;
  }
  int before_;
};

class interval {
 public:
  interval() : interval(0.0) {}
  /// Exact: the working precision is at least 53 bits.
  explicit interval(double exact) {
    mpfi_init2(value_, working_precision::bits());
    mpfi_set_d(value_, exact);
  }
  interval(const interval& other) {
    mpfi_init2(value_, working_precision::bits());
    mpfi_set(value_, other.value_);
  }
  interval(interval&& other) noexcept : interval(unset{}) { mpfi_swap(value_, other.value_); }
  interval& operator=(const interval& other) {
    if (this != &other) mpfi_set(value_, other.value_);
    return *this;
  }
  interval& operator=(interval&& other) noexcept {
    mpfi_swap(value_, other.value_);
    return *this;
  }
  ~interval() { mpfi_clear(value_); }

  mpfi_ptr get() { return value_; }
  mpfi_srcptr get() const { return value_; }
  mpfr_srcptr lower() const { return &value_->left; }
  mpfr_srcptr upper() const { return &value_->right; }

  interval& operator+=(const interval& x) { return mpfi_add(value_, value_, x.value_), *this; }
  interval& operator-=(const interval& x) { return mpfi_sub(value_, value_, x.value_), *this; }
  interval& operator*=(const interval& x) { return mpfi_mul(value_, value_, x.value_), *this; }
  interval& operator/=(const interval& x) { return mpfi_div(value_, value_, x.value_), *this; }

  /// f(y, x) of MPFI, the result in a new interval.
  template <class Function>
  interval mapped(Function f) const {
    interval y{unset{}};
    f(y.value_, value_);
    return y;
  }
  template <class Function>
  interval combined(Function f, const interval& other) const {
    interval y{unset{}};
    f(y.value_, value_, other.value_);
    return y;
  }

 private:
  struct unset {};
  explicit interval(unset) { mpfi_init2(value_, working_precision::bits()); }

  mpfi_t value_;
};

inline interval operator+(const interval& a, const interval& b) { return a.combined(mpfi_add, b); }
inline interval operator-(const interval& a, const interval& b) { return a.combined(mpfi_sub, b); }
inline interval operator*(const interval& a, const interval& b) { return a.combined(mpfi_mul, b); }
inline interval operator/(const interval& a, const interval& b) { return a.combined(mpfi_div, b); }
inline interval operator-(const interval& a) { return a.mapped(mpfi_neg); }

inline interval sqrt(const interval& a) { return a.mapped(mpfi_sqrt); }
inline interval abs(const interval& a) { return a.mapped(mpfi_abs); }

/// A growing function of MPFR's, which are correctly rounded. At a point one evaluation does for both ends: rounded
/// down and inexact, the number above is the value rounded up.
template <class Function>
interval growing(const interval& a, Function f) {
  return a.mapped([f](mpfi_ptr y, mpfi_srcptr x) {
    const int inexact = f(&y->left, &x->left, MPFR_RNDD);
    if (mpfr_equal_p(&x->left, &x->right) == 0) {
      f(&y->right, &x->right, MPFR_RNDU);
      return;
    }
    mpfr_set(&y->right, &y->left, MPFR_RNDN);
    if (inexact != 0) mpfr_nextabove(&y->right);
  });
}
inline interval exp(const interval& a) { return growing(a, mpfr_exp); }
inline interval exp2(const interval& a) { return growing(a, mpfr_exp2); }
inline interval expm1(const interval& a) { return growing(a, mpfr_expm1); }
inline interval log(const interval& a) { return growing(a, mpfr_log); }
inline interval log2(const interval& a) { return growing(a, mpfr_log2); }
inline interval log1p(const interval& a) { return growing(a, mpfr_log1p); }
inline interval tanh(const interval& a) { return growing(a, mpfr_tanh); }
inline interval erf(const interval& a) { return growing(a, mpfr_erf); }
inline interval erfc(const interval& a) {  // falls
  return a.mapped([](mpfi_ptr y, mpfi_srcptr x) {
    mpfr_erfc(&y->left, &x->right, MPFR_RNDD);
    mpfr_erfc(&y->right, &x->left, MPFR_RNDU);
  });
}

inline interval max(const interval& a, const interval& b) {
  interval y;
  mpfr_max(&y.get()->left, a.lower(), b.lower(), MPFR_RNDD);
  mpfr_max(&y.get()->right, a.upper(), b.upper(), MPFR_RNDU);
  return y;
}
inline interval min(const interval& a, const interval& b) { return -max(-a, -b); }

inline void set_pi(interval& x) { mpfi_const_pi(x.get()); }

}  // namespace assay::reference
