// How far a sum of n terms may be from the exact one, in any order, for each kind of accumulator.
//
// Let t_i be the terms, s their exact sum, S = sum |t_i|, and M = (S + |s|) / 2 the larger of the sums of the positive
// and of the negative terms: no sum of some of the terms exceeds M in magnitude.
//
// Rounding after each addition. A node of the summation tree adds two computed sums and errs by u times the computed
// result. Claim: after m additions the error is at most ((1 + u)^m - 1) M. By induction, with the children's m1 and m2
// additions, A = (1 + u)^m1 and B = (1 + u)^m2, the node errs by at most
//
//   u M + (1 + u) (A - 1 + B - 1) M  <=  ((1 + u) A B - 1) M,   since (1 + u) (A - 1) (B - 1) >= 0.
//
// Products that are not exact in the accumulator err by u |t_i| more each, u S in all, which the additions enlarge by
// (1 + u)^n at most. To nearest, the roundings of the additions are martingale differences in [-u M', u M'],
// M' = M (1 + n u): their sum is sub-Gaussian with parameter sqrt(n) u M' (Azuma and Hoeffding; Higham and Mary).
//
// A matrix unit. One fused addition of g products and the running sum c cuts each of g + 1 terms by less than
// 2^(e - F), e the largest exponent, 2^e <= the largest magnitude among them <= M', and rounds the result once: in all
// less than ((g + 1) 2^-F + u) M', with u = 2^(1 - p) where it truncates. There are at most ceil(n / g) of them, and
// where an order merges runs as many ordinary additions. Truncation is systematic: linear in n / g. A subnormal operand
// has the exponent of the smallest normal number there: such a product may be smaller than 2^e, but 2^e is at most the
// smallest normal number times the largest factor of the other side, which is added as an absolute error.
//
// Promotion. Partial sums of n' products err as said, with S of their own terms in place of M; these scales add up to
// S. The outer accumulator sums n / n' of them.
//
// Kahan's and Neumaier's sums err by less than 4 u S + 16 n u^2 S (Higham, "Accuracy and Stability", 4.3: 2 u + O(n
// u^2)); a sum of pairs by u |s| + 16 n^2 u^2 S. Exact and integer accumulators do not err.
#pragma once

#include <limits>
#include <optional>
#include <vector>

#include <assay/accumulate/accumulator.hpp>

namespace assay::detail {

struct bounded;

/// One rounding into a format.
struct rounding_error {
  double u = 0;    ///< relative
  double eta = 0;  ///< absolute, where the result is subnormal
  double largest = std::numeric_limits<double>::infinity();
  bool random = true;  ///< to nearest, or stochastic: no systematic part

  static rounding_error of(format f, conversion how);
};

/// Coefficients for n terms: error <= by_m M + by_s S + absolute.
struct sum_coefficients {
  double by_m = 0, by_s = 0;        ///< worst case
  double fixed_m = 0, fixed_s = 0;  ///< its systematic part
  double sigma_m = 0, sigma_s = 0;  ///< sub-Gaussian part
  double absolute = 0;              ///< underflow
  double largest = 0;               ///< the accumulator's largest number

  void include(const sum_coefficients& other);
};

/// Whether an accumulator's operands are flushed, by their own format.
bool takes_subnormals_for_zeros(const accumulator& a);

/// Whether f holds all of an accumulator's sums.
bool holds_sums_of(format f, const accumulator& a);

/// Of several accumulators, any of which may have been used.
class sum_errors {
 public:
  struct settings {
    std::vector<accumulator> all;
    format left, right;                    ///< of products' factors, whose products may be exact in the accumulator
    double most_left = 1, most_right = 1;  ///< their magnitudes, at most
    std::optional<format> addend;          ///< of a term that is no product, which may be rounded into the accumulator
    double flushed = 0;    ///< what an accumulator that flushes its inputs takes from a term that is rounded first
    rounding_error total;  ///< of sums that leave an accumulator for a narrower format, or are flushed
  };
  explicit sum_errors(settings s);

  sum_coefficients of(double terms, bool exact_terms) const;
  /// Whether products of two inputs, and the addend, are exact in every accumulator.
  bool exact_products() const { return exact_products_; }

  /// The sum with its error: terms that err themselves by `worst`, or `fixed` and independent parameters whose squares
  /// sum to `squares`.
  bounded apply(double terms, double value, double scale, bool exact_terms, double worst = 0, double fixed = 0,
                double squares = 0, double lambda = 8) const;

 private:
  settings how_;
  bool exact_products_;
  double unaligned_;
  // The last answer: lines have the same length.
  mutable double terms_ = -1;
  mutable bool exact_ = false;
  mutable sum_coefficients last_;
};

}  // namespace assay::detail
