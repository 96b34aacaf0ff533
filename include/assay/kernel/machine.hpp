// The scalar arithmetic of the machine itself: binary32 in float or binary64 in double, ties to even, subnormals kept.
//
// Assumes the default floating-point environment, and a compiler that neither contracts nor reorders
// (-ffp-contract=off, no -ffast-math).
#pragma once

#include <bit>
#include <cmath>
#include <type_traits>
#include <vector>

#include <assay/kernel/quick_functions.hpp>
#include <assay/kernel/scalar.hpp>
#include <assay/number/convert.hpp>

namespace assay::kernel {

template <class T>
class machine {
 public:
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>);
  using value = T;
  using code = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  static constexpr format in = sizeof(T) == 4 ? binary32 : binary64;

  /// Whether this computes what `with`, resolved, says.
  static bool serves(const arithmetic& with) { return *with.compute == in && with.how == conversion{}; }

  explicit machine(const arithmetic& with)
      : with_(&with),
        correctly_rounded_(with.functions.what == function_model::kind::correctly_rounded),
        adds_one_by_one_(*with.accumulate == accumulator(accumulate::floating{
                                                 in, {}, accumulate::multiplication::rounded, with.seed}) &&
                         with.order == summation_order(order::sequential{})) {}

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
    return std::bit_cast<T>(static_cast<code>(evaluate(with_->functions, f, {std::bit_cast<code>(x), in}, in).code));
  }
  T negate(T x) const { return -x; }
  T absolute(T x) const { return std::abs(x); }
  bool less(T x, T y) const { return x < y; }
  bool is_nan(T x) const { return x != x; }
  bool is_infinite(T x) const { return std::abs(x) == std::numeric_limits<T>::infinity(); }

  T through(const cast* point, T x) const {
    if (point == nullptr) return x;
    const rounded there = convert(encode(x), point->to, point->how);
    return std::bit_cast<T>(static_cast<code>(convert(encoded{there.code, point->to}, in).code));
  }

  template <class Term>
  T sum(std::size_t n, const Term& term) {
    if (adds_one_by_one_) {
      T s = 0;
      for (std::size_t i = 0; i < n; ++i) s += term(i);
      return s;
    }
    gather(left_, n, term);
    return value_of(assay::sum(*with_->accumulate, with_->order, code_vector(left_, in), {}, in));
  }
  template <class Left, class Right>
  T dot(std::size_t n, const Left& left, const Right& right) {
    if (adds_one_by_one_) {
      T s = 0;
      for (std::size_t i = 0; i < n; ++i) s += left(i) * right(i);
      return s;
    }
    gather(left_, n, left);
    gather(right_, n, right);
    return value_of(
        assay::dot(*with_->accumulate, with_->order, code_vector(left_, in), code_vector(right_, in), {}, in));
  }

 private:
  static T value_of(rounded r) { return std::bit_cast<T>(static_cast<code>(r.code)); }
  template <class Term>
  static void gather(std::vector<code>& into, std::size_t n, const Term& term) {
    into.resize(n);
    for (std::size_t i = 0; i < n; ++i) into[i] = std::bit_cast<code>(term(i));
  }

  const arithmetic* with_;
  bool correctly_rounded_, adds_one_by_one_;
  std::vector<code> left_, right_;
};

}  // namespace assay::kernel
