// Sums of products, a matrix of them: quickly with a bound on their roundings, or one of them exactly.
//
// The quick sums are binary64 matrix products of OpenBLAS. Any order of additions, fused or not, serves:
//   - Where the elements of row i and column j are multiples of p and q, and |a_i| |b_j| <= 2^53 p q (Euclidean norms;
//     by Cauchy and Schwarz sum |a||b| is no more), every partial sum is an integer of at most 53 bits times p q:
//     nothing is rounded, and the radius is 0. All of e4m3fn is such up to K = 2^17.
//   - Elsewhere n terms err by at most gamma_n sum |a||b| <= gamma_n |a_i| |b_j| (Higham, Accuracy and Stability of
//     Numerical Algorithms, 3.1), n u / (1 - n u) with u = 2^-53, and by 2^-1075 for each operation that underflows.
// What these leave open is summed exactly.
#pragma once

#include <memory>
#include <vector>

#include "dyadic.hpp"
#include "factor.hpp"

namespace assay::reference {

/// Consecutive rows or columns.
struct stretch_of_vectors {
  std::size_t first = 0, count = 0;
};

/// A factor, and which product of a batch it is taken for.
struct batched_factor {
  const factor& of;
  std::size_t batch;
};

/// What has been seen of some vectors of a factor, and a chunk of their elements.
struct packed_vectors {
  double* numbers = nullptr;     ///< scaled, vector after vector; what is not finite is 0
  std::vector<double> squares;   ///< sums of squares, then: norms, rounded up
  std::vector<double> unit;      ///< all elements are multiples of it, a power of two; 1 of a zero vector, 0
                                 ///< of one whose scaling left the range: only exact sums serve it
  std::vector<double> in_units;  ///< norm / unit, or infinity when scaling was inexact
  struct special {
    std::size_t k;
    double value;
  };
  std::vector<std::vector<special>> specials;  ///< the elements that are not finite, by vector
  bool any_special = false;
};

class product_block {
 public:
  static constexpr std::size_t most_rows = 512, most_columns = 512;

  /// The sums of all pairs of these. `magnitudes`: sums of |a||b| as well.
  void compute(batched_factor a, stretch_of_vectors rows, batched_factor b, stretch_of_vectors columns,
               bool magnitudes);

  /// Of a row of the block. Terms that are not finite are left out.
  std::span<const double> values(std::size_t row) const { return values_.subspan(row * columns_, columns_); }
  void radii(std::size_t row, std::span<double> out) const;
  /// Upper bounds of sum |a||b|; compute() was asked for them.
  void magnitudes(std::size_t row, std::span<double> out) const;

  bool any_special(std::size_t row) const { return right_.any_special || !left_.specials[row].empty(); }
  const packed_vectors& left() const { return left_; }
  const packed_vectors& right() const { return right_; }

 private:
  void reserve(std::size_t numbers);

  std::size_t columns_ = 0, length_ = 0;
  packed_vectors left_, right_;
  std::span<double> values_, magnitudes_;
  std::unique_ptr<double[]> memory_;  ///< of all large arrays: one allocation, which malloc keeps between uses
  std::size_t capacity_ = 0;
};

/// sum of a_k b_k of two vectors, all of whose terms are finite.
dyadic exact_product(const factor& a, place left, const factor& b, place right);

/// The terms of a sum of products, as far as the sign of an exact zero asks.
struct zero_terms {
  bool positive = false, negative = false, nonzero = false;
};
zero_terms zeros_of(const factor& a, place left, const factor& b, place right);

/// -1, 0 or 1; infinities and NaN as they are. Products of these are exact.
inline double sign_or_special(double x) { return std::isfinite(x) ? (x > 0 ? 1 : x < 0 ? -1 : x) : x; }

/// The sum of the terms that are not finite, or 0 where there is none.
double special_sum(const factor& a, place left, std::span<const packed_vectors::special> of_left, const factor& b,
                   place right, std::span<const packed_vectors::special> of_right);

}  // namespace assay::reference
