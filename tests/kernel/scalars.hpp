// Scalar operations by MPFR, each rounded once by the oracle: what kernels' loops are written out in again, from their
// formulas, without the library's arithmetic.
#pragma once

#include <kernel/support.hpp>

#include <elementary/mpfr_elementary.hpp>

namespace test {

class scalars;

/// A number of the format of its scalars; operators round.
struct num {
  scalars* of = nullptr;
  std::uint64_t code = 0;

  double value() const;
};

class scalars {
 public:
  explicit scalars(format f, assay::conversion how = {}) : in(f), how_(how), limits_(f), into_(f) {}

  const format in;

  num operator()(double x) {
    mpfr_set_d(wide_, x, MPFR_RNDN);
    return {this, into_.round(wide_, 0, {}).code};
  }
  /// A code of another format, converted as operations round.
  num load(std::uint64_t code, format f) { return {this, converted(code, f, into_, how_)}; }
  num load(const tensor& t, std::size_t i) { return load(t[i], t.type().layout); }
  /// x through a format and back.
  num through(num x, format f) { return load(code_in(x, f), f); }
  /// x in an output format, NaNs as the canonical one.
  std::uint64_t code_in(num x, format f, assay::conversion how = {}) {
    if (limits_.is_nan(x.code)) return oracle::rounder(f).round_nan({}).code;
    oracle::rounder out(f);
    return converted(x.code, in, out, how);
  }

  num apply(oracle::operation op, num x, num y, num z) {
    x_.read(x.code, limits_);
    y_.read(y.code, limits_);
    z_.read(z.code, limits_);
    outcome_.compute(op, x_, y_, z_);
    outcome_.place(into_);
    return {this, outcome_.finish(into_, how_).code};
  }
  num call(assay::elementary f, num x) {
    x_.read(x.code, limits_);
    function_.compute(f, x_);
    function_.place(into_);
    return {this, function_.finish(into_, how_).code};
  }
  num negated(num x) { return {this, limits_.is_nan(x.code) ? x.code : x.code ^ limits_.sign}; }

 private:
  static std::uint64_t converted(std::uint64_t code, format f, oracle::rounder& into, assay::conversion how) {
    oracle::conversion_outcome o;
    o.compute(code, oracle::limits(f), into, oracle::flushes_input(how));
    return o.finish(into, how).code;
  }

  assay::conversion how_;
  oracle::limits limits_;
  oracle::rounder into_;
  oracle::real wide_;
  oracle::operand x_, y_, z_;
  oracle::outcome outcome_;
  oracle::elementary_outcome function_;
};

inline double num::value() const { return mpfr_get_d(oracle::value_of(code, of->in), MPFR_RNDN); }

inline num operator+(num x, num y) { return x.of->apply(oracle::operation::add, x, y, y); }
inline num operator-(num x, num y) { return x.of->apply(oracle::operation::subtract, x, y, y); }
inline num operator*(num x, num y) { return x.of->apply(oracle::operation::multiply, x, y, y); }
inline num operator/(num x, num y) { return x.of->apply(oracle::operation::divide, x, y, y); }
inline num operator-(num x) { return x.of->negated(x); }
inline num fma(num x, num y, num z) { return x.of->apply(oracle::operation::fma, x, y, z); }
inline num sqrt(num x) { return x.of->apply(oracle::operation::sqrt, x, x, x); }
inline num exp(num x) { return x.of->call(assay::elementary::exp, x); }
inline num tanh(num x) { return x.of->call(assay::elementary::tanh, x); }
inline num sigmoid(num x) { return x.of->call(assay::elementary::sigmoid, x); }
inline bool operator<(num x, num y) { return x.value() < y.value(); }

using nums = std::vector<num>;

inline nums load_all(scalars& in, const tensor& t) {
  nums all(t.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = in.load(t, i);
  return all;
}

/// Terms one after another from +0.
inline num sum_of(scalars& in, const nums& terms) {
  num s = in(0);
  for (const num& t : terms) s = s + t;
  return s;
}
/// Products and sums rounded one by one: the accumulator where none is named.
template <class Left, class Right>
num dot_of(scalars& in, std::size_t n, const Left& left, const Right& right) {
  num s = in(0);
  for (std::size_t k = 0; k < n; ++k) s = s + left(k) * right(k);
  return s;
}

/// How many elements of `got` are not these numbers, rounded into its format.
inline std::size_t differences(const tensor& got, const nums& due) {
  if (got.size() != due.size()) return std::max<std::size_t>({got.size(), due.size(), 1});
  std::size_t n = 0;
  for (std::size_t i = 0; i < due.size(); ++i) n += got[i] != due[i].of->code_in(due[i], got.type().layout) ? 1u : 0u;
  return n;
}

/// What the loops are tried in.
inline constexpr struct {
  format in;
  const char* name;
} compute_formats[]{{assay::binary16, "binary16"},
                    {assay::bfloat16, "bfloat16"},
                    {assay::binary32, "binary32"},
                    {assay::e4m3fn, "e4m3fn"}};

}  // namespace test
