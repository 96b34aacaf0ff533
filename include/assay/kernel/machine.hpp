// The scalar arithmetic of the machine itself: binary32 in float or binary64 in double, ties to even, subnormals kept.
//
// Assumes the default floating-point environment, and a compiler that neither contracts nor reorders
// (-ffp-contract=off, no -ffast-math).
#pragma once

#include <bit>
#include <cmath>
#include <type_traits>

#include <assay/kernel/machine_sums.hpp>
#include <assay/kernel/quick_functions.hpp>

namespace assay::kernel {

template <class T>
class machine {
 public:
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>);
  using value = T;
  using code = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  static constexpr format in = sizeof(T) == 4 ? binary32 : binary64;

  /// Whether this computes what `with`, resolved, says.
  static bool serves(const arithmetic& with) {
    return *with.compute == in && with.how == conversion{} && !is_stochastic(*with.accumulate) &&
           !has_stochastic_store(with);
  }

  explicit machine(const arithmetic& with)
      : with_(&with),
        correctly_rounded_(with.functions.what == function_model::kind::correctly_rounded),
        place_(sum_place_of(with)),
        coded_(with) {}

  void begin(std::uint64_t /*stream*/) {}

  T constant(double x) const { return static_cast<T>(x); }
  T lowest() const { return -std::numeric_limits<T>::infinity(); }
  T add(T x, T y) const { return x + y; }
  T subtract(T x, T y) const { return x - y; }
  T multiply(T x, T y) const { return x * y; }
  T divide(T x, T y) const { return x / y; }
  T fma(T x, T y, T z) const { return std::fma(x, y, z); }
  T sqrt(T x) const { return std::sqrt(x); }
  T call(elementary f, T x) const {
    if constexpr (sizeof(T) == 4) {
      if (correctly_rounded_) [[likely]] {
        const double y = quick_value(f, x);
        const auto low = static_cast<float>(y * (1 - quick_error)), high = static_cast<float>(y * (1 + quick_error));
        if (low == high && y != 0) [[likely]]
          return low;
      }
    }
    return value_of(evaluate(with_->functions, f, {std::bit_cast<code>(x), in}, in).code);
  }
  T negate(T x) const { return -x; }
  T absolute(T x) const { return std::abs(x); }
  bool less(T x, T y) const { return x < y; }
  bool is_nan(T x) const { return x != x; }
  bool is_infinite(T x) const { return std::abs(x) == std::numeric_limits<T>::infinity(); }
  T through(const cast* point, T x) { return point == nullptr ? x : cast_(*point, x); }

  template <class Term>
  T sum(std::size_t n, const Term& term) {
    switch (place_) {
      case sum_place::compute: return added_in<T>(n, term);
      case sum_place::in_binary64: return static_cast<T>(added_in<double>(n, term));
      case sum_place::in_binary32:
      case sum_place::general: break;
    }
    return value_of(coded_.sum(n, [&](std::size_t i) { return std::bit_cast<code>(term(i)); }));
  }
  template <class Left, class Right>
  T dot(std::size_t n, const Left& left, const Right& right) {
    switch (place_) {
      case sum_place::compute: return products_added_in<T>(n, left, right);
      case sum_place::in_binary64: return static_cast<T>(products_added_in<double>(n, left, right));
      case sum_place::in_binary32:
      case sum_place::general: break;
    }
    return value_of(coded_.dot(
        n, [&](std::size_t i) { return std::bit_cast<code>(left(i)); },
        [&](std::size_t i) { return std::bit_cast<code>(right(i)); }));
  }

 private:
  static T value_of(std::uint64_t c) { return std::bit_cast<T>(static_cast<code>(c)); }

  const arithmetic* with_;
  bool correctly_rounded_;
  sum_place place_;
  coded_sums<code> coded_;
  machine_cast<T> cast_;
};

}  // namespace assay::kernel
