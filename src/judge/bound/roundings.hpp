// The number type that bounds are computed with: a value, and how far the claimed arithmetic may be from it.
//
// A kernel's bound is its formula, evaluated over `bounded` numbers: every operation passes on the errors of its
// operands, to the full and not only to first order, and adds its own rounding. Each number carries two bounds:
//
//   worst           |computed - exact| <= worst, always
//   fixed, sigma    |computed - exact| <= fixed + lambda sigma but for a probability of 2 exp(-lambda^2 / 2), as long
//                   as the errors of roundings to nearest have mean zero given those before them
//
// The second is Higham and Mary's model ("A new approach to probabilistic rounding error analysis", 2019). A rounding
// of x to nearest has an error in [-u|x|, u|x|]; a variable of mean zero in [-a, a] is sub-Gaussian with parameter a
// (Hoeffding's lemma). Independent parameters add by their squares; where independence is not known they are added
// themselves, which the triangle inequality of the sub-Gaussian norm allows. Whatever has a systematic part
// (truncation, approximations of functions, what a whole line shares) counts as fixed. docs/judging.md has the rest.
//
// Values are exact but for the roundings of double, which are relative to their operands and are only multiplied by
// unit roundoffs: `slack` at the end covers them.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include <assay/format/format.hpp>
#include <assay/rounding/conversion.hpp>

#include "sum_error.hpp"

namespace assay::detail {

struct bounded {
  double value = 0;
  double worst = 0, fixed = 0, sigma = 0;

  double likely(double lambda) const { return std::min(worst, fixed + lambda * sigma); }
  /// The error counted as fixed from here on: for what many elements share.
  bounded shared(double lambda) const {
    const double e = likely(lambda);
    return {value, worst, e, 0};
  }
};

class roundings {
 public:
  struct settings {
    format compute, storage;
    conversion how, load;
    double function_ulps = 4;
    double lambda = 8;
    bool exact_loads = true;
    double flushed_below = 0;          ///< inputs of smaller magnitude may be taken for zeros
    double flushed_factors_below = 0;  ///< by accumulators, in products of inputs
    rounding_error operand;            ///< of what is stored between products; u = 0 where it is not
  };
  roundings(const settings& s, sum_errors sums);

  double lambda() const { return lambda_; }
  double u() const { return operation_.u; }
  double eta() const { return operation_.eta; }
  double largest() const { return operation_.largest; }
  bool random() const { return operation_.random; }
  double function_error() const { return function_; }
  const sum_errors& sums() const { return sums_; }

  bounded exact(double x) const { return {x, 0, 0, 0}; }
  /// An input, as the compute format has it.
  bounded load(double x) const {
    bounded y = exact_loads_ ? exact(x) : rounded(load_, exact(x));
    if (std::abs(x) < flushed_below_) y.worst = y.fixed = std::max(y.worst, std::abs(x));
    return y;
  }
  bool exact_loads() const { return exact_loads_; }
  double load_error() const { return exact_loads_ ? 0 : load_.u; }
  bool flushes_factors() const { return flushed_factors_below_ > 0; }
  /// What a product of inputs loses where an accumulator takes either for zero.
  double flushed_product(double x, double y) const {
    return std::min(std::abs(x), std::abs(y)) < flushed_factors_below_ ? std::abs(x * y) : 0;
  }
  /// An attribute: a real number, rounded unless it is a small integer or the like.
  bounded constant(double x) const { return is_short(x) ? exact(x) : rounded(operation_, exact(x)); }

  bounded negate(bounded x) const { return {-x.value, x.worst, x.fixed, x.sigma}; }
  bounded add(bounded x, bounded y) const {
    return rounded(operation_, {x.value + y.value, x.worst + y.worst, x.fixed + y.fixed, x.sigma + y.sigma});
  }
  bounded subtract(bounded x, bounded y) const { return add(x, negate(y)); }
  bounded multiply(bounded x, bounded y) const { return rounded(operation_, product(x, y)); }
  bounded square(bounded x) const { return multiply(x, x); }
  bounded divide(bounded x, bounded y) const {
    // As a quotient, or times a rounded reciprocal by a function.
    return scaled(quotient(x, y), 2 * operation_.u + function_);
  }
  /// sqrt of what is not negative: |sqrt(a + e) - sqrt(a)| <= min(e / sqrt a, sqrt e).
  bounded sqrt(bounded x) const {
    const double y = std::sqrt(std::max(0.0, x.value));
    const auto moved = [y](double e) { return y > 0 ? std::min(e / y, std::sqrt(e)) : std::sqrt(e); };
    return by_function({y, moved(x.worst), moved(x.likely(lambda_)), 0});
  }
  /// 1 / sqrt(x) of what is above zero: as one function, or sqrt and division.
  bounded rsqrt(bounded x) const { return scaled(quotient(exact(1), sqrt(x)), operation_.u + function_); }
  /// f of an operand, where y = f(value) and |f'| <= slope wherever the operand may be.
  bounded function(bounded x, double y, double slope) const { return function(x, y, slope, slope); }
  /// The steepest slope in the worst case, and within the likely error.
  bounded function(bounded x, double y, double slope, double likely_slope) const {
    return by_function(
        {y, times(slope, x.worst), times(likely_slope, x.fixed), likely_slope < HUGE_VAL ? likely_slope * x.sigma : 0});
  }
  bounded exp(bounded x) const {
    const double y = std::exp(x.value);
    const auto slope = [y](double e) {
      if (!(e < 700)) return HUGE_VAL;
      return e > 0 ? y * std::max(1.0, std::expm1(e) / e) : y;
    };
    return function(x, y, slope(x.worst), slope(x.likely(lambda_)));
  }
  bounded log(bounded x) const {
    const auto slope = [&x](double e) { return x.value > e ? 1 / (x.value - e) : HUGE_VAL; };
    return function(x, std::log(x.value), slope(x.worst), slope(x.likely(lambda_)));
  }
  /// What may pass through the format between two products.
  bounded as_operand(bounded x) const { return rounded(operand_, x); }
  double operand_error() const { return operand_.u; }
  double operand_eta() const { return operand_.eta; }

  bounded larger(bounded x, bounded y) const {
    return {std::max(x.value, y.value), std::max(x.worst, y.worst), std::max(x.fixed, y.fixed),
            std::max(x.sigma, y.sigma)};
  }

  /// The product over the reals. Zero times what may be infinite may be NaN.
  bounded product(bounded x, bounded y) const {
    const double a = std::abs(x.value), b = std::abs(y.value), likely = x.likely(lambda_);
    bounded z{x.value * y.value, a * y.worst + b * x.worst + x.worst * y.worst, (a + likely) * y.fixed + b * x.fixed,
              times(a + likely, y.sigma) + times(b, x.sigma)};
    if (std::isnan(z.worst)) z.worst = HUGE_VAL;
    if (std::isnan(z.fixed)) z.fixed = HUGE_VAL;
    return z;
  }
  bounded quotient(bounded x, bounded y) const {
    const double q = x.value / y.value, a = std::abs(q), least = std::abs(y.value) - y.worst,
                 likely = std::abs(y.value) - y.likely(lambda_);
    bounded z{q, HUGE_VAL, HUGE_VAL, 0};
    if (least > 0) z.worst = (x.worst + times(a, y.worst)) / least;
    if (likely > 0) {
      z.fixed = (x.fixed + times(a, y.fixed)) / likely;
      z.sigma = (x.sigma + times(a, y.sigma)) / likely;
    }
    return z;
  }
  /// One more rounding of that kind.
  bounded rounded(const rounding_error& r, bounded x) const {
    const double size = std::abs(x.value) + x.worst, likely_size = std::abs(x.value) + x.likely(lambda_);
    if (!(likely_size <= r.largest)) return {x.value, HUGE_VAL, HUGE_VAL, 0};
    const double eta = size > 0 ? r.eta : 0, e = r.u * likely_size + eta;
    x.worst = size <= r.largest ? x.worst + r.u * size + eta : HUGE_VAL;
    if (r.random) {
      x.sigma = length(x.sigma, e);
    } else {
      x.fixed += e;
    }
    return x;
  }

 private:
  /// hypot, without its care: what underflows here is far below any rounding.
  static double length(double x, double y) { return std::sqrt(x * x + y * y) + 0x1p-500; }
  static double times(double x, double y) { return x == 0 || y == 0 ? 0 : x * y; }  // 0 times infinity is 0 here
  bounded by_function(bounded x) const { return scaled(x, function_); }
  /// A relative error of that size more, systematic.
  bounded scaled(bounded x, double relative) const {
    const double size = std::abs(x.value) + x.worst, likely_size = std::abs(x.value) + x.likely(lambda_);
    if (!(likely_size <= operation_.largest)) return {x.value, HUGE_VAL, HUGE_VAL, 0};
    const double eta = size > 0 ? 2 * operation_.eta : 0;
    x.worst = size <= operation_.largest ? x.worst + relative * size + eta : HUGE_VAL;
    x.fixed += relative * likely_size + eta;
    return x;
  }
  /// Whether the compute format holds it for sure: an integer of few digits times a power of two.
  bool is_short(double x) const {
    int exponent = 0;
    const double m = std::frexp(x, &exponent);
    const double scaled = std::ldexp(m, digits_);
    return scaled == std::floor(scaled) && std::abs(exponent) < 14;
  }

  rounding_error operation_, load_, operand_;
  double function_, lambda_, flushed_below_, flushed_factors_below_;
  int digits_;
  bool exact_loads_;
  sum_errors sums_;
};

/// A sum in any order, kept in the claimed accumulator.
class sum_of {
 public:
  explicit sum_of(const roundings& r, bool exact_terms = true) : r_(r), exact_terms_(exact_terms) {}

  void add(bounded term) {
    ++count_;
    value_ += term.value;
    scale_ += std::abs(term.value);
    worst_ += term.worst;
    fixed_ += term.fixed;
    squares_ += term.sigma * term.sigma;
  }
  double scale() const { return scale_; }
  bounded total() const {
    return r_.sums().apply(count_, value_, scale_, exact_terms_, worst_, fixed_, squares_, r_.lambda());
  }

 private:
  const roundings& r_;
  bool exact_terms_;
  double count_ = 0, value_ = 0, scale_ = 0, worst_ = 0, fixed_ = 0, squares_ = 0;
};

}  // namespace assay::detail
