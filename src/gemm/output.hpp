// From sums to codes of D: the epilogue, the last rounding, and the elements that no fast path served.
#pragma once

#include <atomic>
#include <cstdint>

#include "check.hpp"

namespace assay::gemm_kernels {

class output {
 public:
  output(const gemm_problem& p, const shape& s, std::size_t batch);

  /// The start values of row i from column j on, rounded into `sum_format` as the accumulator does.
  void start(std::size_t i, std::size_t j, std::size_t count, format sum_format, conversion how, float* sums) const;
  void start(std::size_t i, std::size_t j, std::size_t count, format sum_format, conversion how, double* sums) const;
  std::size_t batch_number() const { return batch_; }
  bool has_start() const { return p_.c.codes != nullptr && !p_.c_in_epilogue; }

  /// Finishes `count` sums of row i from column j on. NaNs among them may be of any kind.
  void finish(std::size_t i, std::size_t j, std::size_t count, const float* sums);
  void finish(std::size_t i, std::size_t j, std::size_t count, const double* sums);
  /// The same from nothing: element by element, as the definition has it.
  void compute(std::size_t i, std::size_t j, std::size_t count);

  /// Stores amax, after all elements are finished.
  void finish_batch() const;

  // For integer sums, as the accumulator has them.
  void integer_start(std::size_t i, std::size_t j, std::size_t count, std::int64_t* values) const;
  void finish_integers(std::size_t i, std::size_t j, std::size_t count, const std::int32_t* sums);
  void finish_integers(std::size_t i, std::size_t j, std::size_t count, const std::int64_t* sums);

  // For kernels that round their sums themselves.
  bool has_epilogue() const { return has_epilogue_; }
  encoded addend(std::size_t i, std::size_t j) const;
  std::uint32_t random(std::size_t i, std::size_t j) const;
  /// Finishes by an element's code in D's format, when there is no epilogue; by its value rounded to binary32, when there is.
  void store_code(std::size_t i, std::size_t j, std::uint64_t code);
  void finish_value(std::size_t i, std::size_t j, float sum) { finish_values(i, j, 1, &sum); }

 private:
  template <class Lane>
  void start_as(std::size_t i, std::size_t j, std::size_t count, format sum_format, conversion how, Lane* sums) const;
  template <class Lane>
  void finish_as(std::size_t i, std::size_t j, std::size_t count, const Lane* sums);
  void finish_values(std::size_t i, std::size_t j, std::size_t count, const float* sums);
  template <class Lane>
  void store(std::size_t i, std::size_t j, std::size_t count, const Lane* values);
  template <class Number>
  void store_integers(std::size_t i, std::size_t j, std::size_t count, const Number* values);
  template <class Number>
  void finish_integers_as(std::size_t i, std::size_t j, std::size_t count, const Number* sums);
  void compute_integers(std::size_t i, std::size_t j, std::size_t count);
  rounded sum_of(std::size_t i, std::size_t j, format out, conversion how, std::uint32_t random) const;

  const gemm_problem& p_;
  shape shape_;
  std::size_t batch_;
  vectors a_, b_;
  const void* c_;
  strides c_strides_{}, d_strides_;
  void* d_;
  format to_;  ///< unless D holds integers
  bool has_epilogue_, own_nan_, has_integer_parts_;
  std::atomic<std::uint32_t> amax_bits_{0};
};

}  // namespace assay::gemm_kernels
