// The scalar arithmetic of small formats in the machine's operations: each is done in T and rounded once more.
//
// For + - * / and the square root the second rounding is harmless when T has at least 2 p + 2 digits (Figueroa, 1995):
// float's 24 serve p <= 11, double's 53 serve p <= 25. That argument needs results in T's normal range. Below it, sums
// are exact; a product of at least half the smallest number of the format, 2^(m - 1), is a multiple of 2^(m - 2 p), so
// that it is exact when m - 2 p is not below T's own last place; quotients near a midpoint are at least
// 2^(m - p - 2) away from it. Hence serves(): binary16, bfloat16 and the 8-bit formats go through float, tf32 through
// double. A fused operation is rounded to odd in double first.
//
// Functions of formats of up to 16 bits are looked up: every value is in a table, correctly rounded.
#pragma once

#include <array>

#include <assay/kernel/machine_sums.hpp>
#include <assay/kernel/quick_functions.hpp>

namespace assay::kernel {

/// f of all codes of a format of at most 16 bits, rounded into it. Tables are made at first use and kept; safe from
/// several threads. Needs assay::runtime.
template <class T>
const T* function_table(elementary f, format in, overflow on_overflow);

template <class T>
class rounded_machine {
 public:
  using value = T;

  /// Whether this computes what `with`, resolved, says.
  static bool serves(const arithmetic& with) {
    const format f = *with.compute;
    constexpr int lowest_bit = sizeof(T) == 4 ? -149 : -300;
    return short_rounding<T>::serves(f, with.how) && 2 * f.precision() + 2 <= std::numeric_limits<T>::digits &&
           f.min_ulp_exponent() - 2 * f.precision() >= lowest_bit && f.max_exponent() <= 300 &&
           !is_stochastic(*with.accumulate) && !has_stochastic_store(with) && !has_flushing_store(with);
  }

  explicit rounded_machine(const arithmetic& with)
      : with_(&with),
        in_(*with.compute),
        round_(in_, with.how),
        wide_(in_, with.how),
        correctly_rounded_(with.functions.what == function_model::kind::correctly_rounded),
        place_(sum_place_of(with)),
        coded_(with) {}

  void begin(std::uint64_t /*stream*/) {}

  T constant(double x) const { return static_cast<T>(to_double(convert(x, in_).code, in_)); }
  T lowest() const {
    return in_.has_infinity() ? -std::numeric_limits<T>::infinity()
                              : -static_cast<T>(to_double(in_.max_finite_code(), in_));
  }
  T add(T x, T y) const { return round_(x + y); }
  T subtract(T x, T y) const { return round_(x - y); }
  T multiply(T x, T y) const { return round_(x * y); }
  T divide(T x, T y) const { return round_(x / y); }
  T sqrt(T x) const { return round_(std::sqrt(x)); }
  T fma(T x, T y, T z) const {
    const double product = static_cast<double>(x) * static_cast<double>(y), addend = z;
    const double s = product + addend, part = s - product;
    const double error = (product - (s - part)) + (addend - part);
    // One step towards the error where the sum is inexact and even.
    auto b = std::bit_cast<std::uint64_t>(s);
    if (error != 0 && std::abs(s) <= std::numeric_limits<double>::max() && (b & 1) == 0) {
      b += (error < 0) == (s < 0) ? std::uint64_t{1} : ~std::uint64_t{0};
    }
    return static_cast<T>(wide_(std::bit_cast<double>(b)));
  }
  T call(elementary f, T x) {
    if (correctly_rounded_) [[likely]] {
      if (has_elementary_functions(in_)) {
        const T*& table = tables_[static_cast<std::size_t>(f)];
        if (table == nullptr) table = function_table<T>(f, in_, with_->how.on_overflow);
        return table[round_.code_of(x)];
      }
      const double y = quick_value(f, static_cast<double>(x));
      const double low = wide_(y * (1 - quick_error)), high = wide_(y * (1 + quick_error));
      if (low == high && y != 0) return static_cast<T>(low);
    }
    return value_of(evaluate(with_->functions, f, {round_.code_of(x), in_}, in_, with_->how).code);
  }
  T negate(T x) const { return -x; }
  T absolute(T x) const { return std::abs(x); }
  bool less(T x, T y) const { return x < y; }
  bool is_nan(T x) const { return x != x; }
  bool is_infinite(T x) const { return std::abs(x) == std::numeric_limits<T>::infinity(); }
  T through(const cast* point, T x) { return point == nullptr ? x : round_(cast_(*point, x)); }

  template <class Term>
  T sum(std::size_t n, const Term& term) {
    switch (place_) {
      case sum_place::compute: {
        T s = 0;
        for (std::size_t i = 0; i < n; ++i) s = add(s, term(i));
        return s;
      }
      case sum_place::in_binary32: return round_from<float>(added_in<float>(n, term));
      case sum_place::in_binary64: return round_from<double>(added_in<double>(n, term));
      case sum_place::general: break;
    }
    return value_of(coded_.sum(n, [&](std::size_t i) { return round_.code_of(term(i)); }));
  }
  template <class Left, class Right>
  T dot(std::size_t n, const Left& left, const Right& right) {
    switch (place_) {
      case sum_place::compute: {
        T s = 0;
        for (std::size_t i = 0; i < n; ++i) s = add(s, multiply(left(i), right(i)));
        return s;
      }
      case sum_place::in_binary32: return round_from<float>(products_added_in<float>(n, left, right));
      case sum_place::in_binary64: return round_from<double>(products_added_in<double>(n, left, right));
      case sum_place::general: break;
    }
    return value_of(coded_.dot(
        n, [&](std::size_t i) { return round_.code_of(left(i)); },
        [&](std::size_t i) { return round_.code_of(right(i)); }));
  }

 private:
  T value_of(std::uint64_t code) const { return static_cast<T>(to_double(code, in_)); }
  template <class Sum>
  T round_from(Sum s) const {
    if constexpr (sizeof(Sum) <= sizeof(T))
      return round_(static_cast<T>(s));
    else
      return static_cast<T>(wide_(s));
  }

  const arithmetic* with_;
  format in_;
  short_rounding<T> round_;
  short_rounding<double> wide_;
  bool correctly_rounded_;
  sum_place place_;
  coded_sums<std::uint32_t> coded_;
  machine_cast<T> cast_;
  std::array<const T*, elementary_functions.size()> tables_{};
};

}  // namespace assay::kernel
