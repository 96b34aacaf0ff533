// The stranger that the truth is compared with: the formula written out once more, in plain MPFR numbers of 600 bits,
// and rounded by the tests' own oracle. Nothing of reference/ is used.
#pragma once

#include <mpfr.h>

#include <span>
#include <vector>

#include <assay/tensor/tensor.hpp>
#include <support/budget.hpp>
#include <support/mpfr_oracle.hpp>
#include <support/random.hpp>
#include <support/tally.hpp>

namespace test {

class wide {
 public:
  static constexpr mpfr_prec_t bits = 600;

  wide(double x = 0) : x_(bits) { mpfr_set_d(x_, x, MPFR_RNDN); }
  wide(std::uint64_t code, const assay::format& f) : wide() { oracle::value_of(code, oracle::limits(f), x_); }

  mpfr_ptr get() { return x_; }
  mpfr_srcptr get() const { return x_; }
  double to_double() const { return mpfr_get_d(x_, MPFR_RNDN); }

  friend wide operator+(const wide& a, const wide& b) { return a.with(mpfr_add, b); }
  friend wide operator-(const wide& a, const wide& b) { return a.with(mpfr_sub, b); }
  friend wide operator*(const wide& a, const wide& b) { return a.with(mpfr_mul, b); }
  friend wide operator/(const wide& a, const wide& b) { return a.with(mpfr_div, b); }
  friend wide operator-(const wide& a) { return a.through(mpfr_neg); }
  wide& operator+=(const wide& b) { return *this = *this + b; }
  friend bool operator<(const wide& a, const wide& b) { return mpfr_less_p(a.x_, b.x_) != 0; }

  friend wide exp(const wide& a) { return a.through(mpfr_exp); }
  friend wide exp2(const wide& a) { return a.through(mpfr_exp2); }
  friend wide expm1(const wide& a) { return a.through(mpfr_expm1); }
  friend wide log(const wide& a) { return a.through(mpfr_log); }
  friend wide log2(const wide& a) { return a.through(mpfr_log2); }
  friend wide log1p(const wide& a) { return a.through(mpfr_log1p); }
  friend wide sqrt(const wide& a) { return a.through(mpfr_sqrt); }
  friend wide tanh(const wide& a) { return a.through(mpfr_tanh); }
  friend wide erf(const wide& a) { return a.through(mpfr_erf); }
  friend wide erfc(const wide& a) { return a.through(mpfr_erfc); }
  friend wide abs(const wide& a) { return a.through(mpfr_abs); }
  static wide pi() {
    wide p;
    mpfr_const_pi(p.x_, MPFR_RNDN);
    return p;
  }

  /// The code of the real number that this one stands for. A value within 2^-250 of one with 64 bits is taken for that
  /// one: an exact case that the last of the 600 bits has missed.
  std::uint64_t rounded_to(const assay::format& f, const assay::conversion& how) const {
    oracle::real near(64), distance(bits);
    mpfr_set(near, x_, MPFR_RNDN);
    mpfr_sub(distance, x_, near, MPFR_RNDN);
    const mpfr_srcptr d = distance.get(), x = x_.get(), n = near.get();
    const bool exact = mpfr_regular_p(x) == 0 || mpfr_zero_p(d) != 0 || mpfr_get_exp(d) < mpfr_get_exp(x) - 250;
    return oracle::rounder(f).round(exact ? n : x, 0, how).code;
  }

 private:
  template <class Function>
  wide through(Function f) const {
    wide y;
    f(y.x_, x_, MPFR_RNDN);
    return y;
  }
  template <class Function>
  wide with(Function f, const wide& other) const {
    wide y;
    f(y.x_, x_, other.x_, MPFR_RNDN);
    return y;
  }
  oracle::real x_;
};

/// Uniform in [0, 1).
inline double unit(random_source& random) { return static_cast<double>(random() >> 11) * 0x1p-53; }

/// A tensor of f from doubles that f holds exactly or is to round to nearest (by the oracle).
inline assay::tensor tensor_of(const assay::format& f, const assay::extents& shape, std::span<const double> values) {
  assay::tensor t(assay::element_type::of(f), shape);
  for (std::size_t i = 0; i < values.size(); ++i) t.set(i, wide(values[i]).rounded_to(f, {}));
  return t;
}

/// The numbers of a tensor.
inline std::vector<wide> wide_of(const assay::tensor& t) {
  std::vector<wide> values;
  for (std::size_t i = 0; i < t.size(); ++i) values.emplace_back(t[i], t.type().layout);
  return values;
}

}  // namespace test
