// accumulate::floating by its definition: MPFR operations one after another, each rounded by the oracle.
#pragma once

#include <assay/accumulate/floating.hpp>

#include "vectors.hpp"

namespace test {

inline std::uint64_t nan_of(const oracle::limits& l) { return l.has_nan ? l.nan() : l.largest; }

/// c + sum a_i b_i by the definition: IEEE operations one after another. Stochastic roundings take the words of the
/// first stream of the accumulator's seed.
class floating_model {
 public:
  floating_model(const assay::accumulate::floating& accumulator, assay::format a, assay::format b)
      : accumulator_(accumulator), a_(a), b_(b), into_(accumulator.in), sum_(accumulator.in) {
    random_source streams(accumulator.seed);
    words_ = random_source(streams());
  }

  std::uint64_t start(std::uint64_t c, assay::format in) {
    oracle::conversion_outcome o;
    o.compute(c, oracle::limits(in), into_, oracle::flushes_input(accumulator_.how));
    const std::uint32_t random = word();
    return oracle::limits(in).is_nan(c) ? nan_of(into_.in()) : o.finish(into_, accumulator_.how, random).code;
  }

  std::uint64_t step(std::uint64_t sum, std::uint64_t a, std::uint64_t b) {
    x_.read(a, a_);
    y_.read(b, b_);
    z_.read(sum, sum_);
    if (oracle::flushes_input(accumulator_.how)) x_.flush(), y_.flush(), z_.flush();
    if (accumulator_.multiply == assay::accumulate::multiplication::fused)
      return perform(oracle::operation::fma, x_, y_, z_);
    const std::uint64_t product = perform(oracle::operation::multiply, x_, y_, y_);
    p_.read(product, sum_);
    if (oracle::flushes_input(accumulator_.how)) p_.flush();
    return perform(oracle::operation::add, z_, p_, p_);
  }

 private:
  std::uint64_t perform(oracle::operation op, const oracle::operand& x, const oracle::operand& y,
                        const oracle::operand& z) {
    o_.compute(op, x, y, z);
    o_.place(into_);
    return o_.finish(into_, accumulator_.how, word()).code;
  }
  std::uint32_t word() {
    const bool draws = accumulator_.how.mode == assay::rounding::stochastic;
    return draws ? static_cast<std::uint32_t>(words_() >> 32) : 0;
  }

  assay::accumulate::floating accumulator_;
  oracle::limits a_, b_;
  oracle::rounder into_;
  oracle::limits sum_;
  oracle::operand x_, y_, z_, p_;
  oracle::outcome o_;
  random_source words_{0};
};

}  // namespace test
