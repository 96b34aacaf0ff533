// One operation on codes of any formats, by the library and by the oracle, compared in any number of policies.
#pragma once

#include <assay/number/arithmetic.hpp>
#include <support/formats.hpp>
#include <support/mpfr_operations.hpp>
#include <support/tally.hpp>

namespace test {

using oracle::operation;

inline assay::rounded by_the_library(operation op, assay::encoded a, assay::encoded b, assay::encoded c, assay::format out,
                                     assay::conversion how, std::uint32_t word) {
  switch (op) {
    case operation::add: return assay::add(a, b, out, how, word);
    case operation::subtract: return assay::subtract(a, b, out, how, word);
    case operation::multiply: return assay::multiply(a, b, out, how, word);
    case operation::divide: return assay::divide(a, b, out, how, word);
    case operation::remainder: return assay::remainder(a, b, out, how, word);
    case operation::fma: return assay::fma(a, b, c, out, how, word);
    case operation::sqrt: return assay::sqrt(a, out, how, word);
  }
  throw std::logic_error("unknown operation");
}

/// Judges operations whose operands and result have given formats.
class judged {
 public:
  judged(const assay::format& a, const assay::format& b, const assay::format& c, const assay::format& out, tally& count)
      : in_{oracle::limits(a), oracle::limits(b), oracle::limits(c)}, into_(out), count_(count) {}
  judged(const assay::format& f, tally& count) : judged(f, f, f, f, count) {}

  /// Of the policies, every nth, beginning at `first`.
  void check(operation op, std::uint64_t a, std::uint64_t b, std::uint64_t c,
             const std::vector<assay::conversion>& policies, std::size_t first = 0, std::size_t nth = 1,
             std::uint32_t word = 0) {
    const std::uint64_t codes[] = {a, b, c};
    bool any_subnormal = false;
    for (std::size_t i = 0; i < 3; ++i) {
      if (is_read_ && codes[i] == read_[i]) {
        any_subnormal = any_subnormal || kept_[i].subnormal;
        continue;
      }
      read_[i] = codes[i];
      kept_[i].read(codes[i], in_[i]);
      flushed_[i].read(codes[i], in_[i]);
      flushed_[i].flush();
      any_subnormal = any_subnormal || kept_[i].subnormal;
    }
    is_read_ = true;
    exact_.compute(op, kept_[0], kept_[1], kept_[2]);
    exact_.place(into_);
    if (any_subnormal) {
      exact_flushed_.compute(op, flushed_[0], flushed_[1], flushed_[2]);
      exact_flushed_.place(into_);
    }
    for (std::size_t i = first; i < policies.size(); i += nth) {
      const assay::conversion& how = policies[i];
      const bool flush = any_subnormal && oracle::flushes_input(how);
      const assay::rounded expected = (flush ? exact_flushed_ : exact_).finish(into_, how, word);
      const assay::rounded got = by_the_library(op, {a, in_[0].f}, {b, in_[1].f}, {c, in_[2].f}, into_.in().f, how, word);
      count_.expect_same(got, expected, [&] {
        return text(oracle::name_of(op), ' ', hex(a), " (", describe(in_[0].f), ") ", hex(b), " (", describe(in_[1].f),
                    ") ", hex(c), " (", describe(in_[2].f), ") to ", describe(into_.in().f), ", ", describe(how),
                    " word ", hex(word));
      });
    }
  }

  const oracle::limits& in(std::size_t operand) const { return in_[operand]; }

 private:
  oracle::limits in_[3];
  oracle::rounder into_;
  tally& count_;
  bool is_read_ = false;
  std::uint64_t read_[3] = {};
  oracle::operand kept_[3], flushed_[3];
  oracle::outcome exact_, exact_flushed_;
};

}  // namespace test
