// An MPFR number that cleans up after itself, and the exponent range that the truth is computed in.
#pragma once

#include <cstdint>

#include <mpfr.h>

#include <assay/bits/unpacked.hpp>

namespace assay::reference {

class real {
 public:
  explicit real(mpfr_prec_t precision) { mpfr_init2(value_, precision); }
  real(const real&) = delete;
  real& operator=(const real&) = delete;
  ~real() { mpfr_clear(value_); }

  mpfr_ptr get() { return value_; }
  mpfr_srcptr get() const { return value_; }

 private:
  mpfr_t value_;
};

/// MPFR's exponent range is ambient state: the widest is set here, and the caller's restored.
class widest_exponents {
 public:
  widest_exponents() : min_(mpfr_get_emin()), max_(mpfr_get_emax()) {
    mpfr_set_emin(mpfr_get_emin_min());
    mpfr_set_emax(mpfr_get_emax_max());
  }
  widest_exponents(const widest_exponents&) = delete;
  widest_exponents& operator=(const widest_exponents&) = delete;
  ~widest_exponents() {
    mpfr_set_emin(min_);
    mpfr_set_emax(max_);
  }

 private:
  mpfr_exp_t min_, max_;
};

/// Exact when x has 64 bits of precision. v is finite or zero; a zero keeps its sign.
inline void set(real& x, unpacked<std::uint64_t> v) {
  if (v.is_zero()) {
    mpfr_set_zero(x.get(), v.negative ? -1 : 1);
    return;
  }
  mpfr_set_uj_2exp(x.get(), v.significand, v.exponent, MPFR_RNDN);
  if (v.negative) mpfr_neg(x.get(), x.get(), MPFR_RNDN);
}

}  // namespace assay::reference
